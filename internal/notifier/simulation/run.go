package simulation

import (
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
	var happened atomic.Pointer[trace]
	defer watch(p, &happened)()
	defer func() {
		if value := recover(); value != nil {
			r.violations = append(r.violations, violation{at: worldEnds, rule: ruleCrash, text: fmt.Sprint(value)})
		}
	}()
	synctest.Test(t, func(*testing.T) {
		w := newWorld(p)
		happened.Store(w.trace)
		w.play()
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

// write writes what was planned, what happened, and what is wrong.
func (r result) write(out io.Writer) {
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
		r.trace.write(out)
	}
	_, _ = fmt.Fprintln(out, "wrong")
	for _, v := range r.violations {
		_, _ = fmt.Fprintf(out, "%14s  %s: %s\n", clock(v.at), v.rule, v.text)
	}
}
