package main

import (
	"context"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// flooded is the requester that makes nearly all of the requests.
	flooded = "flooder@example.com"
	// flooderCall is how long a call to the chat service takes meanwhile, so that
	// the flood lasts far longer than honest may take.
	flooderCall = 100 * time.Millisecond
	// honest is what a request and a decision of others may take behind the flood.
	// On a quiet machine it is a few calls.
	honest = 2 * time.Second
)

// flooder: one requester makes nearly all of the requests at once. Those of
// others, and decisions, must not wait for them.
func flooder(ctx context.Context, w *world) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	if err := o.ready(ctx); err != nil {
		return err
	}
	const pending = "Pending, 0 of 2 approvals"
	early, err := w.create(0, statusDenied)
	if err != nil {
		return err
	}
	if err := w.awaitAll(ctx, early); err != nil {
		return err
	}
	w.chat.Faults().Latency(flooderCall)
	defer w.chat.Faults().Latency(0)
	for n := 1; n < w.requests-1; n++ {
		if _, err := w.createFor(flooded, n, pending); err != nil {
			return err
		}
	}
	// The flood is under way.
	if err := wait.Pause(ctx, 5*flooderCall); err != nil {
		return err
	}
	late, err := w.create(w.requests-1, pending)
	if err != nil {
		return err
	}
	if err := deny(alice)(w.teleport, early); err != nil {
		return fmt.Errorf("deciding a request: %w", err)
	}
	began := time.Now()
	if err := wait.Pause(ctx, honest); err != nil {
		return err
	}
	if told := len(w.watch.channels(late)); told < len(w.recipients) {
		w.breaks("4, recipients are independent: %d of %d recipients heard of an honest request within %s of a flood", told, len(w.recipients), honest)
	}
	if n := w.showing(early, statusDenied); n < len(w.recipients) {
		w.breaks("4, recipients are independent: %d of %d messages showed a decision within %s of a flood", n, len(w.recipients), honest)
	}
	w.say("looked %s after the honest request; %d messages were there by then", time.Since(began).Round(time.Millisecond), len(w.chat.Posts()))
	if len(w.chat.Posts()) > (w.requests-1)*len(w.recipients) {
		return fmt.Errorf("the flood was over within %s, so that nothing was proven", honest)
	}
	return w.settle(ctx, o.idle)
}

// awaitAll returns once every recipient has heard of a request.
func (w *world) awaitAll(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, tellWithin, errUntold)
	defer cancel()
	return wait.Until(ctx, pollEvery, func() (bool, error) {
		return len(w.watch.channels(id)) >= len(w.recipients), nil
	})
}

// showing returns how many messages about a request show a status now.
func (w *world) showing(id, status string) int {
	count := 0
	for _, post := range w.chat.Posts() {
		if isAbout(post, id) && statusOf(post.Text) == status {
			count++
		}
	}
	return count
}

func isAbout(post messengertest.Post, id string) bool {
	return post.ThreadOf == "" && requestID.FindString(post.Text) == id
}
