package dispatch

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/gate"
)

// state is what the mutex of a Dispatcher guards.
type state struct {
	options Options
	// alarm has an address refreshed after a time.
	alarm func(time.Duration, *address) *time.Timer

	addresses map[string]*address
	// unwell are the addresses that are not healthy.
	unwell map[*address]struct{}
	// tasks are by request and address.
	tasks  map[string]map[string]*task
	queue  queue
	limits limits
	rota   rota
	gate   gate.Gate
	// started is how many deliveries were ever started, released how many of them were
	// at the last Release.
	started, released uint64
}

// add asks for a delivery.
func (s *state) add(j Job, now time.Time) {
	t := s.tasks[j.Request][j.Address]
	switch {
	case t == nil:
		t = s.track(j)
	case t.started > 0:
		t.added = &j
		return
	case t.job == j:
		return
	default:
		s.queue.remove(t)
	}
	s.queue.add(t, j, back)
	s.refresh(t.at, now)
}

func (s *state) track(j Job) *task {
	a, ok := s.addresses[j.Address]
	if !ok {
		a = &address{id: j.Address, window: window{size: s.options.Window}}
		s.addresses[j.Address] = a
	}
	t := &task{at: a}
	if s.tasks[j.Request] == nil {
		s.tasks[j.Request] = map[string]*task{}
	}
	s.tasks[j.Request][j.Address] = t
	a.jobs++
	return t
}

func (s *state) untrack(t *task) {
	of := s.tasks[t.job.Request]
	delete(of, t.job.Address)
	if len(of) == 0 {
		delete(s.tasks, t.job.Request)
	}
	t.at.jobs--
}

// refresh brings what an address offers in line with what it may do, and forgets it
// when there is nothing to remember.
func (s *state) refresh(a *address, now time.Time) {
	ends := a.ends(now)
	if a.jobs == 0 && ends.IsZero() {
		s.drop(a)
		return
	}
	for p := range a.lines {
		for m := range a.lines[p] {
			s.queue.offer(&a.lines[p][m], a.open(Method(m), now))
		}
	}
	if ends.Equal(a.wake) || s.gate == gate.Closed {
		return
	}
	stop(a.timer)
	a.wake = ends
	if !ends.IsZero() {
		a.timer = s.alarm(ends.Sub(now), a)
	}
}

// drop forgets an address that has no jobs. There is nothing to try it with: it is taken
// to work.
func (s *state) drop(a *address) {
	stop(a.timer)
	delete(s.unwell, a)
	if s.addresses[a.id] == a {
		delete(s.addresses, a.id)
	}
}

// next starts the next job, nil if none may be started.
func (s *state) next(now time.Time) *task {
	if s.gate != gate.Open || s.limits.token.running >= s.options.InFlight || !s.limits.token.open(now) {
		return nil
	}
	for p, m := range s.rota.turns() {
		if ready := s.queue.ready[p][m].Peek(); ready != nil && s.limits.method[m].open(now) {
			f := ready.Value
			return s.start(f.at.choose(f, &s.limits, now), now)
		}
	}
	return nil
}

// start starts the next job of a flow.
func (s *state) start(f *flow, now time.Time) *task {
	t := s.queue.take(f)
	s.started++
	t.started = s.started
	for _, l := range s.limits.of(t) {
		l.running++
	}
	t.at.running++
	s.rota.took(f.priority, f.method)
	t.at.rota.took(f.priority, f.method)
	s.refresh(t.at, now)
	return t
}

// retry ends the back-off of all addresses, or of one that has something to deliver.
func (s *state) retry(all bool, now time.Time) {
	for a := range s.unwell {
		if a.jobs == 0 && !all || !a.health.retry(now) {
			continue
		}
		s.refresh(a, now)
		if !all {
			return
		}
	}
}

// unblockAll has all addresses tried that cannot work.
func (s *state) unblockAll(now time.Time) {
	for a := range s.unwell {
		if a.health.unblock() {
			s.refresh(a, now)
		}
	}
}

// note keeps in mind whether an address is healthy.
func (s *state) note(a *address) {
	if a.health.condition() == healthy {
		delete(s.unwell, a)
	} else {
		s.unwell[a] = struct{}{}
	}
}

// backlog reports whether jobs wait for a failure to pass.
func (s *state) backlog() bool {
	for a := range s.unwell {
		if a.health.condition() == failing && a.jobs > 0 {
			return true
		}
	}
	return false
}

// release lets jobs be started again. That the token is refused is believed only of
// deliveries that are started later.
func (s *state) release() {
	s.gate.Release()
	s.released = s.started
}

// close stops all timers for good.
func (s *state) close() {
	s.gate.Close()
	for _, a := range s.addresses {
		stop(a.timer)
	}
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}
