package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Store keeps one text per access request, outside of this process.
type Store interface {
	// Load returns the record of a request, "" when there is none.
	Load(ctx context.Context, id string) (string, error)
	// Swap replaces the record old ("" for none) by new. It returns an error that
	// wraps ErrConflict, ErrUnknownRequest or ErrTooLarge where one of them says why
	// nothing was written; after any other error the record may or may not have been
	// written, and may still be.
	Swap(ctx context.Context, id, old, new string) error
}

// What a Store may answer instead of writing.
var (
	// ErrConflict means that the record is not the expected one.
	ErrConflict = errors.New("record was changed by another writer")
	// ErrUnknownRequest means that the store knows nothing of the request (any more),
	// so that nothing can be recorded for it.
	ErrUnknownRequest = errors.New("no such access request")
	// ErrTooLarge means that the store has no room for the record.
	ErrTooLarge = errors.New("record is too large")
)

// What a Keeper may answer.
var (
	// ErrLost means that a claim was not granted: look at the record again.
	ErrLost = errors.New("claim was not granted")
	// ErrForeign means that the record belongs to another installation.
	ErrForeign = errors.New("record belongs to another installation")
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
	owner  func() Owner
	// writing holds a token while a goroutine writes the record.
	writing chan struct{}

	mu    sync.Mutex
	state keeperState
}

// keeperState is guarded by Keeper.mu.
type keeperState struct {
	// text is what the store holds as far as is known, base the record in it.
	text string
	base Record
	// changes are what this process has learned and not stored, view is base with them.
	changes  []func(*Record)
	view     Record
	sighting Sighting
	claims   []*grant
	// sights holds when the claims of others were seen first.
	sights map[Claim]time.Time
	// written is when text became known last.
	written  time.Time
	owner    *Owner
	relation Relation
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
	// detached means that the store cannot hold the record: it is kept in memory.
	detached
)

// grant is a claim that waits to be written.
type grant struct {
	apply func(*Record) bool
	sent  time.Time
	err   error
	done  bool
}

// NewKeeper returns the keeper of a request's record, given its text. An error says
// that the text is damaged; the keeper works all the same.
func NewKeeper(id, writer string, store Store, owner func() Owner, text string) (*Keeper, error) {
	k := &Keeper{id: id, writer: writer, store: store, owner: owner, writing: make(chan struct{}, 1)}
	return k, k.adopt(text)
}

// Adopt takes over a text that was read after since, unless this process has written
// or read another one in the meantime. It reports whether anything changed.
func (k *Keeper) Adopt(text string, since time.Time) (changed bool, err error) {
	k.mu.Lock()
	s := &k.state
	// The account of the messenger may have become known since.
	same := s.text == text && s.relation == s.owner.Relation(k.owner())
	stale := !s.written.Before(since) || len(k.writing) > 0 || s.mode == detached
	k.mu.Unlock()
	if same || stale {
		return false, nil
	}
	return true, k.adopt(text)
}

func (k *Keeper) adopt(text string) error {
	r, err := Decode(text)
	k.mu.Lock()
	defer k.mu.Unlock()
	s := &k.state
	s.text, s.written = text, time.Now()
	s.owner, s.relation = r.Owner, r.Owner.Relation(k.owner())
	if s.mode != detached {
		s.mode = current
	}
	if s.relation == Former {
		// Those messages are out of reach. Nothing of it can be used but the mark.
		r = Record{}
	}
	if err != nil && len(s.base.To) > 0 {
		// What this process knows is better than what is left.
		r = s.base
	}
	if err != nil {
		s.mode = damaged
	}
	k.rebase(r)
	return err
}

// rebase makes r what the store holds. The caller holds mu.
func (k *Keeper) rebase(r Record) {
	s := &k.state
	s.base = r
	sights := map[Claim]time.Time{}
	for _, e := range r.To {
		for _, c := range []*Claim{e.Make, e.Edit} {
			if c == nil || c.By == k.writer {
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
	k.refresh()
}

// refresh makes view anew. The caller holds mu.
func (k *Keeper) refresh() {
	k.state.view = k.state.base.Clone()
	for _, change := range k.state.changes {
		change(&k.state.view)
	}
}

// Record returns the record as this process knows it: what the store holds and what is
// not stored yet. It must not be changed.
func (k *Keeper) Record() Record {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.view
}

// Relation tells whose record it is.
func (k *Keeper) Relation() Relation {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.relation
}

// Seen returns when the claim of another writer was seen first.
func (k *Keeper) Seen(c Claim) time.Time {
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

// Dirty reports whether something is not stored yet.
func (k *Keeper) Dirty() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.mode != detached && (len(k.state.changes) > 0 || k.state.mode == damaged)
}

// See makes the view part of every later write. It is no reason to write.
func (k *Keeper) See(s Sighting) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state.sighting = s
}

// Learn notes a change that the next write stores. The change must not keep what it is
// given, and be one that can be applied more than once.
func (k *Keeper) Learn(change func(*Record)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.state.changes = append(k.state.changes, change)
	view := k.state.view.Clone()
	change(&view)
	k.state.view = view
}

// Detach keeps the record in memory from now on, because the store has no room for it
// or does not know the request any more. It reports whether that is news.
func (k *Keeper) Detach() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	news := k.state.mode != detached
	k.state.mode = detached
	return news
}

// Detached reports whether the record is kept in memory only.
func (k *Keeper) Detached() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.mode == detached
}

