package routing_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// teleport is a source of rules.
type teleport struct {
	mu      sync.Mutex
	rules   *accessrequest.MonitoringRules
	changed chan struct{}
	traits  map[string][]string
	labels  []map[string]string
	failure error
	asked   int
}

func newTeleport(rules ...accessrequest.MonitoringRule) *teleport {
	f := &teleport{rules: &accessrequest.MonitoringRules{}, changed: make(chan struct{})}
	f.set(rules...)
	return f
}

func (f *teleport) set(rules ...accessrequest.MonitoringRule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = &accessrequest.MonitoringRules{Known: true, Rules: rules}
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *teleport) deny(failure error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failure = failure
}

func (f *teleport) MonitoringRules() *accessrequest.MonitoringRules {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rules
}

func (f *teleport) MonitoringRulesChanged() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

func (f *teleport) Labels(context.Context, []accessrequest.Resource) ([]map[string]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	return f.labels, f.failure
}

func (f *teleport) Traits(context.Context, string) (map[string][]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	return f.traits, f.failure
}

// rule is a rule for the plugin slack.
func rule(name, condition string, recipients ...string) accessrequest.MonitoringRule {
	return accessrequest.MonitoringRule{Name: name, Condition: condition, Plugin: "slack", Recipients: recipients}
}

// editor is the rules of the notifier itself.
var editor = routing.Rules{
	RoleToRecipients:   map[string][]string{"editor": {"editors"}},
	Always:             []string{"audit"},
	SuggestedReviewers: true,
	Plugin:             "slack",
}

// made is when requests are made: on a Friday.
var made = time.Date(2026, 3, 6, 17, 30, 0, 0, time.UTC)

func ask(roles ...string) accessrequest.Request {
	return accessrequest.Request{
		User: "alice", Roles: roles, SuggestedReviewers: []string{"bob@example.com"}, Created: made,
	}
}

// told returns who hears of a request, in words.
func told(t *testing.T, router routing.Router, request accessrequest.Request) string {
	t.Helper()
	route, err := router.Route(t.Context(), request)
	words := names(route.Recipients)
	if len(route.ByRule) > 0 {
		words += " (" + names(route.ByRule) + ", or else " + names(route.Otherwise) + ")"
	}
	if err != nil {
		words += ": " + err.Error()
	}
	return words
}

func names(recipients []routing.Recipient) string {
	var all []string
	for _, r := range recipients {
		all = append(all, r.Name)
	}
	return strings.Join(all, " ")
}

const (
	anyRequest = `true`
	forProd    = `access_request.spec.roles.contains("prod")`
	forTeam    = `user.traits["team"].contains("dev")`
)

const defaults = "editors audit bob@example.com"

