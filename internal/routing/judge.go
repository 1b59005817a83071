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

var (
	errNotRead = errors.New("the Access Monitoring Rules of Teleport have not been read yet")
	// errTraitsNow is wrapped by why the requester's traits are not known now.
	errTraitsNow = errors.New("the requester's traits cannot be read now")
)

// finding is what was found out about a rule by judging requests.
type finding struct {
	// matched is when the newest request was made that the rule matches.
	matched time.Time
	// problem is why it could not be judged last, "" if it could. If that is because the
	// traits of a user may not be read, user is that one.
	problem, user string
	// seen is when the problem was last met, overruled when a route that suppresses last
	// matched a request of which another one notifies.
	seen, overruled time.Time
}

// Route implements Router.
func (r *RuleRouter) Route(ctx context.Context, request accessrequest.Request) (Route, error) {
	rules, routes, m := r.current()
	j := judging{source: r.source, facts: condition.Facts{Request: request}, left: maxRouteCost}
	v := r.matchRoutes(ctx, &j, routes)
	switch {
	case m == nil:
	case !m.from.Known:
		v.err = errors.Join(v.err, errNotRead)
	default:
		names, err := r.match(ctx, m, &j)
		v.recipients, v.err = append(v.recipients, named(names)...), errors.Join(v.err, err)
	}
	route := rules.route(v, request)
	if len(route.ByRule) > 0 {
		r.noteOverruled(v.suppressing)
	}
	return route, v.err
}

// current returns the newest rules.
func (r *RuleRouter) current() (Rules, []*route, *monitored) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if changed, _ := r.refresh(time.Now()); changed {
		r.change()
	}
	rules := r.s.rules
	if r.s.requester.user != "" {
		rules.RequesterTrait = ""
	}
	return rules, r.s.routes, r.s.monitored
}

// match returns the recipients of all rules that match a request. The error names one of
// which that is not known now. A rule that cannot be judged for another reason does not
// match.
func (r *RuleRouter) match(ctx context.Context, m *monitored, j *judging) (names []string, err error) {
	request := j.facts.Request
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
		if err := j.readTraits(ctx); err != nil {
			return false, err
		}
	}
	matched, cost, err := rule.condition.Match(&j.facts, j.left)
	j.left -= cost
	return matched, err
}

// readTraits reads the requester's traits, once.
func (j *judging) readTraits(ctx context.Context) error {
	if !j.asked {
		j.asked, j.failure = true, accessrequest.ErrNotAllowed
		if j.source != nil {
			j.facts.Traits, j.failure = j.source.Traits(ctx, j.facts.User)
		}
	}
	switch {
	case errors.Is(j.failure, accessrequest.ErrNotAllowed):
		return fmt.Errorf("its condition is about the requester's traits: let the role read users: %w", j.failure)
	case j.failure != nil:
		return fmt.Errorf("%w: %w", errTraitsNow, j.failure)
	default:
		return nil
	}
}

// note remembers what was found out about a rule, if it is one of the newest.
func (r *RuleRouter) note(m *monitored, rule string, found finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.s.monitored != m {
		return
	}
	if r.s.found == nil {
		r.s.found = map[string]finding{}
	}
	r.s.found[rule] = r.s.found[rule].and(found, time.Now())
}
