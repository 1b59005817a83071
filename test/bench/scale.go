package main

import (
	"context"
	"fmt"
	"time"
)

const (
	idleNotifiers = 100
	idleFor       = time.Minute
	// settle is how long an operator gets to come to rest.
	settle = 5 * time.Second

	thousand = 1000
	// watchedFor is for how long the processor time of an idle operator is
	// watched.
	watchedFor = 10 * time.Second
)

// measureIdle counts what an operator asks of the API server while nothing
// happens. Renewals of its lease do not depend on notifiers and do not count.
func measureIdle(ctx context.Context, p *platform) (map[string]value, error) {
	var requests apiRequests
	err := p.inWorld(ctx, "idle", func(w *world) error {
		if err := w.addNotifiers(ctx, idleNotifiers, identitySecret); err != nil {
			return err
		}
		if _, err := w.startReady(ctx, idleNotifiers); err != nil {
			return err
		}
		from, err := p.auditSize()
		if err != nil {
			return err
		}
		if err := pause(ctx, idleFor); err != nil {
			return err
		}
		to, err := p.auditSize()
		if err != nil {
			return err
		}
		requests, err = p.audited(from, to)
		return err
	})
	if err != nil {
		return nil, err
	}
	leases, others := requests.split()
	note("  %s", requests)
	if leases == 0 {
		return nil, fmt.Errorf("the API server has logged no renewal of a lease")
	}
	return map[string]value{"api_requests_per_idle_minute": count(others, "requests")}, nil
}

// startReady starts an operator, waits until its notifiers are ready, and lets
// it come to rest.
func (w *world) startReady(ctx context.Context, notifiers int) (*operator, error) {
	o, err := w.startOperator(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.awaitReady(ctx, notifiers); err != nil {
		return nil, fmt.Errorf("%w%s", err, o.log.last())
	}
	note("  %d notifiers were ready %s after the operator's start", notifiers, time.Since(o.started).Round(100*time.Millisecond))
	return o, pause(ctx, settle)
}

// measureThousand looks at an operator with a thousand notifiers that share an
// address and an identity.
func measureThousand(ctx context.Context, p *platform) (map[string]value, error) {
	var streams int
	var taken memory
	err := p.inWorld(ctx, "thousand", func(w *world) error {
		if err := w.addNotifiers(ctx, thousand, identitySecret); err != nil {
			return err
		}
		o, err := w.startReady(ctx, thousand)
		if err != nil {
			return err
		}
		streams = w.teleport.Streams()
		if taken, err = o.memory(); err != nil {
			return err
		}
		if err := w.lookAround(ctx, o); err != nil {
			return err
		}
		return w.askAll(ctx, o)
	})
	if err != nil {
		return nil, err
	}
	note("  idle, it takes %v", taken)
	return map[string]value{
		"teleport_streams_for_1000_notifiers": count(streams, "streams"),
		"rss_1000_notifiers_mb":               megabytes(taken.resident),
	}, nil
}

// lookAround notes what else an idle operator takes.
func (w *world) lookAround(ctx context.Context, o *operator) error {
	goroutines, err := o.goroutines(ctx)
	if err != nil {
		return err
	}
	before, err := o.processorTime()
	if err != nil {
		return err
	}
	if err := pause(ctx, watchedFor); err != nil {
		return err
	}
	after, err := o.processorTime()
	if err != nil {
		return err
	}
	note("  %d goroutines, %d connections to Teleport; idle, it takes %.1f %% of a core",
		goroutines, w.teleport.Connections(), 100*float64(after-before)/float64(watchedFor))
	return nil
}

// askAll makes one request, which every notifier announces.
func (w *world) askAll(ctx context.Context, o *operator) error {
	made, err := w.ask()
	if err != nil {
		return err
	}
	got, err := w.receipts.await(ctx, made.id, thousand)
	if err != nil {
		return fmt.Errorf("%w%s", err, o.log.last())
	}
	taken, err := o.memory()
	if err != nil {
		return err
	}
	note("  one request, announced by all: first message after %s, last after %s; it takes %v after that",
		got.first.Sub(made.at).Round(time.Millisecond), got.last.Sub(made.at).Round(time.Millisecond), taken)
	return nil
}
