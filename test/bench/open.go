package main

import (
	"context"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// openWithin bounds the measurement of open requests, which are announced first.
const openWithin = 15 * time.Minute

// restarted is what an operator does that finds open requests, all announced.
type restarted struct {
	point
	posts int
	// calls are those of Teleport, by method.
	calls map[string]int
}

// measureOpenRequests looks at operators that start with ever more open requests.
func measureOpenRequests(ctx context.Context, p *platform) (map[string]float64, error) {
	const few, many, most = 1000, 10_000, 50_000
	found := map[int]restarted{}
	for _, size := range []int{0, few, many, most} {
		err := p.inWorld(ctx, "open", func(w *world) (err error) {
			found[size], err = w.withOpenRequests(ctx, size)
			return err
		})
		if err != nil {
			return nil, err
		}
		r := found[size]
		p.grown["open requests"] = append(p.grown["open requests"], r.point)
		note("  %d open requests: %v, a restart takes %v, %d posts and these calls of Teleport: %v", size, r.memory, r.took.Round(time.Millisecond), r.posts, r.calls)
	}
	inMemory, _ := growthOf(found[0].point, found[many].point, found[most].point)
	_, inTime := growthOf(found[0].point, found[few].point, found[many].point)
	return map[string]float64{
		"restart_10k_open_seconds":         found[many].took.Seconds(),
		"restart_10k_posts":                float64(found[many].posts),
		"restart_10k_teleport_calls":       float64(found[many].total()),
		"restart_50k_teleport_calls":       float64(found[most].total()),
		"rss_50k_open_requests_mb":         megabytes(found[most].memory.resident),
		"memory_by_open_requests_exponent": inMemory,
		"time_by_open_requests_exponent":   inTime,
	}, nil
}

// withOpenRequests starts an operator that announces requests, and then one that finds them.
// Its start takes until a request that is made meanwhile has its message.
func (w *world) withOpenRequests(ctx context.Context, n int) (restarted, error) {
	var r restarted
	if err := w.addNotifiers(ctx, 1, identitySecret); err != nil {
		return r, err
	}
	requests := make([]request, 0, n)
	for range n {
		made, err := w.ask()
		if err != nil {
			return r, err
		}
		requests = append(requests, made)
	}
	first, err := w.startReady(ctx, 1)
	if err != nil {
		return r, err
	}
	if _, err := w.receipts.delays(ctx, requests); err != nil {
		return r, fmt.Errorf("%w%s", err, first.LogTail())
	}
	if err := first.Stop(); err != nil {
		return r, err
	}
	posts, calls := w.receipts.posts(), w.teleport.Calls()
	o, err := w.startOperator(ctx)
	if err != nil {
		return r, err
	}
	made, err := w.ask()
	if err != nil {
		return r, err
	}
	got, err := w.receipts.await(ctx, made.id, 1)
	if err != nil {
		return r, fmt.Errorf("%w%s", err, o.LogTail())
	}
	if err := wait.Pause(ctx, settle); err != nil {
		return r, err
	}
	r.size, r.took = n, got.first.Sub(o.Started)
	r.posts, r.calls = w.receipts.posts()-posts-1, callsSince(calls, w.teleport.Calls())
	r.memory, err = o.memory()
	return r, err
}

// callsSince returns the calls by method that are in after and not in before.
func callsSince(before, after map[string]int) map[string]int {
	since := map[string]int{}
	for method, n := range after {
		if n > before[method] {
			since[method] = n - before[method]
		}
	}
	return since
}

func (r restarted) total() int {
	sum := 0
	for _, n := range r.calls {
		sum += n
	}
	return sum
}
