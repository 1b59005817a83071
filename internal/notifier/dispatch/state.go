package dispatch

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/fair"
)

// state is what the mutex of a Dispatcher guards.
type state struct {
	options Options
	// alarm has an address refreshed after a time.
	alarm func(time.Duration, *address) *time.Timer

	addresses map[string]*address
	// tasks are by request and address.
	tasks map[string]map[string]*task
	// ready holds the flows that are offered.
	ready [classes][methods]fair.Queue[*flow]
	// token and gates are the limits of everything and of each method.
	token gate
	gates [methods]gate
	// method is the last that was started, favoured how many urgent jobs were since
	// the last that was not.
	method   Method
	favoured int
	held     bool
	closed   bool
	// waiting is how many jobs wait, started how many deliveries were ever started.
	waiting int
	started uint64

	// troubled are the addresses with failures, blocked those with a problem.
	troubled, blocked map[*address]struct{}
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
		s.dequeue(t)
	}
	s.enqueue(t, j, back)
	s.refresh(t.at, now)
}

func (s *state) track(j Job) *task {
	a, ok := s.addresses[j.Address]
	if !ok {
		a = &address{id: j.Address}
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

// place is where a job goes among those that wait.
type place int

const (
	// back is behind the others of its requester, front before them.
	back place = iota
	front
	// sameTurn is front, and gives the requester the next turn.
	sameTurn
)

func (s *state) enqueue(t *task, j Job, at place) {
	t.job = j
	f := t.at.flowOf(j)
	t.flow = f
	s.waiting++
	if at == back {
		t.place = f.tasks.Push("", t)
		return
	}
	t.place = f.tasks.PushFront("", t)
	if at == sameTurn && f.offer == nil {
		f.waiting = f.in.waiting.Restore(f.requester, f.in.waiting.Remove(f.waiting), t.turns.line)
		f.turns.ready = t.turns.ready
	}
}

// dequeue takes a job out of its flow. The flow ends with its last job.
func (s *state) dequeue(t *task) {
	f := t.flow
	f.tasks.Remove(t.place)
	t.flow, t.place = nil, nil
	s.waiting--
	switch {
	case f.tasks.Len() > 0:
		return
	case f.offer != nil:
		s.ready[f.class][f.method].Remove(f.offer)
		f.unoffer()
	default:
		f.in.waiting.Remove(f.waiting)
	}
	delete(f.in.flows, f.requester)
}

// forget drops the jobs of a request.
func (s *state) forget(request string, now time.Time) {
	for _, t := range s.tasks[request] {
		if t.started > 0 {
			t.added, t.dropped = nil, true
			continue
		}
		s.dequeue(t)
		s.untrack(t)
		s.refresh(t.at, now)
	}
}

// refresh brings what an address offers in line with what it may do, and forgets it
// when there is nothing to remember.
func (s *state) refresh(a *address, now time.Time) {
	ends := a.ends(now)
	if a.jobs == 0 && ends.IsZero() {
		s.drop(a)
		return
	}
	for c := range a.lines {
		for m := range a.lines[c] {
			s.offer(&a.lines[c][m], a.open(Method(m), s.options.PerAddress, now))
		}
	}
	if ends.Equal(a.wake) || s.closed {
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
	delete(s.troubled, a)
	delete(s.blocked, a)
	if s.addresses[a.id] == a {
		delete(s.addresses, a.id)
	}
}

// offer makes as many flows of a line ready as may run, or none.
func (s *state) offer(l *line, open bool) {
	for open && len(l.offered) < s.options.PerAddress && l.waiting.Len() > 0 {
		f := l.waiting.Peek().Value
		f.turns.line = f.waiting.Turn()
		l.waiting.Remove(f.waiting)
		f.waiting = nil
		f.offer = s.ready[f.class][f.method].Restore(f.requester, f, f.turns.ready)
		l.offered = append(l.offered, f)
	}
	for !open && len(l.offered) > 0 {
		s.withdraw(l.offered[0])
	}
}

// withdraw takes an offer back. The flow keeps its turns.
func (s *state) withdraw(f *flow) {
	f.turns.ready = f.offer.Turn()
	s.ready[f.class][f.method].Remove(f.offer)
	f.unoffer()
	f.waiting = f.in.waiting.Restore(f.requester, f, f.turns.line)
}

// next starts the next job, nil if none may be started.
func (s *state) next(now time.Time) *task {
	if s.held || s.closed || s.token.running >= s.options.InFlight || !s.token.open(now) {
		return nil
	}
	for _, c := range turn(s.favoured) {
		for i := range Method(methods) {
			m := (s.method + 1 + i) % methods
			if ready := s.ready[c][m].Peek(); ready != nil && s.gates[m].open(now) {
				f := ready.Value
				return s.start(f.at.choose(f, &s.gates, now), now)
			}
		}
	}
	return nil
}

// start starts the next job of a flow, and ends the turn of its requester.
func (s *state) start(f *flow, now time.Time) *task {
	a, t := f.at, f.tasks.Peek().Value
	t.turns = turns{f.turns.line, f.offer.Turn()}
	s.ready[f.class][f.method].Take(f.offer)
	f.unoffer()
	f.turns = turns{}
	f.waiting = f.in.waiting.Push(f.requester, f)
	s.dequeue(t)
	s.started++
	t.started = s.started
	for _, g := range s.limits(t) {
		g.running++
	}
	a.running++
	s.method, a.method = f.method, f.method
	s.favoured, a.favoured = favour(s.favoured, f.class), favour(a.favoured, f.class)
	s.refresh(a, now)
	return t
}

func favour(before int, c class) int {
	if c == normal {
		return 0
	}
	return before + 1
}

// limits returns the limits that a job comes under, by scope.
func (s *state) limits(t *task) [3]*gate {
	m := t.job.Method
	return [3]*gate{messenger.ScopeAddress: &t.at.gates[m], messenger.ScopeMethod: &s.gates[m], messenger.ScopeToken: &s.token}
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}

// paused returns how long until the next pause of a method or of everything is over, 0
// if there is none.
func (s *state) paused(now time.Time) time.Duration {
	wait := max(s.token.until.Sub(now), 0)
	for m := range s.gates {
		if left := s.gates[m].until.Sub(now); left > 0 && (wait == 0 || left < wait) {
			wait = left
		}
	}
	return wait
}

// close stops all timers for good.
func (s *state) close() {
	s.closed = true
	for _, a := range s.addresses {
		stop(a.timer)
	}
}
