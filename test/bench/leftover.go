package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// calm is for how long the number of goroutines must stay the same.
	calm = 3 * time.Second
	// calmWithin is when whatever ends by itself has ended. Teleport's client goes
	// on for 12 s with the ways to connect that were not taken.
	calmWithin = 45 * time.Second
)

// leftover is what an operator holds more than before.
type leftover struct {
	goroutines int
	// heap is in bytes.
	heap int64
}

// leftoverOf does some work once, which starts what stays, and then again and
// again. It returns what the operator holds more than after the first time.
func (w *world) leftoverOf(ctx context.Context, o *operator, times int, work func() error) (leftover, error) {
	if err := work(); err != nil {
		return leftover{}, err
	}
	before, err := w.holdings(ctx, o)
	if err != nil {
		return leftover{}, err
	}
	for range times {
		if err := work(); err != nil {
			return leftover{}, err
		}
	}
	after, err := w.holdings(ctx, o)
	if err != nil {
		return leftover{}, err
	}
	taken, err := o.memory()
	note("  the figures are the growth since the first time: goroutines from %d to %d, live heap from %.1f MB to %.1f MB; it takes %v",
		before.goroutines, after.goroutines, megabytes(before.heap), megabytes(after.heap), taken)
	return leftover{after.goroutines - before.goroutines, after.heap - before.heap}, err
}

// holdings returns all that the operator holds, once it is calm.
func (w *world) holdings(ctx context.Context, o *operator) (leftover, error) {
	goroutines, err := w.calmGoroutines(ctx, o)
	if err != nil {
		return leftover{}, err
	}
	heap, err := o.liveHeap(ctx)
	return leftover{goroutines, heap}, err
}

// calmGoroutines returns the number of goroutines once it does not change any
// more. Connections to Slack that are kept for the next call do not count.
func (w *world) calmGoroutines(ctx context.Context, o *operator) (int, error) {
	w.chat.Faults().RefuseConnections(true)
	w.chat.Faults().RefuseConnections(false)
	ctx, cancel := context.WithTimeoutCause(ctx, calmWithin, errors.New("the number of goroutines keeps changing"))
	defer cancel()
	var seen []int
	last, since := -1, time.Now()
	err := wait.Until(ctx, 5*pollEvery, func() (bool, error) {
		n, err := o.goroutines(ctx)
		if err != nil {
			return false, err
		}
		if n != last {
			last, since = n, time.Now()
		}
		seen = append(seen, n)
		return time.Since(since) >= calm, nil
	})
	if err != nil {
		return 0, fmt.Errorf("%w: there were %d", err, seen)
	}
	return last, nil
}
