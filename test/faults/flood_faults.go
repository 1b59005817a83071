package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
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
	late, err := w.create(w.requests-1, tally.Undecided)
	if err != nil {
		return err
	}
	if err := deny(alice)(w.teleport, early); err != nil {
		return fmt.Errorf("deciding a request: %w", err)
	}
	return errors.Join(w.overtakes(ctx, late, early), w.settle(ctx, o.idle))
}

// overtakes checks that a new request and a decision are shown before the flood is
// over. What may come before is counted in messages, as a busy machine has no time.
func (w *world) overtakes(ctx context.Context, late, early string) error {
	flood := (w.requests - 2) * len(w.recipients)
	before := len(w.chat.Posts())
	if before > flood/2 {
		return fmt.Errorf("%d messages of %d came at once, so that nothing can be proven", before, flood)
	}
	if err := w.awaitAll(ctx, late); err != nil {
		return err
	}
	shown := func() bool { return w.showing(early, tally.Denied) == len(w.recipients) }
	if err := w.until(ctx, shown); err != nil {
		return err
	}
	between := len(w.chat.Posts()) - before
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

// showing returns how many messages about a request show a status now.
func (w *world) showing(id, status string) int {
	count := 0
	for _, post := range w.chat.Posts() {
		if isAbout(post, id) && tally.StatusOf(post.Text) == status {
			count++
		}
	}
	return count
}

func isAbout(post messengertest.Post, id string) bool {
	return post.ThreadOf == "" && tally.RequestID.FindString(post.Text) == id
}
