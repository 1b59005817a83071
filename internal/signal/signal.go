// Package signal wakes a goroutine that has something to do, however often it is told.
package signal

// Signal wakes the goroutine that receives from it. Signals that come before it
// receives are one.
type Signal chan struct{}

// New returns a Signal that was not given yet.
func New() Signal {
	return make(Signal, 1)
}

// Give wakes the goroutine, now or when it receives next. It never blocks.
func (s Signal) Give() {
	select {
	case s <- struct{}{}:
	default:
	}
}
