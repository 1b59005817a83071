package message

import (
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// The labels of what a message shows besides its fields.
const (
	// LabelStatusReason stands before the reason of the final state.
	LabelStatusReason = "Reason given"
	// LabelReviews stands before the reviews.
	LabelReviews = "Reviews"
	// LabelCommands stands before the commands to review with.
	LabelCommands = "Review with"
	// LabelRequest stands before the request's id.
	LabelRequest = "Request"
)

// What a message says where it was given nothing.
const (
	// NoTitle stands in for a title.
	NoTitle = "Access request"
	// NoStatus stands in for a status.
	NoStatus = "Unknown"
	// NoLabel stands in for a field's label.
	NoLabel = "Fact"
	// NoAuthor stands in for the author of a review.
	NoAuthor = "Somebody"
)

// Mark is the emoji beside the words for a state.
func Mark(state accessrequest.State) string {
	switch state {
	case accessrequest.Pending:
		return "⏳"
	case accessrequest.Approved:
		return "✅"
	case accessrequest.Denied:
		return "❌"
	case accessrequest.Promoted:
		return "⏫"
	case accessrequest.Expired:
		return "⌛"
	default:
		return "❔"
	}
}

// Decision is what the reviewer did, in a word.
func (r Review) Decision() string {
	switch r.State {
	case accessrequest.Approved:
		return "Approved"
	case accessrequest.Denied:
		return "Denied"
	case accessrequest.Promoted:
		return "Promoted"
	default:
		return "Reviewed"
	}
}

// LinkLabel says what the link is for.
func (m Message) LinkLabel() string {
	if m.State == accessrequest.Pending {
		return "Review in Teleport"
	}
	return "Open in Teleport"
}

// Latest returns at most n reviews, the last ones: they are the ones that
// decide.
func Latest(reviews []Review, n int) []Review {
	return reviews[max(len(reviews)-n, 0):]
}

// Earlier says how many reviews are not shown.
func Earlier(n int) string {
	return plural(n, "earlier review")
}

// UTC writes a time where it cannot be shown in the reader's own time zone.
func UTC(t time.Time) string {
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
