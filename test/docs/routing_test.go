package docs

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/controllers"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// example is an example of docs/routing.md.
type example struct {
	Spec  v1alpha1.AccessNotifierSpec
	Rules []struct {
		Name, Condition string
		Notification    struct {
			Name       string
			Recipients []string
		}
		Schedules map[string]struct {
			Time struct {
				Timezone string
				Shifts   []accessrequest.Shift
			}
		}
	}
	Request struct {
		User, Reason              string
		Roles, SuggestedReviewers []string
		Annotations, Traits       map[string][]string
		TraitsNotAllowed          bool
		Created                   time.Time
		Resources                 []struct {
			accessrequest.Resource
			Labels map[string]string
		}
		LabelsNotAllowed bool
	}
	// Unknown are recipients that cannot be found.
	Unknown  []string
	Notified []string
	// Mentioned are the groups that messages mention.
	Mentioned []string
	// Reminded are the recipients of reminders, by the time after which they are.
	Reminded map[string][]string
	Problems map[string]string
}

var exampleOf = regexp.MustCompile("<!-- example: (.*) -->\n```yaml\n((?s:.*?))```\n")

func TestExamplesOfRouting(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "routing.md"))
	if err != nil {
		t.Fatal(err)
	}
	examples := exampleOf.FindAllStringSubmatch(string(text), -1)
	if n := strings.Count(string(text), "```yaml"); n != len(examples) || n == 0 {
		t.Errorf("%d examples are tested, the page has %d", len(examples), n)
	}
	for _, found := range examples {
		t.Run(found[1], func(t *testing.T) {
			var e example
			if err := yaml.UnmarshalStrict([]byte(found[2]), &e); err != nil {
				t.Fatal(err)
			}
			e.check(t)
		})
	}
}

// MonitoringRules implements routing.Source.
func (e *example) MonitoringRules() *accessrequest.MonitoringRules {
	rules := &accessrequest.MonitoringRules{Known: true}
	for _, r := range e.Rules {
		rule := accessrequest.MonitoringRule{
			Name: r.Name, Condition: r.Condition, Plugin: r.Notification.Name, Recipients: r.Notification.Recipients,
		}
		for name, s := range r.Schedules {
			if rule.Schedules == nil {
				rule.Schedules = map[string]accessrequest.Schedule{}
			}
			rule.Schedules[name] = accessrequest.Schedule{TimeZone: s.Time.Timezone, Shifts: s.Time.Shifts}
		}
		rules.Rules = append(rules.Rules, rule)
	}
	return rules
}

// MonitoringRulesChanged implements routing.Source.
func (e *example) MonitoringRulesChanged() <-chan struct{} { return nil }

// Traits implements routing.Source.
func (e *example) Traits(context.Context, string) (map[string][]string, error) {
	if e.Request.TraitsNotAllowed {
		return nil, accessrequest.ErrNotAllowed
	}
	return e.Request.Traits, nil
}

// Labels implements routing.Source.
func (e *example) Labels(context.Context, []accessrequest.Resource) (labels []map[string]string, err error) {
	if e.Request.LabelsNotAllowed {
		return nil, accessrequest.ErrNotAllowed
	}
	for _, r := range e.Request.Resources {
		labels = append(labels, r.Labels)
	}
	return labels, nil
}

func (e *example) check(t *testing.T) {
	t.Helper()
	spec := e.Spec
	spec.Messenger.Type = v1alpha1.MessengerSlack
	source := fixed{e, e.MonitoringRules()}
	router := routing.NewMonitoringRouter(controllers.RoutingRules(&spec), source)
	route, told, notified, err := e.notified(t, router)
	if err != nil {
		// That the traits may not be read is known from now on.
		route, told, notified, err = e.notified(t, router)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e.Notified, notified); diff != "" {
		t.Errorf("notified (-the page +in fact):\n%s", diff)
	}
	e.checkReminders(t, route, told, e.request())
	var problems map[string]string
	if problem := router.RequesterProblem(); problem != "" {
		problems = map[string]string{"requesterTrait": problem}
	}
	for _, rule := range append(router.MonitoringRules(nil).Rules, router.Routes()...) {
		if rule.Problem != "" {
			problems = map[string]string{rule.Name: rule.Problem}
		}
	}
	if diff := cmp.Diff(e.Problems, problems); diff != "" {
		t.Errorf("problems (-the page +in fact):\n%s", diff)
	}
}

// request is the example's.
func (e *example) request() accessrequest.Request {
	var resources []accessrequest.Resource
	for _, r := range e.Request.Resources {
		resources = append(resources, r.Resource)
	}
	return accessrequest.Request{
		User: e.Request.User, Reason: e.Request.Reason, Roles: e.Request.Roles, SuggestedReviewers: e.Request.SuggestedReviewers,
		Annotations: e.Request.Annotations, Created: e.Request.Created, Resources: resources,
	}
}

// notified returns the route of the request, its recipients, and the name by which each is found.
func (e *example) notified(t *testing.T, router *routing.RuleRouter) (route routing.Route, told []routing.Recipient, notified []string, err error) {
	t.Helper()
	route, err = router.Route(t.Context(), e.request())
	if err != nil {
		return route, nil, nil, err
	}
	told = route.Recipients
	unknown := func(r routing.Recipient) bool { return slices.Contains(e.Unknown, r.Name) }
	if len(route.ByRule) > 0 && !slices.ContainsFunc(route.ByRule, func(r routing.Recipient) bool { return !unknown(r) }) {
		told = route.Otherwise
	}
	for _, r := range told {
		name := r.Name
		if r.Requester {
			candidates, err := router.Candidates(t.Context(), r)
			if err != nil {
				return route, nil, nil, err
			}
			name = candidates[0].Name
		}
		notified = append(notified, name)
	}
	return route, told, notified, nil
}

func names(recipients []routing.Recipient) (names []string) {
	for _, r := range recipients {
		names = append(names, r.Name)
	}
	return names
}

func (e *example) checkReminders(t *testing.T, route routing.Route, told []routing.Recipient, request accessrequest.Request) {
	t.Helper()
	var mentioned []string
	for _, m := range route.Mentions {
		mentioned = append(mentioned, m.Group.Name)
	}
	if diff := cmp.Diff(e.Mentioned, mentioned); diff != "" {
		t.Errorf("mentioned (-the page +in fact):\n%s", diff)
	}
	var reminded map[string][]string
	for _, r := range route.Reminders {
		if reminded == nil {
			reminded = map[string][]string{}
		}
		after := strings.TrimSuffix(r.After.String(), "0s")
		reminded[after] = append(reminded[after], names(r.Reminded(told, request))...)
	}
	if diff := cmp.Diff(e.Reminded, reminded); diff != "" {
		t.Errorf("reminded (-the page +in fact):\n%s", diff)
	}
}

// fixed gives the same rules each time.
type fixed struct {
	*example
	rules *accessrequest.MonitoringRules
}

func (f fixed) MonitoringRules() *accessrequest.MonitoringRules { return f.rules }
