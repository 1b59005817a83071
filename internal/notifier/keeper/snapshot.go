package keeper

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// Snapshot is what the store is known to hold, and since when it is known. It is all that
// there is to know of a record that nothing is claimed in.
type Snapshot struct {
	Text string
	At   time.Time
}

// Snapshot returns what the store holds, and whether that is all that this process knows.
func (k *Keeper) Snapshot() (known Snapshot, all bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := &k.state
	all = len(k.writing) == 0 && len(s.claims) == 0 && len(s.changes) == 0 &&
		s.mode == current && s.owner != nil && s.relation == record.Own && !claimed(s.base)
	return Snapshot{Text: s.text, At: s.written}, all
}

// claimed reports whether a call is claimed at any address.
func claimed(r record.Record) bool {
	for _, e := range r.To {
		if e.Make != nil || e.Edit != nil {
			return true
		}
	}
	return false
}

// Resume returns the keeper of a record that was known.
func Resume(id, writer string, store Store, owner func() record.Owner, known Snapshot) (*Keeper, error) {
	k := &Keeper{id: id, writer: writer, store: store, owner: owner, writing: make(chan struct{}, 1)}
	err := k.adopt(known.Text)
	k.state.written = known.At
	return k, err
}
