package simulation

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

// patienceWithAWorld is how long a world may take, which should take milliseconds. One
// that takes longer is busy at one instant for ever, or waits for a lock for ever:
// no clock and no deadline in it can notice.
const patienceWithAWorld = 120 * time.Second

// watch ends the process, with the stacks of all goroutines and all that happened in a
// world, unless the returned function is called soon enough. It is called outside of the
// bubble.
func watch(p plan, t *atomic.Pointer[trace]) (done func()) {
	timer := time.AfterFunc(patienceWithAWorld, func() {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		_, _ = fmt.Fprintf(os.Stderr, "%s\n", stacks)
		if happened := t.Load(); happened != nil {
			happened.write(os.Stderr)
		}
		panic(fmt.Sprintf("the world of seed %d does not end", p.seed))
	})
	return func() { timer.Stop() }
}
