package routing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing/condition"
)

// maxRouteCost bounds what all rules together may take to be judged for one request.
const maxRouteCost = 16 * condition.MaxCost

var errNotRead = errors.New("the Access Monitoring Rules of Teleport have not been read yet")

// finding is what was found out about a rule by judging requests.
type finding struct {
	// matched is when the newest request was made that the rule matches.
	matched time.Time
	// problem is why it could not be judged last, "" if it could. If that is because the
	// traits of a user may not be read, user is that one.
	problem, user string
}

// Route implements Router.
func (r *RuleRouter) Route(ctx context.Context, request accessrequest.Request) (Route, error) {
	rules, m := r.current()
	switch {
	case m == nil:
		return Route{Recipients: rules.Recipients(request)}, nil
	case !m.from.Known:
		return Route{Recipients: rules.with(nil, request)}, errNotRead
	}
	names, err := r.match(ctx, m, request)
	switch {
	case err != nil:
		return Route{Recipients: rules.with(names, request)}, err
	case len(names) == 0:
		return Route{Recipients: rules.Recipients(request)}, nil
	}
	var byRule audience
	byRule.configured(names)
	return Route{
		Recipients: rules.with(names, request),
		ByRule:     byRule.recipients,
		Otherwise:  rules.Recipients(request),
	}, nil
}

// current returns the newest rules.
func (r *RuleRouter) current() (Rules, *monitored) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if changed, _ := r.refresh(time.Now()); changed {
		r.change()
	}
	return r.s.rules, r.s.monitored
}

// match returns the recipients of all rules that match a request. The error names one of
// which that is not known now. A rule that cannot be judged for another reason does not
// match.
func (r *RuleRouter) match(ctx context.Context, m *monitored, request accessrequest.Request) (names []string, err error) {
	j := judging{source: r.source, facts: condition.Facts{Request: request}, left: maxRouteCost}
	for _, rule := range m.rules {
		if rule.problem != "" || !rule.applies(request.Created) {
			continue
		}
		matched, failure := j.judge(ctx, rule)
		found := finding{}
		switch {
		case errors.Is(failure, accessrequest.ErrNotAllowed):
			found = finding{problem: failure.Error(), user: request.User}
		case errors.Is(failure, condition.ErrTooCostly):
			found.problem = failure.Error()
		case failure != nil:
			err = fmt.Errorf("access monitoring rule %s: %w", rule.Name, failure)
			continue
		case matched:
			names = append(names, rule.names...)
			found.matched = request.Created
		}
		r.note(m, rule.Name, found)
	}
	return names, err
}

// judging judges one request.
type judging struct {
	source Source
	facts  condition.Facts
	// left is what may still be spent.
	left int
	// asked is set once the traits were asked for, failure is why they are not there.
	asked   bool
	failure error
}

// judge reports whether a rule matches the request.
func (j *judging) judge(ctx context.Context, rule *monitoredRule) (bool, error) {
	if rule.condition.Needs().Traits {
		if !j.asked {
			j.asked = true
			j.facts.Traits, j.failure = j.source.Traits(ctx, j.facts.User)
		}
		if errors.Is(j.failure, accessrequest.ErrNotAllowed) {
			return false, fmt.Errorf("its condition is about the requester's traits: let the role read users: %w", j.failure)
		}
		if j.failure != nil {
			return false, fmt.Errorf("the requester's traits cannot be read now: %w", j.failure)
		}
	}
	matched, cost, err := rule.condition.Match(&j.facts, j.left)
	j.left -= cost
	return matched, err
}

// note remembers what was found out about a rule, if it is one of the newest.
func (r *RuleRouter) note(m *monitored, rule string, found finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.s.monitored != m {
		return
	}
	if before := r.s.found[rule].matched; before.After(found.matched) {
		found.matched = before
	}
	if r.s.found == nil {
		r.s.found = map[string]finding{}
	}
	r.s.found[rule] = found
}