func TestMatchingRulesReplaceTheDefaults(t *testing.T) {
	evening := accessrequest.Schedule{Shifts: []accessrequest.Shift{{Weekday: "Friday", Start: "17:00", End: "17:30"}}}
	morning := accessrequest.Schedule{Shifts: []accessrequest.Shift{{Weekday: "Friday", Start: "08:00", End: "12:00"}}}
	scheduled := func(schedules ...accessrequest.Schedule) accessrequest.MonitoringRule {
		r := rule("scheduled", anyRequest, "on-call")
		r.Schedules = map[string]accessrequest.Schedule{}
		for i, s := range schedules {
			r.Schedules[fmt.Sprint(i)] = s
		}
		return r
	}
	other := rule("other", anyRequest, "other")
	other.Plugin = "mattermost"
	unknown := rule("newer", anyRequest, "newer")
	unknown.Unknown = true
	tests := map[string]struct {
		rules   []accessrequest.MonitoringRule
		request accessrequest.Request
		want    string
		problem string
	}{
		"no rule": {request: ask("editor"), want: defaults},
		"a rule that matches": {
			rules: []accessrequest.MonitoringRule{rule("prod", forProd, "dba", " dba ")}, request: ask("editor", "prod"),
			want: "dba audit (dba, or else " + defaults + ")",
		},
		"a rule that does not": {
			rules: []accessrequest.MonitoringRule{rule("prod", forProd, "dba")}, request: ask("editor"), want: defaults,
		},
		"several that match": {
			rules: []accessrequest.MonitoringRule{rule("a", anyRequest, "x", "y"), rule("b", forProd, "y", "audit")}, request: ask("prod"),
			want: "x y audit (x y audit, or else audit bob@example.com)",
		},
		"a rule for another plugin": {rules: []accessrequest.MonitoringRule{other}, request: ask("editor"), want: defaults},
		"in one of its schedules":   {rules: []accessrequest.MonitoringRule{scheduled(morning, evening)}, request: ask(), want: "on-call audit (on-call, or else audit bob@example.com)"},
		"in none of its schedules":  {rules: []accessrequest.MonitoringRule{scheduled(morning)}, request: ask(), want: "audit bob@example.com"},
		"a schedule that cannot be read": {
			rules: []accessrequest.MonitoringRule{scheduled(evening, accessrequest.Schedule{})}, request: ask(), want: "audit bob@example.com",
			problem: `its schedule "1" cannot be read: it must have 1 to 100 shifts`,
		},
		"parts that are not known": {
			rules: []accessrequest.MonitoringRule{unknown}, request: ask("editor"), want: defaults,
			problem: "it has parts that this version does not know, which may limit it: upgrade the operator",
		},
		"no condition": {
			rules: []accessrequest.MonitoringRule{rule("a", "", "x")}, request: ask("editor"), want: defaults,
			problem: "its condition cannot be read: the condition is empty",
		},
		"a typo": {
			rules: []accessrequest.MonitoringRule{rule("a", `contains(access_request.spec.role, "x")`, "x"), rule("b", anyRequest, "y")}, request: ask("editor"),
			want:    "y audit (y, or else " + defaults + ")",
			problem: `its condition cannot be read: line 1, column 10: unknown field "access_request.spec.role"`,
		},
		"labels of no resources": {
			rules: []accessrequest.MonitoringRule{rule("a", `is_empty(access_request.spec.resource_labels_union["env"])`, "x")}, request: ask("editor"),
			want: "x audit (x, or else " + defaults + ")",
		},
		"no recipients": {
			rules: []accessrequest.MonitoringRule{rule("a", anyRequest, " ")}, request: ask("editor"), want: defaults,
			problem: "it names no recipient",
		},
		"a recipient that is none": {
			rules: []accessrequest.MonitoringRule{rule("a", anyRequest, "x", "a\nb")}, request: ask("editor"), want: defaults,
			problem: "its recipient number 2 is no channel or person",
		},
		"too many recipients": {
			rules: []accessrequest.MonitoringRule{rule("a", anyRequest, strings.Split(strings.Repeat("x,", 65), ",")...)}, request: ask("editor"), want: defaults,
			problem: "it has more than 64 recipients",
		},
		"a condition that takes too long": {
			rules: []accessrequest.MonitoringRule{rule("a", `contains_all(access_request.spec.roles, access_request.spec.roles)`, "x")}, request: ask(strings.Split(strings.Repeat("editor,", 1100), ",")...), want: defaults,
			problem: "the condition takes too long to be judged for this request: shorten it",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			router := routing.NewMonitoringRouter(editor, newTeleport(tt.rules...))
			if got := told(t, router, tt.request); got != tt.want {
				t.Errorf("told are %s, want %s", got, tt.want)
			}
			problem := ""
			for _, rule := range router.MonitoringRules(nil).Rules {
				problem += rule.Problem
			}
			if problem != tt.problem {
				t.Errorf("the problem is %q, want %q", problem, tt.problem)
			}
		})
	}
}

func TestRulesAreIgnoredWithoutANameOrASource(t *testing.T) {
	ignoring := editor
	ignoring.Plugin = ""
	for _, router := range []*routing.RuleRouter{
		routing.NewMonitoringRouter(ignoring, newTeleport(rule("a", anyRequest, "x"))), routing.NewRuleRouter(editor),
	} {
		if got := told(t, router, ask("editor")); got != defaults {
			t.Errorf("told are %s", got)
		}
		if got := router.MonitoringRules(nil); !got.Ignored {
			t.Errorf("the status is %+v", got)
		}
	}
}

