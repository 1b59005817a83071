package slack

import (
	"fmt"
	"strconv"
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

// date is a time that Slack shows in the reader's own time zone.
func date(t time.Time) string {
	return "<!date^" + strconv.FormatInt(t.Unix(), 10) + "^{date_short_pretty} {time}|" + utc(t) + ">"
}

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
