package breaker

import (
	"maps"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	// overdue is how much later than any before it the refusal may come that follows a pause.
	overdue = 5 * time.Second
	// inARow is how long after the end of a pause the next refusal still belongs to it: a call
	// that may have been made is looked for first, and the claim of another operator is left
	// alone.
	inARow = 45 * time.Second
	// stuckAfter is for how long a kind of call must have failed before that is shown
	// although checks pass, and forgottenAfter is how long after its last failure it is
	// not shown any more: deliveries that wait are tried more often than that.
	stuckAfter     = 40 * time.Second
	forgottenAfter = 2 * time.Minute
	// longPause is for how long an address has to wait, over all refusals in a row, before that
	// is shown: bursts to one channel run into its limit all the time.
	longPause = time.Minute
)

// call is a kind of call, at one address or, if that is empty, everywhere.
type call struct{ method, address string }

// checkCall is the check's kind of call.
var checkCall = call{method: "check"}

// calls is how kinds of calls fare that have not worked lately.
type calls struct {
	throttles map[call]throttle
	failing   map[string]streak
}

// throttle is a time in which a kind of call had to wait.
type throttle struct {
	since, until time.Time
	// late is how long after the end of a pause a refusal has followed, at most.
	late time.Duration
	err  *messenger.Error
}

// streak is a time in which a method has failed for reasons that should pass.
type streak struct {
	since, last time.Time
	err         *messenger.Error
}

// worked takes in a call that worked. One that works during a pause of its kind
// everywhere had begun before, and does not end it.
func (c *calls) worked(method, address string, now time.Time) {
	for _, kind := range []call{{method: method}, {method, address}} {
		if t := c.throttles[kind]; t.err == nil || t.err.Scope == messenger.ScopeAddress || !now.Before(t.until) {
			delete(c.throttles, kind)
		}
	}
	delete(c.failing, method)
}

// failed takes in a call that failed for a reason that should pass.
func (c *calls) failed(method string, err *messenger.Error, now time.Time) {
	f, ok := c.failing[method]
	if !ok || !now.Before(f.over()) {
		f.since = now
	}
	f.last, f.err = now, err
	c.failing[method] = f
}

// throttled takes in a call that has to wait.
func (c *calls) throttled(kind call, err *messenger.Error, now time.Time) {
	t, ok := c.throttles[kind]
	if !ok || !now.Before(t.ended()) {
		t = throttle{since: now, until: now}
	}
	t.late = max(t.late, now.Sub(t.until))
	if until := now.Add(err.RetryAfter); until.After(t.until) {
		t.until = until
	}
	t.err = err
	c.throttles[kind] = t
}

// over is when a pause is not shown any more if no refusal follows.
func (t throttle) over() time.Time { return t.until.Add(t.late + overdue) }

// ended is when a pause is forgotten if no refusal follows.
func (t throttle) ended() time.Time { return t.until.Add(max(inARow, t.late+overdue)) }

// over is when failures are forgotten if no other follows.
func (f streak) over() time.Time { return f.last.Add(forgottenAfter) }

// stuck returns why a method has failed for so long that it is worth showing although the
// token works, nil if none has. Of several it is the first by name: what is shown does not
// go back and forth.
func (c *calls) stuck(now time.Time) *messenger.Error {
	for _, method := range slices.Sorted(maps.Keys(c.failing)) {
		if f := c.failing[method]; f.last.Sub(f.since) >= stuckAfter && now.Before(f.over()) {
			return f.err
		}
	}
	return nil
}

// longest returns the pause that ends last of those that are worth showing, the zero
// throttle if there is none.
func (c *calls) longest(shownAfter time.Duration, now time.Time) (longest throttle) {
	for kind, t := range c.throttles {
		shownAfter := shownAfter
		if kind.address != "" {
			shownAfter = max(shownAfter, longPause)
		}
		if t.until.Sub(t.since) >= shownAfter && now.Before(t.over()) && t.until.After(longest.until) {
			longest = t
		}
	}
	return longest
}

// forget drops what is over, and returns when something else is, at most next.
func (c *calls) forget(next, now time.Time) time.Time {
	// remains reports whether something that is over then is not yet.
	remains := func(over time.Time) bool {
		if !now.Before(over) {
			return false
		}
		if over.Before(next) {
			next = over
		}
		return true
	}
	maps.DeleteFunc(c.throttles, func(_ call, t throttle) bool { return !remains(t.over()) && !remains(t.ended()) })
	maps.DeleteFunc(c.failing, func(_ string, f streak) bool { return !remains(f.over()) })
	return next
}
