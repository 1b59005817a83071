package messengertest

import (
	"context"
	"slices"
	"time"
)

// lateness is the fault of calls that take effect after their caller gave up.
type lateness struct {
	n       int
	delay   time.Duration
	methods []string
	// cleared is closed by Clear. It is nil while there was no such fault.
	cleared chan struct{}
}

// Late accepts the next n calls of the methods, or of any method if none is
// named, and carries each out after the delay, whether its caller still waits or
// not. None of them gets an answer: they wait until they give up, or until Clear. Always
// stays on; zero ends it. What was accepted is carried out even if the fault ends before.
func (f *Faults) Late(n int, delay time.Duration, methods ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	cleared := f.late.cleared
	if cleared == nil {
		cleared = make(chan struct{})
	}
	f.late = lateness{n: n, delay: delay, methods: methods, cleared: cleared}
}

// clear ends the fault, and lets those go who wait for an answer.
func (l *lateness) clear() {
	if l.cleared != nil {
		close(l.cleared)
	}
	*l = lateness{}
}

// takeLate returns after how long a call is to be carried out, if it is late.
func (f *Faults) takeLate(method string) (delay time.Duration, cleared <-chan struct{}, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.late.methods) > 0 && !slices.Contains(f.late.methods, method) || !take(&f.late.n) {
		return 0, nil, false
	}
	return f.late.delay, f.late.cleared, true
}

// carryOutLater carries a call out after a delay. It returns when the caller has
// given up, or when all faults are cleared.
func (s *server) carryOutLater(caller context.Context, c *call, delay time.Duration, cleared <-chan struct{}) error {
	time.AfterFunc(delay, func() {
		s.lock.Lock()
		// There is no caller that waits for the outcome.
		s.late = true
		_ = s.svc.serve(c)
		s.late = false
		s.lock.Unlock()
		s.svc.flush()
	})
	select {
	case <-caller.Done():
		return caller.Err()
	case <-cleared:
		return errDropped
	}
}
