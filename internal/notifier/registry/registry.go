// Package registry holds the access requests that are worked on, by id and by the recipients
// that they concern, and remembers with which ones this process has finished.
package registry

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// Registry holds what is known of access requests by id.
type Registry struct {
	mu sync.Mutex
	s  state
}

// state is guarded by Registry.mu.
type state struct {
	// open requests are worked on, closed ones need nothing unless they change.
	open   map[string]*track.Request
	closed map[string]Closing
	// resting are open requests of which nothing is due, as their records say.
	resting shelf
	// foreign are those whose records belong to others.
	foreign map[string]bool
	// waiting are the open requests that concern a recipient, recipients the reverse.
	waiting    map[routing.Recipient]map[string]struct{}
	recipients map[string][]routing.Recipient
	// latest are the recipients of one request: those of most others are the same.
	latest []routing.Recipient
}

// Closing is how this process finished with a request, of which no recipient may have heard.
type Closing struct {
	At   time.Time
	Mark record.Mark
	// Kept is the request itself, if the store has no record of that.
	Kept *track.Request
}

// New returns a registry of no requests.
func New() *Registry {
	return &Registry{s: state{
		open:       map[string]*track.Request{},
		closed:     map[string]Closing{},
		resting:    newShelf(),
		foreign:    map[string]bool{},
		waiting:    map[routing.Recipient]map[string]struct{}{},
		recipients: map[string][]routing.Recipient{},
	}}
}

// Get returns an open request that is worked on, nil if it is not open, or rests.
func (r *Registry) Get(id string) *track.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.s.open[id]
}

// ClosedAs returns how a request was closed.
func (r *Registry) ClosedAs(id string) (Closing, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.s.closed[id]
	return c, ok
}

// IsForeign reports whether the record of a request belongs to others.
func (r *Registry) IsForeign(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.s.foreign[id]
}

// All returns the open requests that do not rest.
func (r *Registry) All() []*track.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.s.open))
}

// Open starts to work on a request, unless that is done already.
func (r *Registry) Open(t *track.Request) *track.Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	if have, ok := r.s.open[t.ID]; ok {
		return have
	}
	delete(r.s.closed, t.ID)
	delete(r.s.resting.records, t.ID)
	r.s.open[t.ID] = t
	return t
}

// Close ends the work on a request.
func (r *Registry) Close(t *track.Request) {
	known := t.Keeper.Record()
	c := Closing{At: time.Now(), Mark: known.Mark}
	closed := known.Status == record.Closed
	if known.State == "" {
		c.Mark = t.Truth().Mark
		closed = c.Mark.State.Resolved()
	}
	if t.Keeper.InMemory() {
		c.Kept = t
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.s.open[t.ID] != t {
		return
	}
	delete(r.s.open, t.ID)
	if closed {
		r.s.closed[t.ID] = c
	}
	r.concern(t.ID, nil)
}

// Crowded returns the requests, open or closed, for whose record there was no room.
func (r *Registry) Crowded() []*track.Request {
	r.mu.Lock()
	all := slices.Collect(maps.Values(r.s.open))
	for _, c := range r.s.closed {
		if c.Kept != nil {
			all = append(all, c.Kept)
		}
	}
	r.mu.Unlock()
	return slices.DeleteFunc(all, func(t *track.Request) bool { return !t.Keeper.Crowded() })
}

// Reconsider goes on with a closed request of which the store was asked again: it is kept no
// longer than it has to be, and opened again if another writer has added to its record.
func (r *Registry) Reconsider(t *track.Request) {
	known, stored := t.Keeper.Record(), !t.Keeper.InMemory()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch c := r.s.closed[t.ID]; {
	case c.Kept != t:
	case known.Status != record.Closed:
		delete(r.s.closed, t.ID)
		r.s.open[t.ID] = t
	case stored:
		r.s.closed[t.ID] = Closing{At: time.Now(), Mark: known.Mark}
	}
}

// NoteClosed notes that a request was found closed in records that were read after
// since.
func (r *Registry) NoteClosed(id string, mark record.Mark, since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if have, ok := r.s.closed[id]; ok && !have.At.Before(since) {
		return
	}
	if _, ok := r.s.open[id]; !ok {
		r.s.closed[id] = Closing{At: since, Mark: mark}
	}
}

// Foreigners notes whose records belong to others.
func (r *Registry) Foreigners(ids map[string]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s.foreign = ids
}

// NoteForeign ends the work on a request whose record turned out to belong to others.
func (r *Registry) NoteForeign(t *track.Request) {
	r.Close(t)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s.foreign[t.ID] = true
}

// Counts returns how many requests rest, and how many records belong to others.
func (r *Registry) Counts() (resting, foreign int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.s.resting.records), len(r.s.foreign)
}

// Forget drops closed requests unless keep says otherwise.
func (r *Registry) Forget(keep func(id string) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.s.closed, func(id string, _ Closing) bool { return !keep(id) })
}

// WaitFor notes which recipients a request concerns.
func (r *Registry) WaitFor(id string, recipients []routing.Recipient) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.s.open[id]; ok && !slices.Equal(r.s.recipients[id], recipients) {
		r.concern(id, recipients)
	}
}

// concern is WaitFor with the lock held.
func (r *Registry) concern(id string, recipients []routing.Recipient) {
	for _, recipient := range r.s.recipients[id] {
		delete(r.s.waiting[recipient], id)
		if len(r.s.waiting[recipient]) == 0 {
			delete(r.s.waiting, recipient)
		}
	}
	delete(r.s.recipients, id)
	if len(recipients) == 0 {
		return
	}
	if slices.Equal(r.s.latest, recipients) {
		recipients = r.s.latest
	}
	r.s.latest, r.s.recipients[id] = recipients, recipients
	for _, recipient := range recipients {
		if r.s.waiting[recipient] == nil {
			r.s.waiting[recipient] = map[string]struct{}{}
		}
		r.s.waiting[recipient][id] = struct{}{}
	}
}

// Concerned returns the requests that concern a recipient, and who named it.
func (r *Registry) Concerned(recipient routing.Recipient) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.s.waiting[recipient]))
}
