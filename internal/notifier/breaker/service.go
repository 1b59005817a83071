package breaker

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// troubleAfter is how many failures in a row are trouble.
const troubleAfter = 3

// health is whether calls work, see the package's table.
type health int

const (
	working health = iota
	failing
	unreachable
)

// service is whether the service behind the messenger works.
type service struct {
	health health
	// why is why calls fail, nil while they work.
	why *messenger.Error
	// failures are those of deliveries in a row, and last is when the latest came.
	failures int
	last     time.Time
}

// failed takes in a delivery that failed for a reason that should pass.
func (s *service) failed(err *messenger.Error, now time.Time) {
	s.failures++
	s.last = now
	if s.health == working && s.failures >= troubleAfter {
		s.health, s.why = failing, err
	}
}

// answered takes in a call that was answered, and returns what is to be told.
func (s *service) answered() callback {
	before := s.health
	*s = service{}
	if before == working {
		return tellNothing
	}
	return tellRecovered
}

// missed takes in a check that failed for a reason that should pass.
func (s *service) missed(err *messenger.Error) {
	s.health, s.why = unreachable, err
}

// passed takes in a check that the token has passed, and returns what is to be told. Where
// deliveries wait that have failed since a time, only they can tell when that is over.
func (s *service) passed(waiting bool, since time.Time) callback {
	before := s.health
	told := tellNothing
	if waiting && s.failures >= troubleAfter && s.last.After(since) {
		s.health, told = failing, tellTry
	} else {
		*s = service{}
	}
	if before == unreachable {
		return tellRecovered
	}
	return told
}

// callback is what Run has to call. Each does what those before it do as well.
type callback int

const (
	tellNothing callback = iota
	tellTry
	tellRecovered
)
