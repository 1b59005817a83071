package track

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// Doubt is what has been done to find out whether a view can be believed.
type Doubt struct {
	// Missed is when Teleport first did not name the request, zero if it does, or the request
	// is believed to be gone.
	Missed time.Time
	// Believed is the mark of the record when the request was last believed to be gone.
	Believed record.Mark
	// Over and By are marks of the record and of the view that superseded it, because
	// Teleport was asked after the first was seen.
	Over, By record.Mark
	// Asked is when Teleport was asked whether an overdue request is there.
	Asked time.Time
}

// Superseded returns the mark of the record that a view is known to supersede.
func (d Doubt) Superseded(by record.Mark) record.Mark {
	if by == d.By || d.By.Before(by) {
		return d.Over
	}
	return record.Mark{}
}
