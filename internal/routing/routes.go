package routing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing/condition"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// problemFor is for how long a problem with judging a request counts. Pending requests are
// judged more often, so that the problem stays for as long as there is such a request.
const problemFor = 30 * time.Minute

// RouteRule is one of the notifier's own routes, as it is written. Of a request that matches
// one, its recipients hear in place of RoleToRecipients and of suggested reviewers.
type RouteRule struct {
	Name string
	// Match says which requests match; all if it is nil.
	Match Match
	// Suppress is set if requests that match are announced neither to RoleToRecipients nor to
	// suggested reviewers. Another route or rule that names recipients goes before it.
	Suppress   bool
	Recipients []Recipient
	Reminders  []Reminder
}

// Match says which requests a route is for, as it is written: package match does. Deeply equal
// ones say the same.
type Match interface {
	// Compile reads it. The error's text follows the place where the condition stands.
	Compile() (Matcher, error)
}

// Matcher tells which requests a route is for. It is safe for concurrent use.
type Matcher interface {
	// NamesAny reports whether one of the roles is among those of the route.
	NamesAny(roles []string) bool
	// Needs tells on what Fulfils depends beyond the request itself.
	Needs() Needs
	// Fulfils reports whether the condition is true of a request. The error's text is as
	// that of Compile, and repeats nothing that a requester typed.
	Fulfils(facts *Facts) (bool, error)
}

// Facts is what conditions are about.
type Facts = condition.Facts

// Needs is what a condition refers to beyond the request itself.
type Needs = condition.Needs

// route is a compiled RouteRule.
type route struct {
	RouteRule
	// matcher is nil if every request matches.
	matcher Matcher
	// path is where the condition stands.
	path string
	// problem is why it is left out, "" if it is not.
	problem string
	// found is what was found out by judging requests. It is guarded by RuleRouter.mu.
	found finding
}

// compileRoutes compiles all routes. One that cannot be compiled is left out.
func compileRoutes(rules []RouteRule) (routes []*route) {
	for i, rule := range rules {
		r := &route{RouteRule: rule, path: fmt.Sprintf("spec.routes[%d].match.condition", i)}
		if rule.Match != nil {
			var err error
			if r.matcher, err = rule.Match.Compile(); err != nil {
				r.problem = r.path + err.Error()
			}
		}
		routes = append(routes, r)
	}
	return routes
}

// NeedTraits reports whether who hears depends on traits of users, beside what Access
// Monitoring Rules say.
func (r Rules) NeedTraits() bool {
	return r.RequesterTrait != "" || slices.ContainsFunc(compileRoutes(r.Routes), func(r *route) bool {
		return r.problem == "" && r.matcher != nil && r.matcher.Needs().Traits
	})
}

// verdict is what rules and routes that match say of a request.
type verdict struct {
	recipients  []Recipient
	mentions    []Mention
	reminders   []Reminder
	suppressing []*route
	// err names a rule of which it is not known now whether it matches.
	err error
}

// add adds what a route says that matches.
func (v *verdict) add(r RouteRule) {
	v.reminders = append(v.reminders, r.reminders()...)
	for _, recipient := range r.Recipients {
		if recipient.Kind == Group {
			v.mentions = append(v.mentions, Mention{Group: recipient, In: r.Recipients})
		} else {
			v.recipients = append(v.recipients, recipient)
		}
	}
}

// route is who hears of a request of which rules and routes say this.
func (r Rules) route(v verdict, request accessrequest.Request) Route {
	suppressed := v.err == nil && len(v.recipients) == 0 && len(v.suppressing) > 0
	out := Route{Suppressed: suppressed, Mentions: v.mentions, Reminders: slices.Concat(v.reminders, r.ofAll(suppressed))}
	switch {
	case v.err == nil && len(v.recipients) == 0 && !suppressed:
		out.Recipients = r.Recipients(request)
		return out
	case v.err == nil && !suppressed:
		var byRule audience
		byRule.configured(v.recipients)
		out.ByRule, out.Otherwise = byRule.recipients, r.Recipients(request)
	}
	out.Recipients = r.with(v.recipients, request)
	return out
}

// matchRoutes finds the routes that match a request. One that cannot be judged does not.
func (r *RuleRouter) matchRoutes(ctx context.Context, j *judging, routes []*route) (v verdict) {
	for _, one := range routes {
		if one.problem != "" {
			continue
		}
		matched, err := j.matches(ctx, one)
		found := finding{}
		switch {
		case errors.Is(err, errNow):
			v.err = fmt.Errorf("route %s: %w", one.Name, err)
			continue
		case errors.Is(err, accessrequest.ErrNotAllowed):
			found = finding{problem: one.path + ": " + err.Error(), denied: j.denied}
		case err != nil:
			found.problem = one.path + err.Error()
		case matched:
			found.matched = j.facts.Created
			v.add(one.RouteRule)
			if one.Suppress {
				v.suppressing = append(v.suppressing, one)
			}
		}
		r.noteRoute(one, found)
	}
	return v
}

// matches reports whether a route matches the request.
func (j *judging) matches(ctx context.Context, r *route) (bool, error) {
	if r.matcher == nil {
		return true, nil
	}
	if !r.matcher.NamesAny(j.facts.Roles) {
		return false, nil
	}
	if err := j.read(ctx, r.matcher.Needs()); err != nil {
		return false, err
	}
	return r.matcher.Fulfils(&j.facts)
}

// noteRoute remembers what was found out about a route.
func (r *RuleRouter) noteRoute(one *route, found finding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one.found = one.found.and(found, time.Now())
}

// noteOverruled remembers that routes which suppress matched a request of which another one
// notifies.
func (r *RuleRouter) noteOverruled(routes []*route) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range routes {
		one.found.overruled = time.Now()
	}
}

// Routes tells how the notifier's own routes are.
func (r *RuleRouter) Routes() (routes []status.Rule) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for _, one := range r.s.routes {
		found := one.found.and(finding{}, now)
		routes = append(routes, status.Rule{
			Name: one.Name, LastMatch: found.matched, Invalid: one.problem != "",
			Problem:   cmp.Or(one.problem, found.problem),
			Overruled: now.Sub(found.overruled) < problemFor,
		})
	}
	return routes
}

// and adds what was found out later. A problem stays for some time, though other requests
// have none.
func (f finding) and(later finding, now time.Time) finding {
	if f.matched.After(later.matched) {
		later.matched = f.matched
	}
	later.overruled = f.overruled
	switch {
	case later.problem != "":
		later.seen = now
	case now.Sub(f.seen) < problemFor:
		later.problem, later.denied, later.seen = f.problem, f.denied, f.seen
	}
	return later
}

// sortRecipients returns recipients, each once, in order.
func sortRecipients(all []Recipient) []Recipient {
	slices.SortFunc(all, func(a, b Recipient) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(string(a.Kind), string(b.Kind)))
	})
	return slices.Compact(all)
}
