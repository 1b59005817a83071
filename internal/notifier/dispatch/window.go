package dispatch

// window is how many deliveries may be under way at an address that works. Nothing says what a
// service can bear but how it answers: the window widens with each call that works, and halves
// with trouble and with each time that the service asks to wait.
type window struct {
	size int
	// since is the last delivery that was started before it was halved last. What was under
	// way together halves it once.
	since uint64
}

// widening is by how many deliveries a call that works widens the window: those that are under
// way together triple it.
const widening = 2

// widen notes a call that worked.
func (w *window) widen(most int) { w.size = min(w.size+widening, most) }

// halve notes a call that did not, given the last one that was started.
func (w *window) halve(started, last uint64) {
	if started > w.since {
		w.size, w.since = max(w.size/2, 1), last
	}
}
