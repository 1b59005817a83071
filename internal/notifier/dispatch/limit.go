package dispatch

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// pace is how many calls may be under way, see the package's table.
type pace int

const (
	// full is as many as anything else allows.
	full pace = iota
	// single is one at a time, so that a limit that is not over is met by one.
	single
)

// limit is one that the service sets: for a method at an address, a method, or all calls.
type limit struct {
	// until is when the pause ends that the service asked for.
	until time.Time
	pace  pace
	// since is the last delivery that was started before the pause. What it and
	// earlier ones find says nothing about the time after it.
	since uint64
	// running is how many calls are under way.
	running int
}

func (l *limit) open(now time.Time) bool {
	return !now.Before(l.until) && (l.pace == full || l.running == 0)
}

// pause keeps calls from being made for a time. It never shortens a pause.
func (l *limit) pause(until time.Time, last uint64) {
	if until.After(l.until) {
		l.until = until
	}
	l.pace, l.since = single, last
}

// answered notes that a call was not throttled.
func (l *limit) answered(started uint64) {
	if started > l.since {
		l.pace = full
	}
}

// limits are those that are not an address's own.
type limits struct {
	token  limit
	method [methods]limit
}

// of returns the limits that a job comes under, by scope.
func (l *limits) of(t *task) [3]*limit {
	m := t.job.Method
	return [3]*limit{messenger.ScopeAddress: &t.at.limits[m], messenger.ScopeMethod: &l.method[m], messenger.ScopeToken: &l.token}
}

// paused returns how long until the next pause is over, 0 if there is none.
func (l *limits) paused(now time.Time) time.Duration {
	wait := max(l.token.until.Sub(now), 0)
	for m := range l.method {
		if left := l.method[m].until.Sub(now); left > 0 && (wait == 0 || left < wait) {
			wait = left
		}
	}
	return wait
}
