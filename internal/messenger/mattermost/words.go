package mattermost

import (
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// emoji marks a state beside the words for it.
func emoji(state accessrequest.State) string {
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

// colour marks the edge of the attachment by the state.
func colour(state accessrequest.State) string {
	switch state {
	case accessrequest.Pending:
		return "#dbab09"
	case accessrequest.Approved, accessrequest.Promoted:
		return "#2da44e"
	case accessrequest.Denied:
		return "#cf222e"
	default:
		return "#8c959f"
	}
}

// decision is what a reviewer did, in a word.
func decision(state accessrequest.State) string {
	switch state {
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

// linkLabel says what the link is for.
func linkLabel(state accessrequest.State) string {
	if state == accessrequest.Pending {
		return "Review in Teleport"
	}
	return "Open in Teleport"
}

// utc writes a time. Mattermost has no markup for times in the reader's zone.
func utc(t time.Time) string {
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// latest returns the last reviews: they are the ones that decide.
func latest(reviews []message.Review) []message.Review {
	return reviews[max(len(reviews)-maxReviews, 0):]
}

func earlier(n int) string {
	if n == 1 {
		return "1 earlier review"
	}
	return fmt.Sprintf("%d earlier reviews", n)
}