func TestTraitsAreReadOnceForARequestAndOnlyIfNeeded(t *testing.T) {
	source := newTeleport(rule("a", forTeam, "devs"), rule("b", forTeam, "more"))
	source.traits = map[string][]string{"team": {"dev"}}
	router := routing.NewMonitoringRouter(editor, source)
	if got, want := told(t, router, ask()), "devs more audit (devs more, or else audit bob@example.com)"; got != want {
		t.Errorf("told are %s, want %s", got, want)
	}
	if source.asked != 1 {
		t.Errorf("asked %d times", source.asked)
	}
	source.deny(errors.New("teleport is away"))
	want := "audit: access monitoring rule b: the requester's traits cannot be read now: teleport is away"
	if got := told(t, router, ask()); got != want {
		t.Errorf("told are %s, want %s: others might hear who should not", got, want)
	}
	source.set(rule("a", anyRequest, "all"))
	router = routing.NewMonitoringRouter(editor, source)
	if told(t, router, ask()); source.asked != 2 {
		t.Errorf("asked %d times, although no rule needs it", source.asked)
	}
}

// What the role does not allow is named, and tried again.
func TestARuleThatTheRoleDoesNotAllowToJudge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTeleport(rule("team", forTeam, "devs"))
		source.traits = map[string][]string{"team": {"dev"}}
		source.deny(fmt.Errorf("reading: %w", accessrequest.ErrNotAllowed))
		router := follow(t, source)
		if got := told(t, router, ask("editor")); got != defaults {
			t.Errorf("told are %s, want the defaults", got)
		}
		want := []status.Rule{{Name: "team", Problem: "its condition is about the requester's traits: " +
			"let the role read users: reading: the role of the identity does not allow it"}}
		if diff := cmp.Diff(want, router.MonitoringRules(nil).Rules); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
		source.deny(nil)
		changed := router.Changed()
		select {
		case <-changed:
		case <-time.After(2 * time.Minute):
			t.Error("requests are not judged again")
		}
		want[0].Problem = ""
		if diff := cmp.Diff(want, router.MonitoringRules(nil).Rules); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
		told(t, router, ask())
		want[0].LastMatch = made
		if diff := cmp.Diff(want, router.MonitoringRules(nil).Rules); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
	})
}

// follow returns a router that follows its source, in a bubble.
func follow(t *testing.T, source routing.Source) *routing.RuleRouter {
	router := routing.NewMonitoringRouter(editor, source)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go router.Follow(ctx)
	synctest.Wait()
	return router
}

func TestBeforeTheRulesAreReadOnlyWhoAlwaysHearsIsTold(t *testing.T) {
	source := newTeleport()
	source.rules = &accessrequest.MonitoringRules{}
	router := routing.NewMonitoringRouter(editor, source)
	if got, want := told(t, router, ask("editor")), "audit: the Access Monitoring Rules of Teleport have not been read yet"; got != want {
		t.Errorf("told are %s, want %s", got, want)
	}
	source.set(rule("a", anyRequest, "x"))
	if got, want := told(t, router, ask("editor")), "x audit (x, or else "+defaults+")"; got != want {
		t.Errorf("told are %s, want %s: the first rules are used at once", got, want)
	}
}

// A rule that changes every second has requests looked at no more often than that.
func TestRulesThatChangeAllTheTimeAreTakenOverNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTeleport(rule("a", anyRequest, "x0"))
		router := follow(t, source)
		changes := 0
		for i := range 60 {
			changed := router.Changed()
			source.set(rule("a", anyRequest, fmt.Sprint("x", i+1)))
			time.Sleep(time.Second)
			synctest.Wait()
			select {
			case <-changed:
				changes++
			default:
			}
		}
		if changes < 5 || changes > 7 {
			t.Errorf("%d changes in a minute", changes)
		}
		time.Sleep(10 * time.Second)
		if got := told(t, router, ask()); !strings.HasPrefix(got, "x60 ") {
			t.Errorf("told are %s, not those of the newest rule", got)
		}
	})
}

func TestOnlyChangesOfItsOwnRulesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mine, other := rule("a", anyRequest, "x"), rule("b", anyRequest, "y")
		other.Plugin = "other"
		source := newTeleport(mine)
		router := follow(t, source)
		changed := router.Changed()
		source.set(mine, other)
		time.Sleep(time.Minute)
		select {
		case <-changed:
			t.Error("the rule of another plugin is told as a change")
		default:
		}
		source.set(other)
		time.Sleep(time.Minute)
		select {
		case <-changed:
		default:
			t.Error("the end of a rule is not told")
		}
		if diff := cmp.Diff(editor.Configured(), router.Configured()); diff != "" {
			t.Errorf("configured recipients (-want +got):\n%s", diff)
		}
	})
}

func TestConfiguredNamesWhoUsableRulesName(t *testing.T) {
	router := routing.NewMonitoringRouter(editor, newTeleport(rule("a", anyRequest, "x", "audit"), rule("b", "?", "y")))
	if got, want := names(router.Configured()), "audit editors x"; got != want {
		t.Errorf("configured are %s, want %s", got, want)
	}
	unresolved := []status.UnresolvedRecipient{{Recipient: "x"}, {Recipient: "audit"}}
	if got, want := router.MonitoringRules(unresolved).Rules[0].Problem, "none of its recipients can be found, see status.unresolvedRecipients"; got != want {
		t.Errorf("the problem is %q, want %q", got, want)
	}
	if got := router.MonitoringRules(unresolved[:1]).Rules[0].Problem; got != "" {
		t.Errorf("the problem is %q although one can be found", got)
	}
}

// TestTenThousandRules bounds how many recipients are looked up, and the time.
func TestTenThousandRules(t *testing.T) {
	var rules []accessrequest.MonitoringRule
	for i := range 10000 {
		rules = append(rules, rule(fmt.Sprintf("%05d", i), forProd, fmt.Sprint("x", i)))
	}
	router := routing.NewMonitoringRouter(editor, newTeleport(rules...))
	if got, want := len(router.Configured()), 1024+len(editor.Configured()); got != want {
		t.Errorf("%d recipients are looked up, want %d", got, want)
	}
	route, err := router.Route(t.Context(), ask("prod"))
	if err != nil || len(route.ByRule) != 1024 {
		t.Errorf("%d recipients (%v)", len(route.ByRule), err)
	}
	if got := router.MonitoringRules(nil).Rules[9999].Problem; !strings.Contains(got, "more than 1024 recipients") {
		t.Errorf("the problem is %q", got)
	}
}

// TestRoomForRecipients covers rules that name recipients of others, which take no room, and one
// for which there is room once others are gone.
func TestRoomForRecipients(t *testing.T) {
	var full []accessrequest.MonitoringRule
	for i := range 1023 {
		full = append(full, rule(fmt.Sprintf("%05d", i), forProd, fmt.Sprint("x", i)))
	}
	again, more := rule("again", forProd, "x1", "x2", "x1022"), rule("more", forProd, "y", "z")
	synctest.Test(t, func(t *testing.T) {
		source := newTeleport(append(slices.Clone(full), again, more)...)
		router := follow(t, source)
		problem := func(name string) string {
			rules := router.MonitoringRules(nil).Rules
			return rules[slices.IndexFunc(rules, func(r status.Rule) bool { return r.Name == name })].Problem
		}
		if got := problem("again"); got != "" {
			t.Errorf("a rule whose recipients others name as well is left out: %s", got)
		}
		if got := problem("more"); !strings.Contains(got, "more than 1024 recipients") {
			t.Errorf("the problem is %q", got)
		}
		source.set(append(slices.Clone(full), more)...)
		time.Sleep(time.Minute)
		if got := problem("more"); !strings.Contains(got, "more than 1024 recipients") {
			t.Errorf("the problem is %q after a change of another rule", got)
		}
		source.set(append(full[1:], more)...)
		time.Sleep(time.Minute)
		if got := problem("more"); got != "" {
			t.Errorf("a rule stays left out for which there is room: %s", got)
		}
	})
}
