package dispatch

import (
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/notifier/fair"
)

// queue holds the jobs that wait. Those at one address wait in its lines, and the next of
// each line are offered to all of the dispatcher.
type queue struct {
	// ready holds the flows that are offered.
	ready [priorities][methods]fair.Queue[*flow]
	// perLine bounds the flows that a line offers.
	perLine int
	// waiting is how many jobs wait.
	waiting int
}

// line holds what waits at one address for one method with one priority. Its flows take
// turns. As many as may run at a time are offered to all of the dispatcher; requesters
// take turns there as well.
type line struct {
	flows   map[string]*flow
	waiting fair.Queue[*flow]
	offered []*flow
}

// flow holds the jobs of one requester in a line.
type flow struct {
	at        *address
	in        *line
	priority  Priority
	method    Method
	requester string
	tasks     fair.Queue[*task]
	// turns are its turns among the flows of the line and of its requester among
	// all. A zero turn is not decided yet.
	turns turns
	// waiting is its place among the flows that wait, offer its place among those
	// that are offered. One of them is nil.
	waiting, offer *fair.Entry[*flow]
}

type turns struct {
	line, ready fair.Turn
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

// add has a job wait.
func (q *queue) add(t *task, j Job, at place) {
	t.job = j
	f := t.at.flowOf(j)
	t.flow = f
	q.waiting++
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

// remove takes a job out of its flow. The flow ends with its last job.
func (q *queue) remove(t *task) {
	f := t.flow
	f.tasks.Remove(t.place)
	t.flow, t.place = nil, nil
	q.waiting--
	switch {
	case f.tasks.Len() > 0:
		return
	case f.offer != nil:
		q.ready[f.priority][f.method].Remove(f.offer)
		f.unoffer()
	default:
		f.in.waiting.Remove(f.waiting)
	}
	delete(f.in.flows, f.requester)
}

// take removes the next job of a flow that is offered, and ends the turn of its
// requester.
func (q *queue) take(f *flow) *task {
	t := f.tasks.Peek().Value
	t.turns = turns{f.turns.line, f.offer.Turn()}
	q.ready[f.priority][f.method].Take(f.offer)
	f.unoffer()
	f.turns = turns{}
	f.waiting = f.in.waiting.Push(f.requester, f)
	q.remove(t)
	return t
}

// offer makes as many flows of a line ready as may run, or none.
func (q *queue) offer(l *line, open bool) {
	for open && len(l.offered) < q.perLine && l.waiting.Len() > 0 {
		f := l.waiting.Peek().Value
		f.turns.line = f.waiting.Turn()
		l.waiting.Remove(f.waiting)
		f.waiting = nil
		f.offer = q.ready[f.priority][f.method].Restore(f.requester, f, f.turns.ready)
		l.offered = append(l.offered, f)
	}
	for !open && len(l.offered) > 0 {
		q.withdraw(l.offered[0])
	}
}

// withdraw takes an offer back. The flow keeps its turns.
func (q *queue) withdraw(f *flow) {
	f.turns.ready = f.offer.Turn()
	q.ready[f.priority][f.method].Remove(f.offer)
	f.unoffer()
	f.waiting = f.in.waiting.Restore(f.requester, f, f.turns.line)
}

// unoffer takes a flow out of those of its line that are offered.
func (f *flow) unoffer() {
	f.offer = nil
	i := slices.Index(f.in.offered, f)
	f.in.offered = slices.Delete(f.in.offered, i, i+1)
}
