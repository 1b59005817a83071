package discord

import (
	"strconv"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// colour marks the edge of the embed by the state.
func colour(state accessrequest.State) int {
	switch state {
	case accessrequest.Pending:
		return 0xF0B232
	case accessrequest.Approved:
		return 0x23A55A
	case accessrequest.Denied:
		return 0xF23F43
	case accessrequest.Promoted:
		return 0x5865F2
	default:
		return 0x80848E
	}
}

// lastSecond is the end of the year 9999, beyond which clients show no dates.
const lastSecond = 253_402_300_799

// date is a time that Discord shows in the reader's own time zone, and again as
// the distance from now.
func date(t time.Time, words string) string {
	unix := t.Unix()
	if unix < 0 || unix > lastSecond {
		return escape(words)
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
