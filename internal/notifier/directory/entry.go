package directory

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/fair"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// entry is one recipient, and where it stands.
type entry struct {
	recipient routing.Recipient
	belief
	// namedBy is who named a person first, requester who did last.
	namedBy, requester string
	// due is when to look again, and timer does so then. used is when the recipient
	// was asked for last.
	due, used time.Time
	timer     *time.Timer
	// started numbers the look-up under way, 0 if there is none.
	started uint64
	// places are where it waits to be looked up, by requester, and turn is the one that
	// the look-up has used.
	places map[string]*fair.Entry[*entry]
	turn   fair.Turn
	// idle is its place among the persons that can be forgotten, nil for others.
	idle *fair.Entry[*entry]
}

// repeats reports whether the recipient is looked up when that is due, rather than when
// it is asked for next.
func (e *entry) repeats() bool {
	return !e.recipient.Person || e.answer.State != Known || e.failures > 0
}
