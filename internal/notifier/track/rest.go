package track

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
)

// Rest ends the work on a pending request if its record, Teleport and the rules say all that
// this process knows of it, so that nothing is due before something happens. It returns the
// record, of which a new Request is made then.
func Rest(t *Request) (known keeper.Snapshot, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok = t.Keeper.Snapshot()
	s := &t.s
	ok = ok && t.Doubt == Doubt{} && s.failure == nil &&
		s.truth.Certainty == Current && s.truth.Mark.State == accessrequest.Pending && !s.truth.Retold &&
		s.audience.restful() && len(s.deliveries) > 0
	for _, d := range s.deliveries {
		ok = ok && !d.busy() && d.Rejected == 0 && d.Failure.Err == nil && d.Memory.Forgettable(time.Now())
	}
	if ok {
		// No call begins any more.
		clear(s.deliveries)
	}
	return known, ok
}

// restful reports whether nothing of the audience is to be counted or found out.
func (a Audience) restful() bool {
	return a.Extent == Whole && a.Unresolved == 0 && len(a.UnresolvedFrom) == 0 && a.RuleFailure == nil
}
