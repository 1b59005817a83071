package registry

import (
	"maps"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// Rest keeps no more than the record of a request of which nothing is due. There may be tens
// of thousands that wait for a decision.
func (r *Registry) Rest(t *track.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.s.open[t.ID] != t {
		return
	}
	if known, ok := track.Rest(t); ok {
		delete(r.s.open, t.ID)
		r.s.resting.put(t.ID, known)
	}
}

// Lay has a request rest that is not worked on, as its record was read, until it is looked at.
func (r *Registry) Lay(id string, known keeper.Snapshot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.s.open[id]; !ok {
		delete(r.s.closed, id)
		r.s.resting.put(id, known)
	}
}

// Resting returns the record of a request that rests.
func (r *Registry) Resting(id string) (known keeper.Snapshot, rests bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.s.resting.get(id)
}

// Rested returns the ids of the requests that rest.
func (r *Registry) Rested() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(r.s.resting.records))
}
