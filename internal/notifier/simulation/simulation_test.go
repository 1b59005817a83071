package simulation

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	seeds = flag.Int("seeds", 200, "play the worlds of so many seeds, beginning with 1")
	seed  = flag.Uint64("seed", 0, "play the world of this seed only, and print all that happens")
	show  = flag.Int("show", 3, "shrink and print so many of the seeds that break a rule")
	least = flag.Bool("shrink", false, "with -seed: print the shortest plan that breaks the same rule")
)

// shrinkWithin is how long one failing seed is shrunk.
const shrinkWithin = 20 * time.Second

// TestSimulation plays a world for each seed.
func TestSimulation(t *testing.T) {
	if *seed != 0 {
		r := run(t, generate(*seed))
		if *least && len(r.violations) > 0 {
			r = shortest(t, r, shrinkWithin)
		}
		r.write(os.Stdout)
		if len(r.violations) > 0 {
			t.Errorf("seed %d breaks the rules %q", *seed, r.rules())
		}
		return
	}
	failed := playAll(t, *seeds)
	slices.SortFunc(failed, func(a, b result) int { return int(a.plan.seed) - int(b.plan.seed) })
	for i, r := range failed {
		t.Errorf("seed %d breaks the rules %q: %s", r.plan.seed, r.rules(), r.violations[0])
		if i < *show {
			shortest(t, r, shrinkWithin).write(os.Stdout)
		}
	}
}

// playAll plays worlds on all cores and returns those that broke a rule.
func playAll(t *testing.T, n int) (failed []result) {
	var next, faults, calls atomic.Int64
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for s := next.Add(1); s <= int64(n); s = next.Add(1) {
				r := run(t, generate(uint64(s)))
				faults.Add(int64(r.faults))
				calls.Add(int64(r.calls))
				if len(r.violations) > 0 {
					mu.Lock()
					failed = append(failed, r)
					mu.Unlock()
				}
			}
		})
	}
	workers.Wait()
	fmt.Fprintf(os.Stdout, "figure simulated_worlds %d worlds\n", n)
	fmt.Fprintf(os.Stdout, "figure simulated_faults %d faults\n", faults.Load())
	fmt.Fprintf(os.Stdout, "figure simulated_calls %d calls\n", calls.Load())
	return failed
}
