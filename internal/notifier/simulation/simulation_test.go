package simulation

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

var (
	seeds = flag.Int("seeds", 200, "play the worlds of so many seeds")
	first = flag.Int("first", 1, "the first of these seeds")
	seed  = flag.Uint64("seed", 0, "play the world of this seed only, and print all that happens")
	least = flag.Bool("shrink", false, "with -seed: print the shortest plan that breaks the same rule")
	show  = flag.Int("show", 3, "shrink and print so many of the seeds that break a rule")
	until = flag.String("until", "", "stop at the first world that breaks this rule")
)

// shrinkWithin is how long one failing seed is shrunk.
const shrinkWithin = 20 * time.Second

// TestSimulation plays a world for each seed.
func TestSimulation(t *testing.T) {
	if *seed != 0 {
		playOne(t, *seed)
		return
	}
	all := campaign{next: *first, end: *first + *seeds, until: *until}
	all.play(t)
	all.print()
	for i, r := range all.failed {
		t.Errorf("seed %d breaks the rules %q: %s", r.plan.seed, r.rules(), r.violations[0])
		if i < *show {
			shortest(t, r, shrinkWithin).write(os.Stdout)
		}
	}
}

func playOne(t *testing.T, seed uint64) {
	r := run(t, generate(seed))
	if *least && len(r.violations) > 0 {
		r = shortest(t, r, shrinkWithin)
	}
	r.write(os.Stdout)
	if len(r.violations) > 0 {
		t.Errorf("seed %d breaks the rules %q", seed, r.rules())
	}
}

// campaign plays many worlds, on all cores.
type campaign struct {
	// end is the first seed that is not played.
	end int
	// until is the rule at whose breach it stops, "" for none.
	until string

	mu sync.Mutex
	// next is the seed that is played next.
	next                  int
	worlds, faults, calls int
	// failed are the worlds that broke a rule, in the order of their seeds.
	failed []result
}

func (c *campaign) play(t *testing.T) {
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed := c.take(); seed > 0; seed = c.take() {
				c.add(run(t, generate(uint64(seed))))
			}
		})
	}
	workers.Wait()
	slices.SortFunc(c.failed, func(a, b result) int { return cmp.Compare(a.plan.seed, b.plan.seed) })
}

// take returns the next seed, 0 if there is none.
func (c *campaign) take() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next >= c.end {
		return 0
	}
	c.next++
	return c.next - 1
}

// add counts a world.
func (c *campaign) add(r result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.worlds++
	c.faults += r.faults
	c.calls += r.calls
	if len(r.violations) == 0 {
		return
	}
	// All that happened in many worlds takes much memory; it can be played again.
	r.trace = nil
	c.failed = append(c.failed, r)
	if c.until != "" && r.broke([]string{c.until}) {
		c.next = c.end
	}
}

// print prints figures, in the project's form.
func (c *campaign) print() {
	fmt.Fprintf(os.Stdout, "figure simulated_worlds %d worlds\n", c.worlds)
	fmt.Fprintf(os.Stdout, "figure simulated_faults %d faults\n", c.faults)
	fmt.Fprintf(os.Stdout, "figure simulated_calls %d calls\n", c.calls)
}
