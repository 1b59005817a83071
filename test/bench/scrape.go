package main

import (
	"context"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/scrape"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// scrape reads the operator's metrics.
func (o *operator) scrape(ctx context.Context) (scrape.Metrics, error) {
	return scrape.Read(ctx, o.Metrics)
}

// goroutines returns how many goroutines the operator says it has.
func (o *operator) goroutines(ctx context.Context) (int, error) {
	metrics, err := o.scrape(ctx)
	if err != nil {
		return 0, err
	}
	n, err := metrics.Gauge("go_goroutines")
	return int(n), err
}

// collections is how many garbage collections are waited for: what has a
// cleanup or sits in a sync.Pool takes two to go.
const collections = 3

// liveHeap returns how many bytes of the operator's heap are in use, without
// garbage: the collector's next goal is twice of that. Reading metrics again and
// again makes enough garbage for it to run.
func (o *operator) liveHeap(ctx context.Context) (int64, error) {
	var first uint64
	var live float64
	began := false
	err := wait.Until(ctx, time.Millisecond, func() (bool, error) {
		metrics, err := o.scrape(ctx)
		if err != nil {
			return false, err
		}
		cycles, err := metrics.Count("go_gc_duration_seconds")
		if err != nil {
			return false, err
		}
		if !began {
			first, began = cycles, true
		}
		goal, err := metrics.Gauge("go_memstats_next_gc_bytes")
		live = goal / 2
		return cycles >= first+collections, err
	})
	if err != nil {
		return 0, fmt.Errorf("waiting for garbage collections: %w", err)
	}
	return int64(live), nil
}
