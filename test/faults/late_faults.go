package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// lateEffect: again and again a call is not answered, and carried out after the
// operator has given up on it. Where the bot cannot look its posts up, each may
// cost a duplicate.
func lateEffect(ctx context.Context, w *world) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error { return w.play(playing, w.throughout()) })
	group.Go(func() error { return w.delayEffects(playing) })
	if err := group.Wait(); err != nil {
		return err
	}
	return w.settle(ctx, o.idle)
}

// delayEffects carries single calls out late, for an outage and a half.
func (w *world) delayEffects(ctx context.Context) error {
	const every = 300 * time.Millisecond
	for range int(outage * 3 / 2 / every) {
		// It lands before the operator may believe that it cannot land any more.
		w.chat.Faults().Late(1, callTimeout+w.dice.upTo(landsWithin*3/4))
		if w.platform.blind {
			w.allowed++
		}
		if err := wait.Pause(ctx, every); err != nil {
			return err
		}
	}
	w.chat.Faults().Late(0, 0)
	return nil
}

// editWindow: messages can be edited for a few seconds only. What becomes of a
// request after that is told all the same.
func editWindow(ctx context.Context, w *world) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	if err := w.play(ctx, plan{count: w.requests, createOver: outage / 2, stepWithin: outage}); err != nil {
		return err
	}
	return w.settle(ctx, o.idle)
}
