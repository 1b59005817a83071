package routing_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/routing/match"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// channels are recipients that have to be channels.
func channels(names ...string) (all []routing.Recipient) {
	for _, name := range names {
		all = append(all, routing.Recipient{Name: name, Kind: routing.Channel})
	}
	return all
}

// routed is the notifier's own rules with these routes.
func routed(routes ...routing.RouteRule) routing.Rules {
	rules := editor
	rules.Routes = routes
	return rules
}

var (
	toProd  = routing.RouteRule{Name: "production", Match: match.Source{Roles: []string{"prod-*"}}, Recipients: channels("dba")}
	toAlice = routing.RouteRule{Name: "alice", Match: match.Source{Condition: `request.user == "alice"`}, Recipients: channels("lead")}
	quiet   = routing.RouteRule{Name: "quiet", Match: match.Source{Roles: []string{"quiet", "prod-test"}}, Suppress: true}
	broken  = routing.RouteRule{Name: "broken", Match: match.Source{Condition: `request.usr == "x"`}, Recipients: channels("x")}
)

func TestRoutesThatMatchAddUp(t *testing.T) {
	for name, tt := range map[string]struct {
		routes    []routing.RouteRule
		monitored []accessrequest.MonitoringRule
		request   accessrequest.Request
		want      string
	}{
		"none that matches": {routes: []routing.RouteRule{toProd, quiet}, request: ask("editor"), want: defaults},
		"one that matches": {
			routes: []routing.RouteRule{toProd}, request: ask("editor", "prod-db"), want: "dba audit (dba, or else " + defaults + ")",
		},
		"two that match": {
			routes: []routing.RouteRule{toProd, toAlice}, request: ask("prod-db"), want: "dba lead audit (dba lead, or else audit bob@example.com)",
		},
		"and an Access Monitoring Rule": {
			routes: []routing.RouteRule{toProd, toAlice}, monitored: []accessrequest.MonitoringRule{rule("a", anyRequest, "on-call")}, request: ask("editor"),
			want: "lead on-call audit (lead on-call, or else " + defaults + ")",
		},
		"one for every request": {
			routes: []routing.RouteRule{{Name: "all", Recipients: channels("all")}}, request: ask(), want: "all audit (all, or else audit bob@example.com)",
		},
		"one that cannot be compiled": {
			routes: []routing.RouteRule{broken, toAlice}, request: ask("editor"), want: "lead audit (lead, or else " + defaults + ")",
		},
		"one that suppresses": {routes: []routing.RouteRule{quiet}, request: ask("quiet"), want: "audit"},
		"one that suppresses and one that notifies": {
			routes: []routing.RouteRule{quiet, toProd}, request: ask("prod-test"), want: "dba audit (dba, or else audit bob@example.com)",
		},
		"one that suppresses and an Access Monitoring Rule": {
			routes: []routing.RouteRule{quiet}, monitored: []accessrequest.MonitoringRule{rule("a", anyRequest, "on-call")}, request: ask("quiet"),
			want: "on-call audit (on-call, or else audit bob@example.com)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			router := routing.NewMonitoringRouter(routed(tt.routes...), newTeleport(tt.monitored...))
			if got := told(t, router, tt.request); got != tt.want {
				t.Errorf("told are %s, want %s", got, tt.want)
			}
			route, err := router.Route(t.Context(), tt.request)
			if silent := tt.want == "audit"; err != nil || route.Suppressed != silent {
				t.Errorf("the request is suppressed: %v (%v)", route.Suppressed, err)
			}
		})
	}
}

func TestRecipientsOfRoutesAreConfigured(t *testing.T) {
	router := routing.NewRuleRouter(routed(toProd, routing.RouteRule{Name: "b", Recipients: []routing.Recipient{
		{Name: "audit", Kind: routing.User}, {Name: "dba", Kind: routing.Channel},
	}}))
	want := []routing.Recipient{{Name: "audit"}, {Name: "audit", Kind: routing.User}, {Name: "dba", Kind: routing.Channel}, {Name: "editors"}}
	if diff := cmp.Diff(want, router.Configured()); diff != "" {
		t.Errorf("configured recipients (-want +got):\n%s", diff)
	}
}

