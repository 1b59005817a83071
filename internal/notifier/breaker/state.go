package breaker

import (
	"math/rand/v2"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// state is what the mutex of a Breaker guards.
type state struct {
	options Options
	token   token
	service service
	calls   calls
	checks  checks
	// told is the callback that is due.
	told callback
}

// at returns what is shown.
func (s *state) at(now time.Time) State {
	switch {
	case s.token.standing == refused:
		return State{Status: Refused, Err: s.token.why}
	case s.token.standing == unchecked:
		return State{}
	case s.service.health != working:
		return State{Status: Troubled, Err: s.service.why}
	}
	if err := s.calls.stuck(now); err != nil {
		return State{Status: Troubled, Err: err}
	}
	if pause := s.calls.longest(s.options.ThrottledAfter, now); pause.err != nil {
		return State{Status: Throttled, Err: pause.err, Until: pause.until}
	}
	return State{Status: Available}
}

// wait returns how long until a check is due, or a pause is over.
func (s *state) wait(now time.Time) time.Duration {
	next := s.checks.due
	if s.checks.begun > s.checks.ended {
		next = now.Add(s.options.Interval)
	}
	return s.calls.forget(next, now).Sub(now)
}

// tell notes that a callback is due.
func (s *state) tell(c callback) { s.told = max(s.told, c) }

// end takes in how a check ended.
func (s *state) end(err error, waiting bool, now time.Time) {
	before, found := s.token.standing, findingOf(err)
	s.token.standing = before.after(found)
	if s.token.standing != refused {
		s.token.why = nil
	}
	s.checks.end(found.verdict(), now)
	switch found {
	case checkPassed:
		s.passed(before, waiting, now)
	case checkRefused:
		s.token.why, s.service = messenger.AsError(err), service{}
		s.checks.plan(now.Add(backoff.Around(s.options.SlowRetry)), explanation)
	default:
		s.missed(messenger.AsError(err), waiting, now)
	}
	if s.checks.asked > s.checks.ended {
		s.checks.plan(now, explanation)
	}
}

// passed takes in a check that the token has passed.
func (s *state) passed(before standing, waiting bool, now time.Time) {
	switch before {
	case doubted:
		s.token.trusted = now.Add(backoff.Around(s.options.Interval / 4))
	case refused:
		s.tell(tellRecovered)
	default:
	}
	delete(s.calls.throttles, checkCall)
	s.tell(s.service.passed(waiting, now.Add(-s.options.Interval)))
	if s.service.health != working {
		s.checks.plan(s.soon(now), explanation)
		return
	}
	s.checks.plan(now.Add(backoff.Around(s.options.Interval)), routine)
}

// missed takes in a check that says nothing of the token.
func (s *state) missed(err *messenger.Error, waiting bool, now time.Time) {
	due := now.Add(backoff.Around(s.options.Interval))
	switch {
	case err.Class == messenger.Throttled:
		s.calls.throttled(checkCall, err, now)
		due = s.soon(now.Add(err.RetryAfter))
	case s.token.standing == refused:
	default:
		s.service.missed(err)
		if waiting && !err.Unknown {
			due = s.soon(now)
		}
	}
	s.checks.plan(due, explanation)
}

// answered takes in a call that the service has answered.
func (s *state) answered() { s.tell(s.service.answered()) }

// failed takes in a delivery that failed for a reason that should pass.
func (s *state) failed(method string, err *messenger.Error, now time.Time) {
	if s.token.standing == refused {
		return
	}
	s.calls.failed(method, err, now)
	if err.Unknown {
		// The service has answered, and will hardly answer otherwise soon: each address backs
		// off for itself, and no probe has it tried before that.
		return
	}
	s.service.failed(err, now)
	if s.service.health != working {
		s.hasten(s.soon(now))
	}
}

// doubt takes in a refusal of the token. It returns the verdict, or the number of the
// check that finds it.
func (s *state) doubt(now time.Time) (Verdict, int) {
	switch {
	case s.token.standing == refused:
		return TokenRefused, 0
	case now.Before(s.calls.throttles[checkCall].until):
		return Unclear, 0
	}
	s.token.standing = s.token.standing.after(callRefused)
	s.checks.purpose = explanation
	if now.Before(s.token.trusted) {
		s.hasten(s.token.trusted)
		return CallOnly, 0
	}
	return Unclear, s.checks.ask(now)
}

// hasten has the token checked at due, if that is sooner. A refused token is left alone.
func (s *state) hasten(due time.Time) {
	if s.token.standing != refused {
		s.checks.hasten(due)
	}
}

// soon returns when a check may be made that is not urgent.
func (s *state) soon(now time.Time) time.Time {
	if next := s.checks.last.Add(s.options.Recheck); next.After(now) {
		now = next
	}
	return now.Add(rand.N(s.options.Recheck / 2))
}
