package main

import (
	"context"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// deliveryRounds is how many operators are started, one after the other.
	deliveryRounds = 3
	// singles is how many requests each is given one at a time.
	singles = 200
	// burst is how many it is given at once.
	burst = 1000
	// likeReal is about how long a real Teleport takes to answer a write, by the
	// measurements behind the figures of the plugins.
	likeReal = 5 * time.Millisecond
	// rest is how long it is left alone before its memory is looked at.
	rest = 5 * time.Second
)

// round is what one operator showed.
type round struct {
	ready, firstMessage time.Duration
	idle, busy          memory
	delays              []time.Duration
	// slow are the delays when Teleport takes likeReal for each answer.
	slow  []time.Duration
	burst burstTimes
}

// burstTimes is how a burst went.
type burstTimes struct {
	delays []time.Duration
	// all is the time from the first request to the last message.
	all time.Duration
}

// measureDelivery starts operators that find a request waiting, gives each some
// requests one at a time, then a burst.
func measureDelivery(ctx context.Context, p *platform) (map[string]float64, error) {
	var ready, firsts, delays, slow, bursts, burstDelays []time.Duration
	var idle, busy []int64
	for range deliveryRounds {
		var r round
		err := p.inWorld(ctx, "delivery", func(w *world) (err error) {
			r, err = w.playRound(ctx)
			return err
		})
		if err != nil {
			return nil, err
		}
		ready, firsts = append(ready, r.ready), append(firsts, r.firstMessage)
		idle, busy = append(idle, r.idle.resident), append(busy, r.busy.resident)
		delays, slow = append(delays, r.delays...), append(slow, r.slow...)
		bursts, burstDelays = append(bursts, r.burst.all), append(burstDelays, r.burst.delays...)
		note("  memory: idle %v, after the burst %v", r.idle, r.busy)
	}
	note("  from start to readiness %v, to the first message %v", rounded(ready), rounded(firsts))
	note("  bursts of %d: %v", burst, rounded(bursts))
	note("  slowest of %d single requests: %v", len(delays), rounded([]time.Duration{percentile(delays, 100)}))
	return map[string]float64{
		"start_to_ready_seconds":              median(ready).Seconds(),
		"startup_first_message_seconds":       median(firsts).Seconds(),
		"delivery_steady_p50_ms":              milliseconds(percentile(delays, 50)),
		"delivery_steady_p99_ms":              milliseconds(percentile(delays, 99)),
		"delivery_steady_teleport_5ms_p50_ms": milliseconds(percentile(slow, 50)),
		"delivery_steady_teleport_5ms_p99_ms": milliseconds(percentile(slow, 99)),
		"delivery_burst_p50_ms":               milliseconds(percentile(burstDelays, 50)),
		"delivery_burst_p99_ms":               milliseconds(percentile(burstDelays, 99)),
		"burst_1000_seconds":                  median(bursts).Seconds(),
		"messages_per_second":                 rate(burst, median(bursts)),
		"rss_1_notifier_mb":                   megabytes(median(idle)),
		"rss_after_burst_mb":                  megabytes(median(busy)),
	}, nil
}

func (w *world) playRound(ctx context.Context) (round, error) {
	var r round
	if err := w.addNotifiers(ctx, 1, identitySecret); err != nil {
		return r, err
	}
	waiting, err := w.ask()
	if err != nil {
		return r, err
	}
	o, err := w.startOperator(ctx)
	if err != nil {
		return r, err
	}
	if err := o.awaitHealthy(ctx); err != nil {
		return r, err
	}
	r.ready = time.Since(o.Started)
	first, err := w.receipts.await(ctx, waiting.id, 1)
	if err != nil {
		return r, fmt.Errorf("%w%s", err, o.LogTail())
	}
	r.firstMessage = first.first.Sub(o.Started)
	if err := w.awaitReady(ctx, 1); err != nil {
		return r, err
	}
	if r.idle, err = o.restingMemory(ctx); err != nil {
		return r, err
	}
	if r.delays, err = w.askOneByOne(ctx, singles); err != nil {
		return r, err
	}
	w.teleport.Slow(likeReal)
	r.slow, err = w.askOneByOne(ctx, singles)
	w.teleport.Slow(0)
	if err != nil {
		return r, err
	}
	if r.burst, err = w.burst(ctx, burst); err != nil {
		return r, err
	}
	if r.busy, err = o.restingMemory(ctx); err != nil {
		return r, err
	}
	return r, w.receipts.once()
}

func (o *operator) restingMemory(ctx context.Context) (memory, error) {
	if err := wait.Pause(ctx, rest); err != nil {
		return memory{}, err
	}
	return o.memory()
}

// askOneByOne makes requests, each after the message of the one before.
func (w *world) askOneByOne(ctx context.Context, n int) ([]time.Duration, error) {
	delays := make([]time.Duration, 0, n)
	for range n {
		made, err := w.ask()
		if err != nil {
			return nil, err
		}
		delay, err := w.receipts.delay(ctx, made)
		if err != nil {
			return nil, err
		}
		delays = append(delays, delay)
		// Long enough for the record of the delivery to be stored.
		if err := wait.Pause(ctx, 20*time.Millisecond); err != nil {
			return nil, err
		}
	}
	return delays, nil
}

// burst makes requests as fast as Teleport takes them.
func (w *world) burst(ctx context.Context, n int) (burstTimes, error) {
	requests := make([]request, 0, n)
	for range n {
		made, err := w.ask()
		if err != nil {
			return burstTimes{}, err
		}
		requests = append(requests, made)
	}
	delays, err := w.receipts.delays(ctx, requests)
	if err != nil {
		return burstTimes{}, err
	}
	return timesOf(requests, delays), nil
}

func timesOf(requests []request, delays []time.Duration) burstTimes {
	times := burstTimes{delays: delays}
	for i, delay := range delays {
		times.all = max(times.all, requests[i].at.Add(delay).Sub(requests[0].at))
	}
	return times
}
