package track

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// endsSoon is how long before its end requesters are told that access ends.
const endsSoon = 15 * time.Minute

// notes are those that a recipient gets. The requester's follow from the request alone, so
// that every operator makes the same ones, also after a restart.
func (p Planner) notes(d *Delivery, about accessrequest.Request) []plan.Note {
	switch {
	case d.Reader != record.Requester:
		return d.Memory.Notes
	case p.TellsRequesters == nil || !p.TellsRequesters():
		return nil
	default:
		return life(about)
	}
}

// replies is how many reviews should be below a recipient's message. A note tells the
// requester the last one, with what came of it.
func (s *state) replies(d *Delivery, e record.Entry) int {
	if d.Reader == record.Requester && s.truth.Mark.State.Resolved() {
		return e.Replies
	}
	return len(s.shown.message.Reviews)
}

// life is what the requester is told after the request was received, in order.
func life(r accessrequest.Request) []plan.Note {
	notes := []plan.Note{{Stage: plan.Outcome, Due: r.Created.Truncate(time.Second)}}
	ends := r.AccessEnds().Truncate(time.Second)
	if !ends.After(r.Created) {
		return notes
	}
	decided := r.Created
	for _, review := range r.Reviews {
		decided = plan.Later(decided, review.Created)
	}
	// What was decided later than that says when the access ends.
	if soon := ends.Add(-endsSoon); soon.After(decided) {
		notes = append(notes, plan.Note{Stage: plan.EndsSoon, Due: soon})
	}
	return append(notes, plan.Note{Stage: plan.Ended, Due: ends})
}
