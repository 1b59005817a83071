package main

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// throughout is a plan whose requests are made and decided before, during and
// after an outage that begins after a quarter of it.
func (w *world) throughout() plan {
	return plan{count: w.requests, createOver: 2 * outage, stepWithin: outage / 2}
}

// outageOf plays requests while something does not work for a while.
func (w *world) outageOf(ctx context.Context, o *operator, breakIt, repair func()) error {
	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error { return w.play(playing, w.throughout()) })
	group.Go(func() error {
		if err := wait.Pause(playing, outage/2); err != nil {
			return err
		}
		breakIt()
		err := wait.Pause(playing, outage)
		repair()
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return w.settle(ctx, o.idle)
}

// simply starts an operator and plays an outage.
func (w *world) simply(ctx context.Context, breakIt, repair func()) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	return w.outageOf(ctx, o, breakIt, repair)
}

// messenger500: every call fails for a minute, scaled down.
func messenger500(ctx context.Context, w *world) error {
	return w.simply(ctx,
		func() { w.chat.Faults().Fail(http.StatusInternalServerError) },
		func() { w.chat.Faults().Fail(0) })
}

// messengerHang: calls are accepted and not answered.
func messengerHang(ctx context.Context, w *world) error {
	return w.simply(ctx,
		func() { w.chat.Faults().Hang(true) },
		func() { w.chat.Faults().Hang(false) })
}

// messengerRefused: no server listens at the messenger's address.
func messengerRefused(ctx context.Context, w *world) error {
	return w.simply(ctx,
		func() { w.chat.Faults().RefuseConnections(true) },
		func() { w.chat.Faults().RefuseConnections(false) })
}

// messenger429: for a while every call is refused with a Retry-After of three
// seconds, which are real ones. The operator must not call before they are over.
func messenger429(ctx context.Context, w *world) error {
	var transport *operatorTransport
	o, err := w.startWatched(ctx, func(t *operatorTransport) {
		t.bucket = w.platform.bucket
		transport = t
	})
	if err != nil {
		return err
	}
	err = w.outageOf(ctx, o,
		func() { w.chat.Faults().Throttle(messengertest.Throttling{RetryAfter: 3 * time.Second}) },
		w.chat.Faults().Unthrottle)
	if w.platform.untimed > 0 {
		// No refusal says how long to wait.
		return err
	}
	refusals, early := transport.counts()
	w.say("%d refusals with 429, %d calls came before Retry-After was over", refusals, early)
	if refusals == 0 || early > 0 {
		w.breaks("5, back-pressure: %d of the calls after %d refusals did not wait as Retry-After says", early, refusals)
	}
	return err
}

// messengerDropAfterAccept: what was asked for is done, but the answer is lost,
// again and again.
func messengerDropAfterAccept(ctx context.Context, w *world) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error { return w.play(playing, w.throughout()) })
	group.Go(func() error { return w.dropAnswers(playing) })
	if err := group.Wait(); err != nil {
		return err
	}
	return w.settle(ctx, o.idle)
}

// dropAnswers loses the answers of single calls for an outage and a half. Where
// the bot cannot look its posts up, each may cost a duplicate.
func (w *world) dropAnswers(ctx context.Context) error {
	const every = 200 * time.Millisecond
	for range int(outage * 3 / 2 / every) {
		w.chat.Faults().DropAfterAccept(1)
		if w.platform.blind {
			w.allowed++
		}
		if err := wait.Pause(ctx, every); err != nil {
			return err
		}
	}
	w.chat.Faults().DropAfterAccept(0)
	return nil
}

// oneBadRecipient: a fourth recipient cannot work. The others must not notice.
func oneBadRecipient(ctx context.Context, w *world) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	p := plan{count: w.requests / 2, createOver: outage / 2, stepWithin: outage / 4}
	if err := w.play(ctx, p); err != nil {
		return err
	}
	if err := w.settle(ctx, o.idle); err != nil {
		return err
	}
	good := w.slowest(0)

	id := w.chat.AddChannel("read-only", messengertest.ReadOnly())
	spec := o.spec
	spec.Recipients = append([]string{cmp.Or(w.platform.bad, w.platform.Channel("read-only", id))}, spec.Recipients...)
	o.Ensure(notifierKey, spec.notifier())
	p.first, p.count = p.count, w.requests-p.count
	if err := w.play(ctx, p); err != nil {
		return err
	}
	// The bad recipient's messages stay undelivered.
	if err := w.settle(ctx, func() bool { return true }); err != nil {
		return err
	}
	bad := w.slowest(p.first)
	w.say("slowest first message without the bad recipient after %s, with it after %s", good, bad)
	if bad > 2*good+time.Second {
		w.breaks("4, recipients are independent: messages took up to %s with a bad recipient, %s without", bad, good)
	}
	s, _ := o.Snapshot(notifierKey)
	if len(s.Unresolved) != 1 {
		w.breaks("4, recipients are independent: the status names %d recipients that do not work, not 1", len(s.Unresolved))
	}
	return nil
}

// slowest returns how long it took until the last of the recipients had heard of
// a request, at worst.
func (w *world) slowest(first int) time.Duration {
	var worst time.Duration
	for _, r := range w.made.all()[first:] {
		for _, channel := range w.watch.channels(r.id) {
			if at, ok := w.watch.postedAt(r.id, channel); ok {
				worst = max(worst, at.Sub(r.created))
			}
		}
	}
	return worst.Round(time.Millisecond)
}

// tokenReplaced: the bot's token is revoked in a burst, and replaced later.
func tokenReplaced(ctx context.Context, w *world) error {
	const fresh = "xoxb-fresh-token"
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	var before int
	return w.outageOf(ctx, o, func() {
		w.chat.RevokeToken(w.token)
		before = w.calls()
	}, func() {
		calls := w.calls() - before
		w.say("%d calls with a token that is refused", calls)
		if calls > maxRefused(w.platform.refusal) {
			w.breaks("5, back-pressure: %d calls with a token that is refused", calls)
		}
		w.chat.SetToken(w.token, fresh)
		w.token = fresh
		spec := o.spec
		spec.Secrets = w.platform.Secrets(fresh)
		o.Ensure(notifierKey, spec.notifier())
	})
}

// maxRefused is how many calls may be made with a token that is refused: those of all
// deliveries that were under way, which a busy machine has many of, and a few probes.
func maxRefused(refusal int) int {
	const underWay = 96
	return underWay*refusal + 28
}

func (w *world) calls() int {
	sum := 0
	for _, n := range w.chat.Calls() {
		sum += n
	}
	return sum
}