// Flush stores what is not stored yet.
func (k *Keeper) Flush(ctx context.Context) error {
	if !k.Dirty() {
		return nil
	}
	return k.commit(ctx)
}

// Claim stores a claim, and with it everything that is not stored yet. The function
// changes the record, or reports false if the claim cannot be made any more. The claim
// was sent to the store not before the returned time. After an error nothing may be
// begun, even if the claim turns out to be stored.
func (k *Keeper) Claim(ctx context.Context, apply func(*Record) bool) (sent time.Time, err error) {
	g := &grant{apply: apply}
	k.mu.Lock()
	k.state.claims = append(k.state.claims, g)
	k.mu.Unlock()
	err = k.commit(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if g.done {
		return g.sent, g.err
	}
	k.state.claims = slices.DeleteFunc(k.state.claims, func(other *grant) bool { return other == g })
	return time.Time{}, errors.Join(ErrLost, err)
}

// commit writes all that waits to be written.
func (k *Keeper) commit(ctx context.Context) error {
	select {
	case k.writing <- struct{}{}:
		defer func() { <-k.writing }()
	case <-ctx.Done():
		return fmt.Errorf("waiting to store record: %w", ctx.Err())
	}
	if k.is(unread) {
		if err := k.reload(ctx); err != nil {
			k.refuse(err)
			return err
		}
	}
	for range maxConflicts {
		w := k.prepare()
		if w == nil {
			return nil
		}
		err := w.err
		if err == nil && w.text != w.old {
			w.sent = time.Now()
			err = k.store.Swap(ctx, k.id, w.old, w.text)
		}
		if err == nil {
			k.stored(w)
			return nil
		}
		if !errors.Is(err, ErrConflict) {
			k.failed(w, err)
			return fmt.Errorf("storing record: %w", err)
		}
		if err = k.reload(ctx); err != nil {
			k.failed(w, err)
			return err
		}
		if k.holds(w.text) {
			// The answer to an earlier attempt was lost.
			k.stored(w)
			return nil
		}
		w.end(ErrLost)
	}
	return fmt.Errorf("storing record: %w", ErrConflict)
}

func (k *Keeper) is(m mode) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.mode == m
}

func (k *Keeper) holds(text string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.text == text
}

// refuse ends all claims that wait.
func (k *Keeper) refuse(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, g := range k.state.claims {
		g.err, g.done = err, true
	}
	k.state.claims = nil
}

// reload reads the record.
func (k *Keeper) reload(ctx context.Context) error {
	text, err := k.store.Load(ctx, k.id)
	if err != nil {
		return fmt.Errorf("reading record: %w", err)
	}
	// A damaged record is repaired by the next write.
	_ = k.adopt(text)
	return nil
}

// write is one attempt to store.
type write struct {
	old, text string
	next      Record
	// changes is how many changes are in next.
	changes int
	grants  []*grant
	sent    time.Time
	err     error
}

// end gives the claims of an attempt their result. Others write them under mu, but
// nobody looks before the commit has ended.
func (w *write) end(err error) {
	for _, g := range w.grants {
		g.sent, g.err, g.done = w.sent, err, true
	}
	w.grants = nil
}

// prepare returns what to write, nil for nothing.
func (k *Keeper) prepare() *write {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := &k.state
	if len(s.changes) == 0 && len(s.claims) == 0 && s.mode != damaged {
		return nil
	}
	w := &write{old: s.text, next: s.base.Clone(), changes: len(s.changes)}
	if s.relation == Foreign {
		w.err = ErrForeign
	}
	w.next.See(s.sighting)
	for _, change := range s.changes {
		change(&w.next)
	}
	for _, g := range s.claims {
		if next := w.next.Clone(); g.apply(&next) {
			w.next = next
			w.grants = append(w.grants, g)
		} else {
			g.err, g.done = ErrLost, true
		}
	}
	s.claims = nil
	if len(w.grants) == 0 && len(s.changes) == 0 && s.mode != damaged {
		return nil
	}
	w.next.Owner = w.next.Owner.fill(k.owner())
	w.text = w.next.Encode()
	if s.mode == detached {
		w.text = w.old
		w.sent = time.Now()
	}
	return w
}

// stored notes that an attempt has succeeded.
func (k *Keeper) stored(w *write) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := &k.state
	s.text, s.written = w.text, time.Now()
	s.changes = s.changes[w.changes:]
	s.owner, s.relation = w.next.Owner, Own
	if s.mode != detached {
		s.mode = current
	}
	w.end(nil)
	k.rebase(w.next)
}

// failed notes that an attempt may or may not have succeeded.
func (k *Keeper) failed(w *write, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	w.end(err)
	clear := errors.Is(err, ErrUnknownRequest) || errors.Is(err, ErrTooLarge) || errors.Is(err, ErrForeign)
	if k.state.mode == current && !clear {
		k.state.mode = unread
	}
}
