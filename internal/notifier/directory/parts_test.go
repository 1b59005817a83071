package directory

import (
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

var (
	transient = &messenger.Error{Class: messenger.Transient}
	paused    = &messenger.Error{Class: messenger.Throttled, Scope: messenger.ScopeMethod, RetryAfter: time.Minute}
	alone     = &messenger.Error{Class: messenger.Throttled, Scope: messenger.ScopeAddress, RetryAfter: time.Minute}
	refused   = &messenger.Error{Class: messenger.MessengerPermanent}
	missing   = &messenger.Error{Class: messenger.RecipientPermanent}
)

// The first table of the package.
func TestWhatIsKnownOfARecipientFollowsItsTable(t *testing.T) {
	address := messenger.Address{ID: "C1"}
	for before, row := range map[State]map[*messenger.Error]State{
		Unknown: {nil: Known, transient: Unknown, paused: Unknown, alone: Unknown, refused: Unknown, missing: Broken},
		Known:   {nil: Known, transient: Known, paused: Known, alone: Known, refused: Known, missing: Broken},
		Broken:  {nil: Known, transient: Broken, paused: Broken, alone: Broken, refused: Broken, missing: Broken},
	} {
		for err, want := range row {
			b := belief{answer: Answer{State: before}}
			if before == Known {
				b.answer.Address = address
			}
			b.learn(false, address, err, Options{}.withDefaults(), time.Now())
			if b.answer.State != want || b.answer.Err != err || (b.answer.Address == address) != (want == Known) {
				t.Errorf("%d after %v is %+v, want %d", before, err, b.answer, want)
			}
		}
	}
}

// The second table of the package.
func TestThePaceOfLookUpsFollowsItsTable(t *testing.T) {
	now := time.Unix(1_000_000_000, 0)
	one, two := routing.Recipient{Name: "one"}, routing.Recipient{Name: "two"}
	fast := service{since: 5}
	failedOnce := service{since: 5, failed: one, others: 1}
	slow := service{pace: single, since: 5, failed: one, others: 2, failures: 1, until: now}
	for name, tt := range map[string]struct {
		before service
		err    *messenger.Error
		number uint64
		pace   pace
		waits  bool
	}{
		"full, answered":              {fast, nil, 6, full, false},
		"full, refused":               {fast, missing, 6, full, false},
		"full, one fails":             {fast, transient, 6, full, false},
		"full, another fails as well": {failedOnce, transient, 6, single, true},
		"full, pause":                 {fast, paused, 6, single, true},
		"full, pause of one":          {fast, alone, 6, full, false},
		"full, token refused":         {fast, refused, 6, single, true},
		"single, answered":            {slow, nil, 6, full, false},
		"single, answered before":     {slow, nil, 5, single, false},
		"single, fails":               {slow, transient, 6, single, true},
		"single, failed before":       {slow, transient, 5, single, false},
		"single, pause before":        {slow, paused, 5, single, true},
	} {
		s := tt.before
		s.learn(two, tt.err, tt.number, 9, Options{}.withDefaults(), now)
		if s.pace != tt.pace || s.wait(now) > 0 != tt.waits {
			t.Errorf("%s: pace %d for %v, want %d, a wait: %t", name, s.pace, s.wait(now), tt.pace, tt.waits)
		}
		if s.retry(now); s.pace == single != now.Before(s.paused) || s.wait(now) != max(s.paused.Sub(now), 0) {
			t.Errorf("%s: pace %d for %v after Retry", name, s.pace, s.wait(now))
		}
	}
}
