package conformance

import (
	"context"
	"slices"
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Desk is a messenger.Desk that does the same with every click, for the tests of one messenger.
type Desk struct {
	// Response is what Press says, and Answer what Decide does.
	Response messenger.Response
	Answer   string
	// Busy is true where no work is taken.
	Busy bool

	mu               sync.Mutex
	pressed, decided []messenger.Click
	work             sync.WaitGroup
}

// Press implements messenger.Desk.
func (d *Desk) Press(c messenger.Click) messenger.Response {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pressed = append(d.pressed, c)
	return d.Response
}

// Decide implements messenger.Desk.
func (d *Desk) Decide(_ context.Context, c messenger.Click) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.decided = append(d.decided, c)
	return d.Answer
}

// Go implements messenger.Desk.
func (d *Desk) Go(work func(context.Context)) bool {
	if d.Busy {
		return false
	}
	d.work.Go(func() { work(context.Background()) })
	return true
}

// Pressed are the clicks so far, once all work is done.
func (d *Desk) Pressed() []messenger.Click { return d.clicks(&d.pressed) }

// Decided are the clicks that were carried out so far, once all work is done.
func (d *Desk) Decided() []messenger.Click { return d.clicks(&d.decided) }

func (d *Desk) clicks(of *[]messenger.Click) []messenger.Click {
	d.work.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(*of)
}
