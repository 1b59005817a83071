package notifier

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// requests holds what is known of access requests by id.
type requests struct {
	mu sync.Mutex
	s  requestsState
}

// requestsState is guarded by requests.mu.
type requestsState struct {
	// open requests are worked on, closed ones need nothing unless they change.
	open   map[string]*tracked
	closed map[string]closing
	// foreign are those whose records belong to others.
	foreign map[string]bool
	// waiting are the open requests that concern a recipient, recipients the reverse.
	waiting    map[routing.Recipient]map[string]bool
	recipients map[string][]routing.Recipient
}

// closing is how this process finished with a request.
type closing struct {
	at   time.Time
	mark record.Mark
	// kept is the request itself, if the store has no record of it.
	kept *tracked
}

func newRequests() *requests {
	return &requests{s: requestsState{
		open:       map[string]*tracked{},
		closed:     map[string]closing{},
		foreign:    map[string]bool{},
		waiting:    map[routing.Recipient]map[string]bool{},
		recipients: map[string][]routing.Recipient{},
	}}
}

// get returns an open request, nil if it is not open.
func (r *requests) get(id string) *tracked {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.s.open[id]
}

// closedAs returns how a request was closed.
func (r *requests) closedAs(id string) (closing, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.s.closed[id]
	return c, ok
}

// isForeign reports whether the record of a request belongs to others.
func (r *requests) isForeign(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.s.foreign[id]
}

// all returns the open requests.
func (r *requests) all() []*tracked {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.s.open))
}

// open starts to work on a request, unless that is done already.
func (r *requests) open(t *tracked) *tracked {
	r.mu.Lock()
	defer r.mu.Unlock()
	if have, ok := r.s.open[t.id]; ok {
		return have
	}
	delete(r.s.closed, t.id)
	r.s.open[t.id] = t
	return t
}

// close ends the work on a request.
func (r *requests) close(t *tracked) {
	known := t.keeper.Record()
	c := closing{at: time.Now(), mark: known.Mark}
	if t.keeper.Detached() {
		c.kept = t
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.s.open[t.id] != t {
		return
	}
	delete(r.s.open, t.id)
	if known.Closed {
		r.s.closed[t.id] = c
	}
	r.concern(t.id, nil)
}

// noteClosed notes that a request was found closed in records that were read after
// since.
func (r *requests) noteClosed(id string, mark record.Mark, since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if have, ok := r.s.closed[id]; ok && !have.at.Before(since) {
		return
	}
	if _, ok := r.s.open[id]; !ok {
		r.s.closed[id] = closing{at: since, mark: mark}
	}
}

// foreigners notes whose records belong to others.
func (r *requests) foreigners(ids map[string]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s.foreign = ids
}

// noteForeign ends the work on a request whose record turned out to belong to others.
func (r *requests) noteForeign(t *tracked) {
	r.close(t)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s.foreign[t.id] = true
}

// clashes returns how many records belong to others.
func (r *requests) clashes() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.s.foreign)
}

// forget drops closed requests unless keep says otherwise.
func (r *requests) forget(keep func(id string) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.s.closed, func(id string, _ closing) bool { return !keep(id) })
}

// waitFor notes which recipients a request concerns.
func (r *requests) waitFor(id string, recipients []routing.Recipient) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.s.open[id]; ok && !slices.Equal(r.s.recipients[id], recipients) {
		r.concern(id, recipients)
	}
}

// concern is waitFor with the lock held.
func (r *requests) concern(id string, recipients []routing.Recipient) {
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
	r.s.recipients[id] = recipients
	for _, recipient := range recipients {
		if r.s.waiting[recipient] == nil {
			r.s.waiting[recipient] = map[string]bool{}
		}
		r.s.waiting[recipient][id] = true
	}
}

// concerned returns the requests that concern a recipient, and who named it.
func (r *requests) concerned(recipient routing.Recipient) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.s.waiting[recipient]))
}
