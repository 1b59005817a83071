package routing

import (
	"context"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/status"
)

const (
	// coalesce is the shortest time between two changes of the Access Monitoring Rules
	// that are put into effect: each has every request looked at.
	coalesce = 10 * time.Second
	// recheck is how often it is tried again to read what the role did not allow.
	recheck = time.Minute
)

// Follow puts changes of the source's rules into effect until ctx ends.
func (r *RuleRouter) Follow(ctx context.Context) {
	if r.source == nil {
		return
	}
	for ctx.Err() == nil {
		changed := r.source.MonitoringRulesChanged()
		select {
		case <-ctx.Done():
		case <-changed:
		case <-time.After(r.update()):
			r.retry(ctx)
		}
	}
}

// update takes over the newest rules, and returns when to look again.
func (r *RuleRouter) update() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed, wait := r.refresh(time.Now())
	if changed {
		r.change()
	}
	if wait > 0 {
		return wait
	}
	return recheck
}

// refresh takes over the newest Access Monitoring Rules, and reports whether that changes
// any. While it is too early for them, it returns how long that lasts. The caller holds mu.
func (r *RuleRouter) refresh(now time.Time) (changed bool, wait time.Duration) {
	before := r.s.monitored
	if r.source == nil || r.s.rules.Plugin == "" {
		r.s.monitored, r.s.found = nil, nil
		return before != nil, 0
	}
	from := r.source.MonitoringRules()
	if before != nil && before.from == from && before.plugin == r.s.rules.Plugin {
		return false, 0
	}
	if wait := r.s.next.Sub(now); wait > 0 {
		return false, wait
	}
	after := compileMonitored(from, r.s.rules, before)
	r.s.monitored = after
	if from.Known {
		r.s.next = now.Add(coalesce)
	}
	same := before != nil && before.from.Known == from.Known && before.from.Problem == from.Problem
	if same && slices.Equal(before.rules, after.rules) {
		return false, 0
	}
	r.s.forget(before)
	return true, 0
}

// forget drops what was found out about rules that are others now.
func (s *ruleState) forget(before *monitored) {
	if before == nil {
		return
	}
	for _, rule := range before.rules {
		if !slices.Contains(s.monitored.rules, rule) {
			delete(s.found, rule.Name)
		}
	}
}

// denied returns one of each that the role does not allow to read.
func (s *ruleState) denied() map[string]*denied {
	all := map[string]*denied{}
	add := func(found finding) {
		if found.denied != nil {
			all[found.denied.what] = found.denied
		}
	}
	for _, found := range s.found {
		add(found)
	}
	for _, route := range s.routes {
		add(route.found)
	}
	add(s.requester)
	return all
}

// retry has requests judged again once the role allows to read what it did not.
func (r *RuleRouter) retry(ctx context.Context) {
	r.mu.Lock()
	all := r.s.denied()
	r.mu.Unlock()
	for what, denied := range all {
		if err := denied.again(ctx); err == nil {
			r.allowed(what)
		}
	}
}

// allowed forgets what could not be judged because something could not be read.
func (r *RuleRouter) allowed(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	concerns := func(found finding) bool { return found.denied != nil && found.denied.what == what }
	for name, found := range r.s.found {
		if concerns(found) {
			r.s.found[name] = finding{matched: found.matched}
		}
	}
	for _, route := range r.s.routes {
		if concerns(route.found) {
			route.found = finding{matched: route.found.matched}
		}
	}
	if concerns(r.s.requester) {
		r.s.requester = finding{}
	}
	r.change()
}

// MonitoringRules tells how the Access Monitoring Rules are, given the recipients that
// cannot be found.
func (r *RuleRouter) MonitoringRules(unresolved []status.UnresolvedRecipient) status.MonitoringRules {
	_, _, m := r.current()
	if m == nil {
		return status.MonitoringRules{Ignored: true}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	broken := map[string]bool{}
	for _, recipient := range unresolved {
		broken[recipient.Recipient] = true
	}
	out := status.MonitoringRules{Known: m.from.Known, Problem: m.from.Problem}
	for _, rule := range m.rules {
		found := r.s.found[rule.Name]
		state := status.Rule{Name: rule.Name, LastMatch: found.matched, Problem: rule.problem}
		if state.Problem == "" {
			state.Problem = found.problem
		}
		if state.Problem == "" && !slices.ContainsFunc(rule.names, func(name string) bool { return !broken[name] }) {
			state.Problem = "none of its recipients can be found, see status.unresolvedRecipients"
		}
		out.Rules = append(out.Rules, state)
	}
	return out
}
