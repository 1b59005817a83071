package review

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// maxWork bounds what is done beside the callers of a hub.
const maxWork = 32

// Hub is the messenger.Desk of one bot, whose notifiers each have a Desk: a click goes to the one
// that has posted the message. Make one with NewHub.
type Hub struct {
	log    logr.Logger
	places chan struct{}
	works  sync.WaitGroup

	mu sync.Mutex
	s  hubState
}

// hubState is guarded by Hub.mu.
type hubState struct {
	desks []*Desk
	// run does work that ends when the hub is closed; nil while it is.
	run func(work func(ctx context.Context))
}

var _ messenger.Desk = (*Hub)(nil)

// NewHub makes a Hub without desks, which is closed.
func NewHub(log logr.Logger) *Hub { return &Hub{log: log, places: make(chan struct{}, maxWork)} }

// Open lets work be done until the returned function is called, which ends all work and waits for
// it. Nothing of ctx but its values counts: who opens a hub may end before others who use it.
func (h *Hub) Open(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	h.mu.Lock()
	defer h.mu.Unlock()
	h.s.run = func(work func(ctx context.Context)) { work(ctx) }
	return func() {
		h.mu.Lock()
		h.s.run = nil
		h.mu.Unlock()
		cancel()
		h.works.Wait()
	}
}

// Add makes clicks go to a desk, until the returned function is called.
func (h *Hub) Add(d *Desk) (remove func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.s.desks = append(slices.Clone(h.s.desks), d)
	d.leaves(false)
	return sync.OnceFunc(func() {
		d.leaves(true)
		h.mu.Lock()
		defer h.mu.Unlock()
		at := slices.Index(h.s.desks, d)
		h.s.desks = slices.Delete(slices.Clone(h.s.desks), at, at+1)
	})
}

// of returns the desk that a click belongs to: the one that shows the message, or else one that
// cannot tell yet, or that has finished with the request; nil if there is none.
func (h *Hub) of(c messenger.Click) *Desk {
	h.mu.Lock()
	desks := h.s.desks
	h.mu.Unlock()
	best := map[status.Standing]*Desk{}
	for _, d := range desks {
		standing := d.Standing(c)
		if best[standing] == nil {
			best[standing] = d
		}
	}
	for _, standing := range []status.Standing{status.StandingShown, status.StandingUnknown, status.StandingOver, status.StandingStranger} {
		if d := best[standing]; d != nil {
			return d
		}
	}
	return nil
}

// Press implements messenger.Desk.
func (h *Hub) Press(c messenger.Click) messenger.Response {
	d := h.of(c)
	switch {
	case d == nil:
		return messenger.Response{Refused: SwitchedOff.answer(message.English, "")}
	case len(h.places) == cap(h.places):
		return messenger.Response{Refused: TooOften.answer(d.o.Language(), "")}
	default:
		return d.Press(c)
	}
}

// Decide implements messenger.Desk.
func (h *Hub) Decide(ctx context.Context, c messenger.Click) string {
	if d := h.of(c); d != nil {
		return d.Decide(ctx, c)
	}
	return SwitchedOff.answer(message.English, "")
}

// Go implements messenger.Desk.
func (h *Hub) Go(work func(ctx context.Context)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	run := h.s.run
	if run == nil {
		return false
	}
	select {
	case h.places <- struct{}{}:
	default:
		return false
	}
	h.works.Go(func() {
		defer func() {
			if value := recover(); value != nil {
				// Its value may hold what people typed.
				h.log.Error(fmt.Errorf("panic with a %T", value), "Could not carry out a click")
			}
			<-h.places
		}()
		run(work)
	})
	return true
}

// Check has each desk find out whether its messages have buttons.
func (h *Hub) Check() {
	h.mu.Lock()
	desks := h.s.desks
	h.mu.Unlock()
	for _, d := range desks {
		d.Check()
	}
}
