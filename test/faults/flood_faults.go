package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// flooded is the requester that makes nearly all of the requests.
	flooded = "flooder@example.com"
	// flooderCall is how long a call to the chat service takes meanwhile, so that
	// the flood lasts far longer than a request of another requester may wait.
	flooderCall = 100 * time.Millisecond
)

// flooder: one requester makes nearly all of the requests at once. Those of
// others, and decisions, must not wait for them.
func flooder(ctx context.Context, w *world) error {
	o, err := w.startReady(ctx)
	if err != nil {
		return err
	}
	early, err := w.create(0, tally.Denied)
	if err != nil {
		return err
	}
	if err := w.awaitAll(ctx, early); err != nil {
		return err
	}
	w.chat.Faults().Latency(flooderCall)
	defer w.chat.Faults().Latency(0)
	for n := 1; n < w.requests-1; n++ {
		if _, err := w.createFor(flooded, n, tally.Undecided); err != nil {
			return err
		}
	}
	// The flood is under way.
	if err := wait.Pause(ctx, 5*flooderCall); err != nil {
		return err
	}
	flood := (w.requests - 2) * len(w.recipients)
	if came := len(w.chat.Posts()); came > flood/2 {
		return fmt.Errorf("%d messages of %d came at once, so that nothing can be proven", came, flood)
	}
	began := time.Now()
	late, err := w.create(w.requests-1, tally.Undecided)
	if err != nil {
		return err
	}
	if err := deny(alice)(w.teleport, early); err != nil {
		return fmt.Errorf("deciding a request: %w", err)
	}
	return errors.Join(w.overtake(ctx, began, flood, late, early), w.settle(ctx, o.idle))
}

// overtake checks that a new request and a decision are shown before a flood is over. What
// comes before is counted in messages, as a busy machine has no time.
func (w *world) overtake(ctx context.Context, began time.Time, flood int, late, early string) error {
	var shown time.Time
	channels := w.watch.channels(early)
	all := func() bool {
		for _, channel := range channels {
			post, posted := w.watch.postedAt(late, channel)
			edit, edited := w.watch.shownAt(early, channel, tally.Denied)
			if w.platform.Pace > 0 {
				edit, edited = post, posted
			}
			if !posted || !edited {
				return false
			}
			shown = slices.MaxFunc([]time.Time{shown, post, edit}, time.Time.Compare)
		}
		return true
	}
	if err := w.until(ctx, all); err != nil {
		return err
	}
	between := w.watch.postedBetween(began, shown)
	w.say("%d messages came before an honest request and a decision were shown; the flood has %d", between, flood)
	if between > flood/5 {
		w.breaks("4, recipients are independent: %d of %d messages of a flood came before an honest request and a decision", between, flood)
	}
	return nil
}

// awaitAll returns once every recipient has heard of a request.
func (w *world) awaitAll(ctx context.Context, id string) error {
	return w.until(ctx, func() bool { return len(w.watch.channels(id)) >= len(w.recipients) })
}

// until waits until something is so. It gives up when nothing has changed for too long.
func (w *world) until(ctx context.Context, so func() bool) error {
	return wait.Until(ctx, pollEvery, func() (bool, error) {
		if time.Since(w.watch.lastChange()) > w.patience {
			return false, fmt.Errorf("nothing has changed for %s", w.patience)
		}
		return so(), nil
	})
}