// TestARouteWithAProblemIsNamed covers all that can be wrong with one, and that it stays named
// while other requests have no problem.
func TestARouteWithAProblemIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		router := routing.NewMonitoringRouter(routed(
			toProd, broken, quiet,
			routing.RouteRule{Name: "key", Match: match.Source{Condition: `request.annotations[request.user] == []`}, Recipients: channels("x")},
			routing.RouteRule{Name: "long", Match: match.Source{Condition: `request.user == "` + strings.Repeat("x", 64<<10) + `"`}, Recipients: channels("x")},
			routing.RouteRule{
				Name: "costly", Match: match.Source{Condition: `request.roles.exists(a, request.roles.exists(b, a + b == request.user))`}, Recipients: channels("x"),
			},
		), newTeleport())
		hostile := ask(strings.Split(strings.Repeat("prod-test,", 1000), ",")...)
		if got := told(t, router, hostile); got != "dba audit (dba, or else audit bob@example.com)" {
			t.Errorf("told are %s", got)
		}
		fine := ask("prod-db")
		fine.Annotations, fine.Created = map[string][]string{"alice": nil}, made.Add(time.Hour)
		told(t, router, fine)

		routes := func() []status.Rule { return router.Routes() }
		problem := func(path, text string) string { return "spec.routes[" + path + "].match.condition" + text }
		want := []status.Rule{
			{Name: "production", LastMatch: made.Add(time.Hour)},
			{Name: "broken", Problem: problem("1", ":1:8: undefined field 'usr'"), Invalid: true},
			{Name: "quiet", LastMatch: made, Overruled: true},
			{Name: "key", LastMatch: made.Add(time.Hour), Problem: problem("3", `:1:20: it cannot be judged for some request: there is no such key: ask for it with "in" first`)},
			{Name: "long", Problem: problem("4", ": it has 65554 bytes, and at most 16384 are read: shorten it"), Invalid: true},
			{Name: "costly", Problem: problem("5", ": it takes too long to be judged for some request: shorten it")},
		}
		if diff := cmp.Diff(want, routes()); diff != "" {
			t.Errorf("routes (-want +got):\n%s", diff)
		}
		time.Sleep(31 * time.Minute)
		want[2].Overruled, want[3].Problem, want[5].Problem = false, "", ""
		if diff := cmp.Diff(want, routes()); diff != "" {
			t.Errorf("later (-want +got):\n%s", diff)
		}
		router.Replace(routed(toProd))
		if diff := cmp.Diff([]status.Rule{{Name: "production"}}, routes()); diff != "" {
			t.Errorf("with other routes (-want +got):\n%s", diff)
		}
	})
}

// TestLabelsOfResources covers a route and a rule about them: the labels are read once, and
// only if a condition needs them. Without permission neither can be judged.
func TestLabelsOfResources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTeleport(rule("dev", `access_request.spec.resource_labels_intersection["env"].contains("dev")`, "devs"))
		source.labels = []map[string]string{{"env": "dev"}, {"env": "dev", "os": "linux"}}
		router := routing.NewMonitoringRouter(routed(
			routing.RouteRule{Name: "linux", Match: match.Source{Condition: `request.resources.exists(r, "os" in r.labels)`}, Recipients: channels("linux")},
		), source)
		go router.Follow(t.Context())
		if told(t, router, ask("editor")); source.asked != 0 {
			t.Error("labels are read of a request without resources")
		}
		asked := ask("editor")
		asked.Resources = []accessrequest.Resource{{Kind: "node", Name: "a"}, {Kind: "node", Name: "b"}}
		if got, want := told(t, router, asked), "linux devs audit (linux devs, or else "+defaults+")"; got != want || source.asked != 1 {
			t.Errorf("told are %s after %d questions, want %s", got, source.asked, want)
		}
		source.deny(errors.New("no connection"))
		if got := told(t, router, asked); !strings.Contains(got, "labels of resources cannot be read now: no connection") {
			t.Errorf("told are %s", got)
		}
		source.deny(fmt.Errorf("a requested resource is not shown: %w", accessrequest.ErrNotAllowed))
		if got := told(t, router, asked); got != defaults {
			t.Errorf("told are %s", got)
		}
		const problem = "its condition is about labels of resources: let the role list and read them: " +
			"a requested resource is not shown: the role of the identity does not allow it"
		if got := router.MonitoringRules(nil).Rules[0].Problem; got != problem {
			t.Errorf("the problem of the rule is %q", got)
		}
		if got := router.Routes()[0].Problem; got != "spec.routes[0].match.condition: "+problem {
			t.Errorf("the problem of the route is %q", got)
		}
		changed := router.Changed()
		source.deny(nil)
		<-changed
		if got := router.Routes()[0].Problem + router.MonitoringRules(nil).Rules[0].Problem; got != "" {
			t.Errorf("the problem is still %q", got)
		}
	})
}

// TestARouteAboutTraits covers a role that allows it later, and traits that cannot be read
// for a while.
func TestARouteAboutTraits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newTeleport()
		source.traits = map[string][]string{"team": {"db"}}
		router := routing.NewMonitoringRouter(routed(routing.RouteRule{
			Name: "team", Match: match.Source{Roles: []string{"editor"}, Condition: `"db" in user.traits[?"team"].orValue([])`}, Recipients: channels("db"),
		}), source)
		ctx := t.Context()
		go router.Follow(ctx)
		told(t, router, ask("other"))
		if source.asked != 0 {
			t.Error("the traits are read though the roles do not match")
		}
		source.deny(errors.New("no connection"))
		if got, want := told(t, router, ask("editor")), "audit: route team: the requester's traits cannot be read now: no connection"; got != want {
			t.Errorf("told are %s, want %s", got, want)
		}
		source.deny(accessrequest.ErrNotAllowed)
		if got := told(t, router, ask("editor")); got != defaults {
			t.Errorf("told are %s", got)
		}
		const problem = "spec.routes[0].match.condition: its condition is about the requester's traits: let the role read users: the role of the identity does not allow it"
		if got := router.Routes()[0].Problem; got != problem {
			t.Errorf("the problem is %q", got)
		}
		changed := router.Changed()
		source.deny(nil)
		<-changed
		if got := router.Routes()[0].Problem; got != "" {
			t.Errorf("the problem is still %q", got)
		}
		if got := told(t, router, ask("editor")); got != "db audit (db, or else "+defaults+")" {
			t.Errorf("told are %s", got)
		}
	})
}
