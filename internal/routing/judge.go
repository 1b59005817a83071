package routing

import (
	"cmp"
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
	// errNow is wrapped by why something is not known now that a condition is about.
	errNow = errors.New("cannot be read now")
)

// finding is what was found out about a rule by judging requests.
type finding struct {
	// matched is when the newest request was made that the rule matches.
	matched time.Time
	// problem is why it could not be judged last, "" if it could. If that is because
	// something may not be read, denied is that.
	problem string
	denied  *denied
	// seen is when the problem was last met, overruled when a route that suppresses last
	// matched a request of which another one notifies.
	seen, overruled time.Time
}

// denied is something that the role does not allow to read.
type denied struct {
	// what is traits or labels.
	what string
	// again tries again to read it.
	again func(context.Context) error
}

// newDenied returns that something may not be read, which read reads.
func newDenied[T any](what string, read func(context.Context) (T, error)) *denied {
	return &denied{what: what, again: func(ctx context.Context) error {
		_, err := read(ctx)
		return err
	}}
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
	if r.s.requester.denied != nil {
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
			found = finding{problem: failure.Error(), denied: j.denied}
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
	// traits and labels are how the reading of them went, nil before.
	traits, labels *reading
	// denied is what was not allowed to be read last, nil if all was.
	denied *denied
}

// reading is how it went to read something: err is why it is not known.
type reading struct{ err error }

// judge reports whether a rule matches the request.
func (j *judging) judge(ctx context.Context, rule *monitoredRule) (bool, error) {
	if err := j.read(ctx, rule.condition.Needs()); err != nil {
		return false, err
	}
	matched, cost, err := rule.condition.Match(&j.facts, j.left)
	j.left -= cost
	return matched, err
}

// read reads what a condition needs, each once.
func (j *judging) read(ctx context.Context, needs Needs) error {
	var errs []error
	if needs.Traits {
		errs = append(errs, j.readTraits(ctx))
	}
	if needs.Labels && len(j.facts.Resources) > 0 {
		errs = append(errs, j.readLabels(ctx))
	}
	return cmp.Or(errs...)
}

// readTraits reads the requester's traits.
func (j *judging) readTraits(ctx context.Context) error {
	source, user := j.source, j.facts.User
	read := func(ctx context.Context) (map[string][]string, error) { return source.Traits(ctx, user) }
	return once(ctx, j, &j.traits, &j.facts.Traits, read, topic{"traits", "the requester's traits", "let the role read users"})
}

// readLabels reads the labels of the requested resources.
func (j *judging) readLabels(ctx context.Context) error {
	source, resources := j.source, j.facts.Resources
	read := func(ctx context.Context) ([]map[string]string, error) { return source.Labels(ctx, resources) }
	return once(ctx, j, &j.labels, &j.facts.Labels, read, topic{"labels", "labels of resources", "let the role list and read them"})
}

// topic is something that is read, what a condition about it is about, and what allows it.
type topic struct{ what, about, advice string }

// once reads something, unless it was read before, and says why it is not known.
func once[T any](ctx context.Context, j *judging, so **reading, into *T, read func(context.Context) (T, error), t topic) error {
	if *so == nil {
		*so = &reading{err: accessrequest.ErrNotAllowed}
		if j.source != nil {
			*into, (*so).err = read(ctx)
		}
	}
	switch err := (*so).err; {
	case errors.Is(err, accessrequest.ErrNotAllowed):
		j.denied = newDenied(t.what, read)
		return fmt.Errorf("its condition is about %s: %s: %w", t.about, t.advice, err)
	case err != nil:
		return fmt.Errorf("%s %w: %w", t.about, errNow, err)
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
