package breaker

import (
	"math/rand/v2"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	// troubleAfter is how many failures in a row are trouble.
	troubleAfter = 3
	// overdue is how long after the end of a pause the next refusal may come.
	overdue = 5 * time.Second
	// stuckAfter is for how long a kind of call must have failed before that is shown
	// although checks pass, and forgottenAfter is how long after its last failure it is
	// not shown any more: deliveries that wait are tried more often than that.
	stuckAfter     = 40 * time.Second
	forgottenAfter = 2 * time.Minute
	// checkCall is the check's kind of call.
	checkCall = "check"
)

// state is what the mutex of a Breaker guards.
type state struct {
	options Options

	// begun and ended count checks: one is under way if they differ. known is set
	// when the first has ended.
	begun, ended int
	known        bool
	// found is what the last check says of a refusal before it.
	found Verdict
	// checked is closed, and made anew, when a check ends.
	checked chan struct{}
	// due is when to check next, last when the last check ended. routine is set while
	// nothing but the time makes it due.
	due, last time.Time
	routine   bool
	// asked is the latest check that a refusal waits for. doubted is set when the token
	// was refused since a check passed, and trusted is until when that does not lead to
	// a check at once.
	asked   int
	doubted bool
	trusted time.Time

	// refused is why the token does not work, nil while it does.
	refused *messenger.Error
	// trouble is why calls fail, nil while they work. reported is set if deliveries
	// found that, unreachable if the last check did.
	trouble               *messenger.Error
	reported, unreachable bool
	// failures are those of deliveries in a row, and failedAt is the last of them.
	failures int
	failedAt time.Time
	// throttles and failing are by kind of call.
	throttles map[string]throttle
	failing   map[string]streak

	// recovered and try are set while these callbacks are due.
	recovered, try bool
}

// throttle is a time in which a kind of call has not worked.
type throttle struct {
	since, until time.Time
	err          *messenger.Error
}

// streak is a time in which a kind of call has failed for reasons that should pass.
type streak struct {
	since, last time.Time
	err         *messenger.Error
}

// shown reports whether the streak is worth showing although the token works.
func (s streak) shown(now time.Time) bool {
	return s.last.Sub(s.since) >= stuckAfter && now.Before(s.last.Add(forgottenAfter))
}

// at returns what is shown.
func (s *state) at(now time.Time) State {
	switch {
	case s.refused != nil:
		return State{Status: Refused, Err: s.refused}
	case !s.known:
		return State{}
	case s.trouble != nil:
		return State{Status: Troubled, Err: s.trouble}
	}
	for _, f := range s.failing {
		if f.shown(now) {
			return State{Status: Troubled, Err: f.err}
		}
	}
	longest := State{Status: Available}
	for _, t := range s.throttles {
		if t.until.Sub(t.since) >= s.options.ThrottledAfter && now.Before(t.until.Add(overdue)) && t.until.After(longest.Until) {
			longest = State{Status: Throttled, Err: t.err, Until: t.until}
		}
	}
	return longest
}

// wait returns how long until a check is due, or a pause is over.
func (s *state) wait(now time.Time) time.Duration {
	next := s.due
	if s.begun > s.ended {
		next = now.Add(s.options.Interval)
	}
	for call, t := range s.throttles {
		over := t.until.Add(overdue)
		if !now.Before(over) {
			delete(s.throttles, call)
			continue
		}
		if over.Before(next) {
			next = over
		}
	}
	for call, f := range s.failing {
		over := f.last.Add(forgottenAfter)
		if !now.Before(over) {
			delete(s.failing, call)
			continue
		}
		if over.Before(next) {
			next = over
		}
	}
	return next.Sub(now)
}

// begin reports whether a check has to begin now, and notes that.
func (s *state) begin(now time.Time) bool {
	if s.begun > s.ended || now.Before(s.due) {
		return false
	}
	s.begun++
	s.routine = false
	return true
}

// end takes in how a check ended.
func (s *state) end(err error, waiting bool, now time.Time) {
	s.ended, s.last, s.known = s.begun, now, true
	if failure := messenger.AsError(err); err == nil || failure.Class.Answered() && failure.Class != messenger.PermissionMissing {
		s.passed(waiting, now)
	} else {
		s.missed(failure, waiting, now)
	}
	if s.asked > s.ended {
		s.due, s.routine = now, false
	}
	close(s.checked)
	s.checked = make(chan struct{})
}

