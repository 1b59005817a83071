package keeper

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// maxConflicts bounds the attempts of one commit. Another writer wins a
// compare-and-swap at most once for each change that it makes.
const maxConflicts = 20

// Keeper keeps the record of one request. Its methods are safe for concurrent use;
// writes happen one at a time, and those that wait for one another are made together.
type Keeper struct {
	id     string
	writer string
	store  Store
	owner  func() record.Owner
	// writing holds a token while a goroutine writes the record.
	writing chan struct{}

	mu    sync.Mutex
	state keeperState
}

// keeperState is guarded by Keeper.mu.
type keeperState struct {
	// text is what the store holds as far as is known, base the record in it. While the record
	// is crowded, attempt is what an own write may have made of it.
	text, attempt string
	base          record.Record
	// changes are what this process has learned and not stored, view is base with them.
	changes  []func(*record.Record)
	view     record.Record
	sighting record.Sighting
	claims   []*grant
	// sights holds when the claims of others were seen first.
	sights map[record.Claim]time.Time
	// written is when text became known last.
	written  time.Time
	owner    *record.Owner
	relation record.Relation
	mode     mode
}

// mode is how the next write begins.
type mode int

const (
	// current means that text is what the store said last.
	current mode = iota
	// unread means that a write had no clear answer: the record is read first.
	unread
	// damaged means that the record has to be written although nothing has changed.
	damaged
	// crowded means that the store had no room for the record: it is kept in memory until
	// a retry finds room.
	crowded
	// detached means that the store cannot hold the record: it is kept in memory for good.
	detached
)

// inMemory reports whether nothing is written but by a retry.
func (m mode) inMemory() bool { return m >= crowded }

// grant is a claim that waits to be written.
type grant struct {
	apply func(*record.Record) bool
	// result is nil while it waits.
	result *result
}

// result is what became of a claim.
type result struct {
	sent time.Time
	err  error
}

// New returns the keeper of a request's record, given its text. An error says
// that the text is damaged; the keeper works all the same.
func New(id, writer string, store Store, owner func() record.Owner, text string) (*Keeper, error) {
	return Resume(id, writer, store, owner, Snapshot{Text: text, At: time.Now()})
}

// Adopt takes over a text that was read after since, unless this process has written
// or read another one in the meantime. It reports whether anything changed.
func (k *Keeper) Adopt(text string, since time.Time) (changed bool, err error) {
	k.mu.Lock()
	s := &k.state
	// The account of the messenger may have become known since.
	same := s.text == text && s.relation == s.owner.Relation(k.owner())
	stale := !s.written.Before(since) || len(k.writing) > 0 || s.mode.inMemory()
	k.mu.Unlock()
	if same || stale {
		return false, nil
	}
	return true, k.adopt(text)
}

func (k *Keeper) adopt(text string) error {
	r, err := record.Decode(text)
	k.mu.Lock()
	defer k.mu.Unlock()
	s := &k.state
	if s.mode == crowded && text != s.text && text != s.attempt {
		// No other writer knew of what was done meanwhile.
		s.changes = append(s.changes, record.Distrust)
	}
	s.text, s.written = text, time.Now()
	s.owner, s.relation = r.Owner, r.Owner.Relation(k.owner())
	if !s.mode.inMemory() {
		s.mode = current
	}
	if s.relation == record.Former {
		// Those messages are out of reach. Nothing of it can be used but the mark.
		r = record.Record{}
	}
	if err != nil && len(s.base.To) > 0 {
		// What this process knows is better than what is left.
		r = s.base
	}
	if err != nil && s.mode == current {
		s.mode = damaged
	}
	s.rebase(r, k.writer)
	return err
}

// rebase makes r what the store holds. The caller holds mu.
func (s *keeperState) rebase(r record.Record, writer string) {
	s.base = r
	sights := map[record.Claim]time.Time{}
	for _, e := range r.To {
		for _, c := range []*record.Claim{e.Make, e.Edit} {
			if c == nil || c.By == writer {
				continue
			}
			seen, ok := s.sights[*c]
			if !ok {
				seen = time.Now()
			}
			sights[*c] = seen
		}
	}
	s.sights = sights
	s.refresh()
}

// refresh makes view anew. The caller holds mu.
func (s *keeperState) refresh() {
	s.view = s.base.Clone()
	for _, change := range s.changes {
		change(&s.view)
	}
}

// Record returns the record as this process knows it: what the store holds and what is
// not stored yet. It must not be changed.
func (k *Keeper) Record() record.Record {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.view
}

// Relation tells whose record it is.
func (k *Keeper) Relation() record.Relation {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.relation
}

// Seen returns when the claim of another writer was seen first.
func (k *Keeper) Seen(c record.Claim) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.sights[c]
}

// Recorded reports whether the store is known to hold a record.
func (k *Keeper) Recorded() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.text != ""
}

// Dirty reports whether something is not stored yet that Flush would store.
func (k *Keeper) Dirty() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.state.mode.inMemory() && k.state.unwritten()
}

// unwritten reports whether a write would store anything, claims aside. The caller holds mu.
func (s *keeperState) unwritten() bool { return len(s.changes) > 0 || s.mode == damaged }

// See makes the view part of every later write. It is no reason to write.
func (k *Keeper) See(s record.Sighting) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state.sighting = s
}

// Learn notes a change that the next write stores. The change must not keep what it is
// given, and be one that can be applied more than once.
func (k *Keeper) Learn(change func(*record.Record)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state.learn(change)
}

// Flush stores what is not stored yet; without a call if the record is kept in memory. It
// reports whether it found something that another writer has stored.
func (k *Keeper) Flush(ctx context.Context) (news bool, err error) {
	if !k.Dirty() {
		return false, nil
	}
	return committer{Keeper: k}.commit(ctx)
}

// Claim stores a claim, and with it everything that is not stored yet. The function
// changes the record, or reports false if the claim cannot be made any more; like a change,
// it may be applied more than once. The claim was sent to the store not before the returned
// time. After an error nothing may be begun, even if the claim turns out to be stored.
func (k *Keeper) Claim(ctx context.Context, apply func(*record.Record) bool) (sent time.Time, err error) {
	g := &grant{apply: apply}
	k.mu.Lock()
	k.state.claims = append(k.state.claims, g)
	inMemory := k.state.mode.inMemory()
	if inMemory {
		k.state.grant()
	}
	k.mu.Unlock()
	if !inMemory {
		_, err = committer{Keeper: k}.commit(ctx)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if g.result != nil {
		return g.result.sent, g.result.err
	}
	k.state.claims = slices.DeleteFunc(k.state.claims, func(other *grant) bool { return other == g })
	return time.Time{}, errors.Join(ErrLost, err)
}
