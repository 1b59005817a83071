// Package guard starts the goroutines of an engine. A panic in one would end the process,
// and with it the notifiers of all others.
package guard

import (
	"sync"
	"time"
)

// Guard is what every goroutine defers: it recovers from a panic, and ends the notifier. The
// zero Guard recovers from nothing.
type Guard func()

// Go runs f in a goroutine of the group.
func (g Guard) Go(group *sync.WaitGroup, f func()) {
	group.Go(g.around(f))
}

// After runs f in a goroutine of its own after a time.
func (g Guard) After(wait time.Duration, f func()) *time.Timer {
	return time.AfterFunc(wait, g.around(f))
}

func (g Guard) around(f func()) func() {
	if g == nil {
		return f
	}
	return func() {
		defer g()
		f()
	}
}
