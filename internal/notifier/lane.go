package notifier

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// laneWidth is how many requests a healthy lane delivers at a time. Chat
// services allow about one message per second and channel; more than a few
// calls in flight would only run into that limit together.
const laneWidth = 4

// laneState is where a request stands in a lane.
type laneState int

const (
	waiting laneState = iota
	running
	// runningAgain is running, and to be delivered once more after that.
	runningAgain
)

// lane delivers to one address. It has no goroutine of its own: one is started
// for each delivery that is under way. Its fields are guarded by lanes.mu.
type lane struct {
	address messenger.Address

	// order holds the waiting requests in order; states holds all requests.
	order    []string
	states   map[string]laneState
	failures streak
	// careful is set when the service throttled the address, until a call works.
	careful bool
	// until is when the lane may go on; zero when nothing holds it.
	until time.Time
	timer *time.Timer
	// problem is why the address cannot work, nil while it can.
	problem *messenger.Error
}

// streak counts failures in a row.
type streak struct {
	count int
	// since is when the first of them was.
	since time.Time
}

func (s *streak) fail(now time.Time) {
	if s.count == 0 {
		s.since = now
	}
	s.count++
}

func (l *lane) enqueue(id string) {
	state, known := l.states[id]
	switch {
	case !known:
		l.order = append(l.order, id)
		l.states[id] = waiting
	case state == running:
		l.states[id] = runningAgain
	}
}

// next takes the first waiting request, if one may be delivered now. Otherwise
// it returns how long the lane has to wait, 0 for until something happens.
func (l *lane) next(now time.Time) (id string, wait time.Duration, ok bool) {
	width := laneWidth
	if l.failures.count > 0 || l.problem != nil || l.careful {
		width = 1
	}
	if len(l.order) == 0 || len(l.states)-len(l.order) >= width {
		return "", 0, false
	}
	if now.Before(l.until) {
		return "", l.until.Sub(now), false
	}
	id = l.order[0]
	l.order = l.order[1:]
	l.states[id] = running
	return id, 0, true
}

func (l *lane) finish(id string) {
	again := l.states[id] == runningAgain
	delete(l.states, id)
	if again {
		l.enqueue(id)
	}
}

// idle reports whether the lane can be forgotten.
func (l *lane) idle() bool {
	return len(l.states) == 0 && l.problem == nil && l.until.IsZero()
}
