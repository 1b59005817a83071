package dispatch

import "time"

// address is where jobs are delivered. It is guarded by the state that holds it.
type address struct {
	id string
	// lines hold the jobs that wait.
	lines  [priorities][methods]line
	limits [methods]limit
	rota   rota
	health health
	window window
	// jobs is how many there are, running how many of them are under way.
	jobs, running int
	// timer fires at wake, when something here is over.
	timer *time.Timer
	wake  time.Time
}

// flowOf returns the flow for a job, which waits from now on if it is new.
func (a *address) flowOf(j Job) *flow {
	l := &a.lines[j.Priority][j.Method]
	f, ok := l.flows[j.Requester]
	if ok {
		return f
	}
	if l.flows == nil {
		l.flows = map[string]*flow{}
	}
	f = &flow{at: a, in: l, priority: j.Priority, method: j.Method, requester: j.Requester}
	l.flows[j.Requester] = f
	f.waiting = l.waiting.Push(f.requester, f)
	return f
}

// open reports whether a delivery may be started with the method.
func (a *address) open(m Method, now time.Time) bool {
	return !now.Before(a.health.until) && a.running < a.health.width(a.window) && a.limits[m].open(now)
}

// ends returns when the next wait here is over, zero if there is none.
func (a *address) ends(now time.Time) time.Time {
	var first time.Time
	consider := func(t time.Time) {
		if t.After(now) && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	consider(a.health.until)
	for m := range a.limits {
		consider(a.limits[m].until)
	}
	return first
}

// choose returns the flow to start at the address of f, which may have another of more
// right to the place.
func (a *address) choose(f *flow, l *limits, now time.Time) *flow {
	for p, m := range a.rota.turns() {
		in := &a.lines[p][m]
		switch {
		case len(in.offered) == 0 || !l.method[m].open(now):
		case f.in == in:
			return f
		default:
			return in.offered[0]
		}
	}
	return f
}
