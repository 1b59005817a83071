package track

import (
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// notes are those that a recipient gets. The requester's follow from the request alone, so
// that every operator makes the same ones, also after a restart.
func (p Planner) notes(d *Delivery, about accessrequest.Request) []plan.Note {
	switch {
	case d.Reader != record.Requester:
		return d.Memory.Notes
	case p.TellsRequesters == nil || !p.TellsRequesters():
		return nil
	default:
		return plan.Life(about)
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
