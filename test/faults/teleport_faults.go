package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// teleportStreamDrop: the event stream ends every second.
func teleportStreamDrop(ctx context.Context, w *world) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error { return w.play(playing, w.throughout()) })
	group.Go(func() error {
		for range int(2 * outage / time.Second) {
			if err := wait.Pause(playing, time.Second); err != nil {
				return err
			}
			w.teleport.DropStreams()
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return w.settle(ctx, o.idle)
}

// teleportDown: Teleport is away for a minute, scaled down. Requests are made
// right after it returns, before the operator is connected again.
func teleportDown(ctx context.Context, w *world) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	var refused error
	err = w.outageOf(ctx, o,
		func() { refused = w.teleport.RefuseConnections(true) },
		func() {
			refused = errors.Join(refused, w.teleport.RefuseConnections(false))
			for n := range 20 {
				_, err := w.create(w.requests+n, tally.Undecided)
				refused = errors.Join(refused, err)
			}
		})
	return errors.Join(err, refused)
}

// teleportSlow: every answer of Teleport takes its time.
func teleportSlow(ctx context.Context, w *world) error {
	return w.simply(ctx,
		func() { w.teleport.Slow(150 * time.Millisecond) },
		func() { w.teleport.Slow(0) })
}

// conflictStorm: two operators deliver the same requests at the same time, which
// a lease would keep from happening, and every tenth write meets a conflict on
// top of that.
func conflictStorm(ctx context.Context, w *world) error {
	one, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	other, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	w.teleport.FailUpdatesShare(0.1, teleporttest.ErrConflict)
	if err := w.play(ctx, plan{count: w.requests, createOver: outage, stepWithin: outage}); err != nil {
		return err
	}
	w.teleport.FailUpdatesShare(0, nil)
	return w.settle(ctx, func() bool { return one.idle() && other.idle() })
}

// identityRotated: the operator gets a new identity twice a second in a burst.
func identityRotated(ctx context.Context, w *world) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error {
		return w.play(playing, plan{count: w.requests, createOver: outage / 2, stepWithin: outage / 2})
	})
	group.Go(func() error {
		for range int(outage / (500 * time.Millisecond)) {
			if err := w.rotate(o); err != nil {
				return err
			}
			if err := wait.Pause(playing, 500*time.Millisecond); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if err := w.settle(ctx, o.idle); err != nil {
		return err
	}
	if n := w.teleport.Connections(); n != 1 {
		w.breaks("6, live configuration: %d connections are left after the identity was rotated, not 1", n)
	}
	return nil
}

func (w *world) rotate(o *operator) error {
	spec, err := w.operator()
	if err != nil {
		return err
	}
	o.Ensure(notifierKey, spec.notifier())
	return nil
}

// clockSkew: the clocks of Teleport and of the messenger differ by five minutes
// from the operator's. Clocks matter where outcomes are unclear.
func clockSkew(ctx context.Context, w *world) error {
	return messengerDropAfterAccept(ctx, w)
}

// recordCorrupted: records are damaged, or written by a later version, while the
// operator works and while it is down.
func recordCorrupted(ctx context.Context, w *world) error {
	return w.spoil(ctx, damaged)
}

// hostileRecord: records are written by a program that wants to do harm.
func hostileRecord(ctx context.Context, w *world) error {
	return w.spoil(ctx, hostile)
}

// spoil writes the texts into records while the operator works, and while it is
// down.
func (w *world) spoil(ctx context.Context, texts []string) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error {
		return w.play(playing, plan{count: w.requests / 2, createOver: outage / 2, stepWithin: outage / 2})
	})
	group.Go(func() error { return w.damageSome(playing, texts) })
	if err := group.Wait(); err != nil {
		return err
	}
	if err := w.settle(ctx, o.idle); err != nil {
		return err
	}
	return w.damagedWhileDown(ctx, o, texts)
}

