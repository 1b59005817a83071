package track

import (
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
)

// note is the note that was due at a time, about what a message shows.
func (d *Delivery) note(about message.Message, due time.Time) message.Message {
	i := slices.IndexFunc(d.Memory.Notes, func(n plan.Note) bool { return n.Due.Equal(due) })
	n := d.Memory.Notes[i]
	return about.Remind(n.After, n.Mentions)
}
