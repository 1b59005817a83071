package dispatch

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
)

// finish takes in how a delivery ended.
func (s *state) finish(t *task, r Result, now time.Time) {
	for _, l := range s.limits.of(t) {
		l.running--
	}
	t.at.running--
	s.learn(t, r, now)
	s.note(t.at)
	next, ok := t.following(r)
	t.started, t.added = 0, nil
	if ok {
		s.queue.add(t, next, placeAfter[r.outcome])
	} else {
		s.untrack(t)
	}
	s.refresh(t.at, now)
}

// placeAfter says where a job goes that is to be delivered once more. What may pass goes
// behind the others of its requester: it may be about that job alone. What was refused
// without being looked at has not used its turn.
var placeAfter = map[outcome]place{again: front, instead: front, throttled: sameTurn, holdAll: sameTurn}

// learn notes what the result says about the address and the limits.
func (s *state) learn(t *task, r Result, now time.Time) {
	switch r.outcome {
	case done, again:
		s.answered(t)
		t.at.health.works(t.started, t.job.Method, now)
		t.at.window.widen(s.options.PerAddress)
	case retry:
		t.at.window.halve(t.started, s.started)
		t.at.health.failed(s.failure(t, now, s.options.RetryCap), s.backoff)
	case throttled:
		after := r.after
		if after <= 0 {
			after = s.options.RetryBase
		}
		t.at.window.halve(t.started, s.started)
		s.limits.of(t)[r.scope].pause(now.Add(after), s.started)
	case block:
		s.answered(t)
		t.at.health.block(r.problem, s.failure(t, now, s.options.SlowRetry), backoff.Around(s.options.SlowRetry))
	case holdAll:
		if t.started > s.released {
			s.gate.Hold()
		}
	case skip, instead:
	}
}

func (s *state) answered(t *task) {
	for _, l := range s.limits.of(t) {
		l.answered(t.started)
	}
}

func (s *state) failure(t *task, now time.Time, patience time.Duration) failure {
	return failure{started: t.started, last: s.started, by: t.job.Method, now: now, patience: patience}
}

// backoff returns how long an address waits after failures in a row.
func (s *state) backoff(failures int) time.Duration {
	return backoff.Delay(s.options.RetryBase, s.options.RetryCap, failures)
}
