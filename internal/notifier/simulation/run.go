package simulation

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// result is how a world ended.
type result struct {
	plan       plan
	violations []violation
	trace      *trace
	faults     int
	calls      int
}

// run plays a plan in a bubble. It returns also if the bubble breaks, because
// goroutines are left.
func run(t *testing.T, p plan) (r result) {
	r.plan = p
	defer func() {
		if value := recover(); value != nil {
			r.violations = append(r.violations, violation{at: worldEnds, rule: ruleCrash, text: fmt.Sprint(value)})
		}
	}()
	synctest.Test(t, func(*testing.T) {
		w := play(p)
		r.violations, r.trace, r.faults = w.violations, w.trace, int(w.faults.Load())
		for _, o := range w.operators {
			r.calls += o.total()
		}
	})
	return r
}

// broke reports whether the world broke one of the rules.
func (r result) broke(rules []string) bool {
	return slices.ContainsFunc(r.violations, func(v violation) bool { return slices.Contains(rules, v.rule) })
}

// rules returns the rules that the world broke.
func (r result) rules() []string {
	var rules []string
	for _, v := range r.violations {
		if !slices.Contains(rules, v.rule) {
			rules = append(rules, v.rule)
		}
	}
	return rules
}

// print writes what was planned, what happened, and what is wrong.
func (r result) print(out io.Writer) {
	_, _ = fmt.Fprintf(out, "seed %d: chat %s\n", r.plan.seed, r.plan.chat)
	_, _ = fmt.Fprintf(out, "rules %s\nplan\n", r.plan.rules)
	for _, m := range r.plan.moments {
		_, _ = fmt.Fprintf(out, "%14s  %s\n", clock(m.at()), m)
	}
	for _, f := range r.plan.faults {
		_, _ = fmt.Fprintf(out, "%14s  %s\n", clock(f.from), f)
	}
	_, _ = fmt.Fprintln(out, "trace")
	if r.trace != nil {
		r.trace.print(out)
	}
	_, _ = fmt.Fprintln(out, "wrong")
	for _, v := range r.violations {
		_, _ = fmt.Fprintf(out, "%14s  %s: %s\n", clock(v.at), v.rule, v.text)
	}
}

// shrink returns the smallest plan found that still breaks one of the rules, and how
// it ended, within the given time.
func shrink(t *testing.T, r result, within time.Duration) result {
	rules, deadline := r.rules()[:1], time.Now().Add(within)
	for chunk := max(r.plan.size()/2, 1); ; {
		smaller, ok := without(t, r, rules, chunk, deadline)
		switch {
		case time.Now().After(deadline):
			return smaller
		case ok:
			r = smaller
		case chunk == 1:
			return r
		default:
			chunk /= 2
		}
	}
}

// without tries to do without each chunk of the plan, and reports whether that worked
// for any. Chance inside the engine may differ from run to run: what breaks a rule in
// one run of three is kept.
func without(t *testing.T, r result, rules []string, chunk int, deadline time.Time) (result, bool) {
	found := false
	for from := 0; from < r.plan.size() && time.Now().Before(deadline); {
		less := r.plan.only(func(i int) bool { return i < from || i >= from+chunk })
		smaller := run(t, less)
		for tries := 1; tries < 3 && !smaller.broke(rules); tries++ {
			smaller = run(t, less)
		}
		if !smaller.broke(rules) {
			from += chunk
			continue
		}
		r, found = smaller, true
	}
	return r, found
}
