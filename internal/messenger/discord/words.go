package discord

import (
	"fmt"
	"strconv"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// look is how a state is told apart at a glance.
type look struct {
	emoji  string
	colour int
}

// lookOf returns the emoji beside the words for a state, and the colour of the
// embed's edge.
func lookOf(state accessrequest.State) look {
	switch state {
	case accessrequest.Pending:
		return look{"⏳", 0xF0B232}
	case accessrequest.Approved:
		return look{"✅", 0x23A55A}
	case accessrequest.Denied:
		return look{"❌", 0xF23F43}
	case accessrequest.Promoted:
		return look{"⏫", 0x5865F2}
	case accessrequest.Expired:
		return look{"⌛", 0x80848E}
	default:
		return look{"❔", 0x80848E}
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

// lastSecond is the end of the year 9999, beyond which clients show no dates.
const lastSecond = 253_402_300_799

// date is a time that Discord shows in the reader's own time zone, and again as
// the distance from now.
func date(t time.Time) string {
	unix := t.Unix()
	if unix < 0 || unix > lastSecond {
		return escape(t.UTC().Format("2006-01-02 15:04 UTC"))
	}
	seconds := strconv.FormatInt(unix, 10)
	return "<t:" + seconds + ":f> (<t:" + seconds + ":R>)"
}

// ago is a time as the distance from now only.
func ago(t time.Time) string {
	unix := t.Unix()
	if unix <= 0 || unix > lastSecond {
		return ""
	}
	return " <t:" + strconv.FormatInt(unix, 10) + ":R>"
}

func earlier(n int) string {
	if n == 1 {
		return "1 earlier review"
	}
	return fmt.Sprintf("%d earlier reviews", n)
}