// passed takes in a check that the token has passed.
func (s *state) passed(waiting bool, now time.Time) {
	s.found = CallOnly
	if s.doubted {
		s.doubted, s.trusted = false, now.Add(backoff.Around(s.options.Interval/4))
	}
	s.recovered = s.recovered || s.refused != nil || s.unreachable
	s.refused, s.unreachable = nil, false
	delete(s.throttles, checkCall)
	if s.reported && waiting && now.Sub(s.failedAt) < s.options.Interval {
		// Deliveries fail although the token works: only they can tell when it is over.
		s.try = true
		s.due = s.soon(now)
		return
	}
	s.trouble, s.reported, s.failures = nil, false, 0
	s.due, s.routine = now.Add(backoff.Around(s.options.Interval)), true
}

// missed takes in a check that the token has not passed.
func (s *state) missed(err *messenger.Error, waiting bool, now time.Time) {
	s.found = Unclear
	switch {
	case err.Class == messenger.MessengerPermanent, err.Class == messenger.PermissionMissing:
		// A permission that the check asks for is one that every post needs.
		s.found, s.refused = TokenRefused, err
		s.trouble, s.reported, s.unreachable, s.failures = nil, false, false, 0
		s.due = now.Add(backoff.Around(s.options.SlowRetry))
	case err.Class == messenger.Throttled:
		s.throttled(checkCall, err, now)
		s.due = s.soon(now.Add(err.RetryAfter))
	case s.refused != nil:
		s.due = now.Add(backoff.Around(s.options.Interval))
	default:
		s.trouble, s.unreachable = err, true
		s.due = now.Add(backoff.Around(s.options.Interval))
		if waiting {
			s.due = s.soon(now)
		}
	}
}

// answered takes in a call that the service has answered.
func (s *state) answered() {
	s.failures = 0
	if s.trouble != nil {
		s.trouble, s.reported, s.unreachable = nil, false, false
		s.recovered = true
	}
}

// failed takes in a delivery that failed for a reason that should pass.
func (s *state) failed(call string, err *messenger.Error, now time.Time) {
	if s.refused != nil {
		return
	}
	f, ok := s.failing[call]
	if !ok || !now.Before(f.last.Add(forgottenAfter)) {
		f.since = now
	}
	f.last, f.err = now, err
	s.failing[call] = f
	s.failures++
	s.failedAt = now
	if s.failures >= troubleAfter {
		s.reported = true
		if s.trouble == nil {
			s.trouble = err
		}
	}
	if s.trouble != nil {
		s.hasten(s.soon(now))
	}
}

// throttled takes in a call that has to wait.
func (s *state) throttled(call string, err *messenger.Error, now time.Time) {
	t, ok := s.throttles[call]
	if !ok || !now.Before(t.until.Add(overdue)) {
		t = throttle{since: now}
	}
	if until := now.Add(err.RetryAfter); until.After(t.until) {
		t.until = until
	}
	t.err = err
	s.throttles[call] = t
}

// doubt takes in a refusal of the token. It returns the verdict, or the number of the
// check that finds it.
func (s *state) doubt(now time.Time) (Verdict, int) {
	switch {
	case s.refused != nil:
		return TokenRefused, 0
	case now.Before(s.throttles[checkCall].until):
		return Unclear, 0
	}
	s.doubted, s.routine = true, false
	if now.Before(s.trusted) {
		s.hasten(s.trusted)
		return CallOnly, 0
	}
	s.asked = s.begun + 1
	s.hasten(now)
	return Unclear, s.asked
}

// hasten has the token checked at due, if that is sooner. A refused token is left
// alone.
func (s *state) hasten(due time.Time) {
	if s.refused == nil && due.Before(s.due) {
		s.due, s.routine = due, false
	}
}

// soon returns when a check may be made that is not urgent.
func (s *state) soon(now time.Time) time.Time {
	if next := s.last.Add(s.options.Recheck); next.After(now) {
		now = next
	}
	return now.Add(rand.N(s.options.Recheck / 2))
}
