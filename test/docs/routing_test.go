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
	var resources []accessrequest.Resource
	for _, r := range e.Request.Resources {
		resources = append(resources, r.Resource)
	}
	route, err := router.Route(t.Context(), accessrequest.Request{
		User: e.Request.User, Reason: e.Request.Reason, Roles: e.Request.Roles, SuggestedReviewers: e.Request.SuggestedReviewers,
		Annotations: e.Request.Annotations, Created: e.Request.Created, Resources: resources,
	})
	if err != nil {
		t.Fatal(err)
	}
	told := route.Recipients
	unknown := func(r routing.Recipient) bool { return slices.Contains(e.Unknown, r.Name) }
	if len(route.ByRule) > 0 && !slices.ContainsFunc(route.ByRule, func(r routing.Recipient) bool { return !unknown(r) }) {
		told = route.Otherwise
	}
	var notified []string
	for _, r := range told {
		notified = append(notified, r.Name)
	}
	if diff := cmp.Diff(e.Notified, notified); diff != "" {
		t.Errorf("notified (-the page +in fact):\n%s", diff)
	}
	var problems map[string]string
	for _, rule := range append(router.MonitoringRules(nil).Rules, router.Routes()...) {
		if rule.Problem != "" {
			problems = map[string]string{rule.Name: rule.Problem}
		}
	}
	if diff := cmp.Diff(e.Problems, problems); diff != "" {
		t.Errorf("problems (-the page +in fact):\n%s", diff)
	}
}

// fixed gives the same rules each time.
type fixed struct {
	*example
	rules *accessrequest.MonitoringRules
}

func (f fixed) MonitoringRules() *accessrequest.MonitoringRules { return f.rules }
