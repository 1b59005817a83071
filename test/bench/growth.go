package main

import (
	"context"
	"fmt"
	"math"
	"time"
)

// growthIdentities is how many identities, and so sessions, notifiers share.
const growthIdentities = 10

// point is what an operator takes at a size.
type point struct {
	size   int
	memory memory
	// took is how long it took to be ready.
	took time.Duration
}

// exponent says how a value grows from one size to another: 1 in proportion, 2 by the square.
func exponent(sizes [2]int, values [2]float64) float64 {
	return math.Log(values[1]/values[0]) / math.Log(float64(sizes[1])/float64(sizes[0]))
}

// growthOf is how memory above that of no notifier, and time, grow between two points.
func growthOf(none, from, to point) (memory, took float64) {
	sizes := [2]int{from.size, to.size}
	above := func(p point) float64 { return float64(p.memory.private - none.memory.private) }
	return exponent(sizes, [2]float64{above(from), above(to)}), exponent(sizes, [2]float64{from.took.Seconds(), to.took.Seconds()})
}

// measureNotifiers looks at operators with ever more notifiers.
func measureNotifiers(ctx context.Context, p *platform) (map[string]float64, error) {
	points := map[int]point{}
	for _, size := range []int{0, idleNotifiers, thousand} {
		err := p.inWorld(ctx, "growth", func(w *world) (err error) {
			points[size], err = w.withNotifiers(ctx, size)
			return err
		})
		if err != nil {
			return nil, err
		}
		p.grown["notifiers"] = append(p.grown["notifiers"], points[size])
		note("  %d notifiers: %v, ready after %v", size, points[size].memory, points[size].took.Round(time.Millisecond))
	}
	none, hundred, most := points[0], points[idleNotifiers], points[thousand]
	inMemory, inTime := growthOf(none, hundred, most)
	return map[string]float64{
		"rss_idle_mb":                  megabytes(none.memory.resident),
		"rss_1000_notifiers_mb":        megabytes(most.memory.resident),
		"kb_per_notifier":              float64(most.memory.private-hundred.memory.private) / (thousand - idleNotifiers) / 1e3,
		"memory_by_notifiers_exponent": inMemory,
		"time_by_notifiers_exponent":   inTime,
	}, nil
}

func (w *world) withNotifiers(ctx context.Context, n int) (point, error) {
	var identities []string
	for i := range growthIdentities {
		identities = append(identities, fmt.Sprintf("identity-%d", i))
		if err := w.addIdentity(ctx, identities[i]); err != nil {
			return point{}, err
		}
	}
	if err := w.addNotifiers(ctx, n, identities...); err != nil {
		return point{}, err
	}
	o, took, err := w.startRested(ctx, n)
	if err != nil {
		return point{}, err
	}
	taken, err := o.memory()
	return point{size: n, memory: taken, took: took}, err
}
