package conformance

import (
	"context"
	"slices"
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// What the desk of the suite says by default.
const (
	begunText   = "The decision is being sent"
	decidedText = "The decision was counted"
	refusedText = "Nothing can be decided here"
)

// testDesk is a messenger.Desk that does what a part of the suite wants.
type testDesk struct {
	// press and decide are what becomes of a click. Default: it is begun, and counted.
	press  func(messenger.Click) messenger.Response
	decide func(context.Context, messenger.Click) string

	mu sync.Mutex
	// busy is set while no work is taken.
	busy            bool
	pressed, chosen []messenger.Click
	panics          int
	work            sync.WaitGroup
	ctx             context.Context //nolint:containedctx // It is that of a test.
}

// Press implements messenger.Desk.
func (d *testDesk) Press(c messenger.Click) messenger.Response {
	d.mu.Lock()
	d.pressed = append(d.pressed, c)
	d.mu.Unlock()
	if d.press != nil {
		return d.press(c)
	}
	return messenger.Response{Begun: begunText}
}

// Decide implements messenger.Desk.
func (d *testDesk) Decide(ctx context.Context, c messenger.Click) string {
	d.mu.Lock()
	d.chosen = append(d.chosen, c)
	d.mu.Unlock()
	if d.decide != nil {
		return d.decide(ctx, c)
	}
	return decidedText
}

// Go implements messenger.Desk.
func (d *testDesk) Go(work func(ctx context.Context)) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy {
		return false
	}
	d.work.Go(func() {
		defer d.survive()
		work(d.ctx)
	})
	return true
}

func (d *testDesk) survive() {
	if recover() != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.panics++
	}
}

func (d *testDesk) setBusy(busy bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.busy = busy
}

// presses and decisions are the clicks that were pressed and decided, in their order.
func (d *testDesk) presses() []messenger.Click {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.pressed)
}

func (d *testDesk) decisions() []messenger.Click {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.chosen)
}
