package directory

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// alike is how many recipients in a row must fail before it is taken to be the service
// that fails.
const alike = 2

// pace is how many look-ups may be under way, see the package's table.
type pace int

const (
	// full is Options.Width.
	full pace = iota
	// single is one at a time, to find out whether the service works again.
	single
)

// service is what look-ups say of the service, and so of all of them.
type service struct {
	pace pace
	// paused is until when the service asked to wait.
	paused time.Time
	// until is when look-ups may go on after failures, and since the last that was
	// started before: what it and earlier ones find says nothing of the time after.
	until time.Time
	since uint64
	// failures are those of the service in a row; failed is the last recipient that
	// failed, and others how many different ones did in a row.
	failures int
	failed   routing.Recipient
	others   int
}

// wait returns how long no look-up may be started.
func (s *service) wait(now time.Time) time.Duration {
	return max(s.paused.Sub(now), s.until.Sub(now), 0)
}

// width is how many look-ups may be under way.
func (s *service) width(most int) int {
	if s.pace == single {
		return 1
	}
	return most
}

// learn takes in how the look-up of a recipient ended. It has a number, and the last that
// was started has one.
func (s *service) learn(r routing.Recipient, err *messenger.Error, number, last uint64, o Options, now time.Time) {
	switch {
	case waitsAlone(err):
	case err != nil && err.Class == messenger.Throttled:
		if until := now.Add(max(err.RetryAfter, o.RetryBase)); until.After(s.paused) {
			s.paused = until
		}
		s.slow(last)
	case err != nil && err.Class == messenger.MessengerPermanent:
		s.until = now.Add(backoff.Around(o.SlowRetry))
		s.slow(last)
	case number <= s.since:
	case err == nil || err.Class.Answered():
		*s = service{paused: s.paused, since: s.since}
	case s.recurs(r):
		s.failures++
		s.until = now.Add(backoff.Delay(o.RetryBase, o.RetryCap, s.failures))
		s.slow(last)
	}
}

// slow has look-ups made one at a time, until one that is started later is answered.
func (s *service) slow(last uint64) { s.pace, s.since = single, last }

// recurs takes in a failure, and reports whether it is taken to be the service's.
func (s *service) recurs(r routing.Recipient) bool {
	if s.others == 0 || r != s.failed {
		s.failed = r
		s.others++
	}
	return s.others >= alike
}

// retry ends the back-off, but not a pause.
func (s *service) retry(now time.Time) {
	*s = service{paused: s.paused, since: s.since}
	if now.Before(s.paused) {
		s.pace = single
	}
}
