package simulation

import (
	"testing"
	"time"
)

// triesToFail is how often a smaller plan is played before it is believed to end well:
// chance inside the engine may differ from run to run.
const triesToFail = 3

// shortest returns the smallest plan found that breaks one of the rules that r breaks
// first, and how it ended, within the given time.
func shortest(t *testing.T, r result, within time.Duration) result {
	rule := r.rules()[:1]
	shrink(r.plan, time.Now().Add(within), func(less plan) bool {
		for range triesToFail {
			if smaller := run(t, less); smaller.broke(rule) {
				r = smaller
				return true
			}
		}
		return false
	})
	for range triesToFail {
		if r.trace != nil {
			break
		}
		if again := run(t, r.plan); again.broke(rule) {
			return again
		}
	}
	return r
}

// shrink leaves parts out of a plan as long as it fails, at first large ones, until the
// deadline, and returns what is left.
func shrink(p plan, deadline time.Time, fails func(plan) bool) plan {
	chunk := max(p.size()/2, 1)
	for time.Now().Before(deadline) {
		less, ok := without(p, chunk, deadline, fails)
		switch {
		case ok:
			p = less
		case chunk == 1:
			return p
		default:
			chunk /= 2
		}
	}
	return p
}

// without tries to do without each chunk of the plan, and reports whether that worked
// for any.
func without(p plan, chunk int, deadline time.Time, fails func(plan) bool) (plan, bool) {
	found := false
	for from := 0; from < p.size() && time.Now().Before(deadline); {
		less := p.only(func(i int) bool { return i < from || i >= from+chunk })
		if !fails(less) {
			from += chunk
			continue
		}
		p, found = less, true
	}
	return p, found
}
