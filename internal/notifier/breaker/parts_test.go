package breaker

import (
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The first table of the package.
func TestTheStandingOfATokenFollowsItsTable(t *testing.T) {
	table := map[standing]map[finding]standing{
		unchecked: {callRefused: unchecked, checkPassed: believed, checkRefused: refused, checkUnclear: believed},
		believed:  {callRefused: doubted, checkPassed: believed, checkRefused: refused, checkUnclear: believed},
		doubted:   {callRefused: doubted, checkPassed: believed, checkRefused: refused, checkUnclear: doubted},
		refused:   {callRefused: refused, checkPassed: believed, checkRefused: refused, checkUnclear: refused},
	}
	for before, row := range table {
		for found, want := range row {
			if got := before.after(found); got != want {
				t.Errorf("%d after %d is %d, want %d", before, found, got, want)
			}
		}
	}
}

// The second table of the package.
func TestTheHealthOfAServiceFollowsItsTable(t *testing.T) {
	now := time.Unix(1_000_000_000, 0)
	minute := now.Add(-time.Minute)
	err := &messenger.Error{Class: messenger.Transient, Code: "http_500"}
	failed := func(s *service) callback { s.failed(err, now); return tellNothing }
	answered := func(s *service) callback { return s.answered() }
	passed := func(s *service) callback { return s.passed(true, minute) }
	passedIdle := func(s *service) callback { return s.passed(false, minute) }
	missed := func(s *service) callback { s.missed(err); return tellNothing }
	works := service{last: now}
	fails := service{health: failing, why: err, failures: 3, last: now}
	failedOnce := service{health: failing, why: err, failures: 3, last: minute}
	away := service{health: unreachable, why: err, last: now}
	awayAndFails := service{health: unreachable, why: err, failures: 3, last: now}
	for name, tt := range map[string]struct {
		before service
		event  func(*service) callback
		health health
		told   callback
	}{
		"working, first failure":         {works, failed, working, tellNothing},
		"working, third failure":         {service{failures: 2, last: now}, failed, failing, tellNothing},
		"working, answered":              {works, answered, working, tellNothing},
		"working, passed":                {works, passed, working, tellNothing},
		"working, missed":                {works, missed, unreachable, tellNothing},
		"failing, failed":                {fails, failed, failing, tellNothing},
		"failing, answered":              {fails, answered, working, tellRecovered},
		"failing, passed":                {fails, passed, failing, tellTry},
		"failing, passed, none waits":    {fails, passedIdle, working, tellNothing},
		"failing, passed, not lately":    {failedOnce, passed, working, tellNothing},
		"failing, missed":                {fails, missed, unreachable, tellNothing},
		"unreachable, third failure":     {service{health: unreachable, why: err, failures: 2}, failed, unreachable, tellNothing},
		"unreachable, answered":          {away, answered, working, tellRecovered},
		"unreachable, passed":            {away, passed, working, tellRecovered},
		"unreachable, passed, failures":  {awayAndFails, passed, failing, tellRecovered},
		"unreachable, passed, none wait": {awayAndFails, passedIdle, working, tellRecovered},
		"unreachable, missed":            {away, missed, unreachable, tellNothing},
	} {
		s := tt.before
		if told := tt.event(&s); s.health != tt.health || told != tt.told {
			t.Errorf("%s: %d, told %d; want %d, told %d", name, s.health, told, tt.health, tt.told)
		}
		if (s.why == nil) != (s.health == working) {
			t.Errorf("%s: %d because of %v", name, s.health, s.why)
		}
	}
}
