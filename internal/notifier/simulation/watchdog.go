package simulation

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

// patienceWithAWorld is for how long a world's clock may stand still, which goes on every
// few milliseconds. A world whose clock does not is busy at one instant for ever, or waits
// for a lock for ever: no deadline in it can notice. How long a world takes says nothing,
// for a machine may be busy with others.
const patienceWithAWorld = 120 * time.Second

// watch ends the process, with the stacks of all goroutines and all that happened in a
// world, when its clock stands still, until the returned function is called. It is called
// outside of the bubble.
func watch(p plan, t *atomic.Pointer[trace]) (done func()) {
	ended := make(chan struct{})
	go func() {
		for last := time.Duration(-1); ; {
			select {
			case <-ended:
				return
			case <-time.After(patienceWithAWorld):
			}
			happened := t.Load()
			if happened == nil {
				continue
			}
			now := happened.last()
			if now == last {
				giveUpOn(p, happened)
			}
			last = now
		}
	}()
	return func() { close(ended) }
}

// giveUpOn ends the process.
func giveUpOn(p plan, happened *trace) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	_, _ = fmt.Fprintf(os.Stderr, "%s\n", stacks)
	happened.write(os.Stderr)
	panic(fmt.Sprintf("the world of seed %d does not go on", p.seed))
}
