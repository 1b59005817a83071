package track

import (
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
)

// note is the one of the notes that was due at a time, about what the recipient is shown.
func note(notes []plan.Note, about message.Message, due time.Time) message.Message {
	n := notes[slices.IndexFunc(notes, func(n plan.Note) bool { return n.Due.Equal(due) })]
	switch n.Stage {
	case plan.Outcome:
		return about.Outcome()
	case plan.EndsSoon:
		return about.EndsSoon()
	case plan.Ended:
		return about.Ended()
	default:
		return about.Remind(n.After, n.Mentions)
	}
}
