package plan

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// endsSoon is how long before its end requesters are told that access ends.
const endsSoon = 15 * time.Minute

// Life is what the requester is told after the request was received, in order.
func Life(r accessrequest.Request) []Note {
	notes := []Note{{Stage: Outcome, Due: r.Created.Truncate(time.Second)}}
	ends := r.AccessEnds().Truncate(time.Second)
	if !ends.After(r.Created) {
		return notes
	}
	decided := r.Created
	for _, review := range r.Reviews {
		decided = Later(decided, review.Created)
	}
	// What was decided later than that says when the access ends.
	if soon := ends.Add(-endsSoon); soon.After(decided) {
		notes = append(notes, Note{Stage: EndsSoon, Due: soon})
	}
	return append(notes, Note{Stage: Ended, Due: ends})
}