// damaged are what records may look like that no operator wrote. A record that is
// empty is not among them: Teleport knows it as one that is not there.
var damaged = []string{
	"{", `"text"`, "[]", `{"v":1,"to":{"":{"ref":"x"}}}`, `{"v":1,"to":{"C1":{"ref":"nonsense"}}}`,
}

// hostile are what a program may write that knows the format. What it writes without a
// mistake cannot be told from what a notifier writes.
var hostile = []string{
	`{"v":2,"reviews":-1,"to":{"C1":{"ref":"C1/1","replies":-1}}}`,
	`{"v":1,"to":{"C1":{"ref":"C1/1","replies":-9223372036854775808,"turn":-1,"since":-1}}}`,
	`{"v":2,"to":{"C1":{"replies":9223372036854775807,"make":{"do":"reply","key":"k","by":"x","gen":-1,"at":9223372036854775807}}}}`,
	`{"v":-7,"exp":-9223372036854775808,"acc":9223372036854775807,"to":{"C1":{"ref":"//","more":["","/"],"old":["x"]}}}`,
	`{"v":2,"closed":true,"state":"NONSENSE","req":{"user":null,"roles":[null]},"to":{"C1":null}}`,
	`{"v":2,"to":{` + entries(5000) + `}}`,
	`{"v":2,"to":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`,
}

// entries are so many entries of recipients.
func entries(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`"C%d":{"ref":"C%d/1"}`, i, i)
	}
	return strings.Join(all, ",")
}

// later returns a record of a later version: what this version knows is there.
func (w *world) later(id string) string {
	record := w.teleport.PluginData(id, pluginName)["record"]
	if len(record) < 2 {
		return damaged[0]
	}
	return `{"v":99,"unheard-of":{"of":[1,2,3]},` + record[1:]
}

func (w *world) damage(n int, id string, texts []string) error {
	text := w.later(id)
	if i := n % (len(texts) + 1); i < len(texts) {
		text = texts[i]
	}
	if err := w.teleport.CorruptPluginData(id, pluginName, "record", text); err != nil {
		return fmt.Errorf("damaging a record: %w", err)
	}
	if w.platform.blind {
		// What was told can neither be read any more, nor looked up.
		w.allowed += len(w.recipients)
	}
	return nil
}

// damageSome damages a random record ten times a second.
func (w *world) damageSome(ctx context.Context, texts []string) error {
	for n := range int(outage / (100 * time.Millisecond)) {
		if err := wait.Pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
		all := w.made.all()
		if len(all) == 0 {
			continue
		}
		// Without its record, nothing says any more how a request ended that is gone.
		if r := all[w.dice.below(len(all))]; r.status != tally.Removed {
			if err := w.damage(n, r.id, texts); err != nil {
				return err
			}
		}
	}
	return nil
}

// damagedWhileDown makes requests that every recipient hears of, stops the operator,
// damages all records, decides some requests, and starts an operator again.
func (w *world) damagedWhileDown(ctx context.Context, o *operator, texts []string) error {
	first := len(w.made.all())
	for n := range w.requests - first {
		if _, err := w.create(first+n, tally.Undecided); err != nil {
			return err
		}
	}
	if err := w.settle(ctx, o.idle); err != nil {
		return err
	}
	o.stop()
	for n, r := range w.made.all()[first:] {
		if err := w.damage(n, r.id, texts); err != nil {
			return err
		}
		what := outcomes[(first+n)%len(outcomes)]
		if n%2 == 0 || vanishes(what) {
			continue
		}
		if err := w.decide(r.id, what, true); err != nil {
			return err
		}
	}
	again, err := w.startReady(ctx)
	if err != nil {
		return err
	}
	return w.settle(ctx, again.idle)
}

// vanishes reports whether the outcome leaves no request: without a record
// nothing in the world says any more that there was one.
func vanishes(o outcome) bool {
	return o.status == tally.Removed
}
