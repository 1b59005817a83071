package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	idleNotifiers = 100
	idleFor       = time.Minute
	// settle is how long an operator gets to come to rest.
	settle = 5 * time.Second

	thousand = 1000
)

// idleMinute is what an operator takes while nothing happens.
type idleMinute struct {
	requests  apiRequests
	processor time.Duration
	memory    memory
}

// measureIdle counts what an operator asks of the API server while nothing
// happens. Renewals of its lease do not depend on notifiers; they count apart.
func measureIdle(ctx context.Context, p *platform) (map[string]float64, error) {
	var idle idleMinute
	err := p.inWorld(ctx, "idle", func(w *world) error {
		if err := w.addNotifiers(ctx, idleNotifiers, identitySecret); err != nil {
			return err
		}
		o, _, err := w.startRested(ctx, idleNotifiers)
		if err != nil {
			return err
		}
		idle, err = w.watchIdle(ctx, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	leases, others := idle.requests.split()
	note("  %s; it takes %v", idle.requests, idle.memory)
	if leases == 0 {
		return nil, errors.New("the API server has logged no renewal of a lease")
	}
	return map[string]float64{
		"api_requests_per_idle_minute":   float64(others),
		"lease_requests_per_idle_minute": float64(leases),
		"cpu_seconds_per_idle_minute":    idle.processor.Seconds(),
		"rss_100_notifiers_mb":           megabytes(idle.memory.resident),
		// A thousandth of a core for a second is a millisecond.
		"idle_cpu_millicores_100_notifiers": milliseconds(idle.processor) / idleFor.Seconds(),
	}, nil
}

func (w *world) watchIdle(ctx context.Context, o *operator) (idle idleMinute, err error) {
	from, err := w.auditSize()
	if err != nil {
		return idle, err
	}
	before, err := o.processorTime()
	if err != nil {
		return idle, err
	}
	if err := wait.Pause(ctx, idleFor); err != nil {
		return idle, err
	}
	after, err := o.processorTime()
	if err != nil {
		return idle, err
	}
	if idle.requests, err = w.auditedSince(from); err != nil {
		return idle, err
	}
	idle.processor = after - before
	idle.memory, err = o.memory()
	return idle, err
}

// startRested starts an operator, waits until its notifiers are ready, and lets
// it come to rest. It returns how long they took to be ready.
func (w *world) startRested(ctx context.Context, notifiers int) (*operator, time.Duration, error) {
	o, err := w.startReady(ctx, notifiers)
	if err != nil {
		return nil, 0, err
	}
	took := time.Since(o.Started)
	note("  %d notifiers were ready %s after the operator's start", notifiers, took.Round(100*time.Millisecond))
	return o, took, wait.Pause(ctx, settle)
}

// measureThousand looks at an operator with a thousand notifiers that share an
// address and an identity.
func measureThousand(ctx context.Context, p *platform) (map[string]float64, error) {
	values := map[string]float64{}
	err := p.inWorld(ctx, "thousand", func(w *world) error {
		if err := w.addNotifiers(ctx, thousand, identitySecret); err != nil {
			return err
		}
		before, err := w.auditSize()
		if err != nil {
			return err
		}
		o, took, err := w.startRested(ctx, thousand)
		if err != nil {
			return err
		}
		requests, err := w.auditedSince(before)
		if err != nil {
			return err
		}
		note("  %s for the start", requests)
		_, others := requests.split()
		values["api_requests_per_started_notifier"] = float64(others) / thousand
		goroutines, err := o.goroutines(ctx)
		if err != nil {
			return err
		}
		taken, err := o.memory()
		if err != nil {
			return err
		}
		note("  %d goroutines, %d connections to Teleport; it takes %v", goroutines, w.teleport.Connections(), taken)
		values["startup_1000_notifiers_seconds"] = took.Seconds()
		values["teleport_streams_for_1000_notifiers"] = float64(w.teleport.Streams())

		last, err := w.askAll(ctx, o)
		values["one_request_to_1000_notifiers_seconds"] = last.Seconds()
		return err
	})
	return values, err
}

// askAll makes one request, which every notifier announces, and returns how long
// the last took to do so.
func (w *world) askAll(ctx context.Context, o *operator) (time.Duration, error) {
	made, err := w.ask()
	if err != nil {
		return 0, err
	}
	got, err := w.receipts.await(ctx, made.id, thousand)
	if err != nil {
		return 0, fmt.Errorf("%w%s", err, o.LogTail())
	}
	taken, err := o.memory()
	note("  one request, announced by all: first message after %s, last after %s; it takes %v after that",
		got.first.Sub(made.at).Round(time.Millisecond), got.last.Sub(made.at).Round(time.Millisecond), taken)
	return got.last.Sub(made.at), err
}
