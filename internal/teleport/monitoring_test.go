package teleport

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	rulesv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/accessmonitoringrules/v1"
	headerv1 "github.com/gravitational/teleport/api/gen/proto/go/teleport/header/v1"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// awaitRules waits until the names of the rules are those.
func awaitRules(t *testing.T, s *SessionHandle, names ...string) *accessrequest.MonitoringRules {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		changed := s.MonitoringRulesChanged()
		rules := s.MonitoringRules()
		var got []string
		for _, rule := range rules.Rules {
			got = append(got, rule.Name)
		}
		if rules.Known && strings.Join(got, " ") == strings.Join(names, " ") {
			return rules
		}
		select {
		case <-changed:
		case <-limit:
			t.Fatalf("the rules are %q, want %q", got, names)
		}
	}
}

func TestRulesAreMirrored(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	first := teleporttest.Rule{Name: "first", Condition: "true", Plugin: "slack", Recipients: []string{"a", "b"}}
	srv.SetRules(first, teleporttest.Rule{Name: "review", Automatic: "APPROVED"}, teleporttest.Rule{Name: "other", Subjects: []string{"x"}, Plugin: "slack"})
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "synced", s.Synced)
	want := &accessrequest.MonitoringRules{Known: true, Rules: []accessrequest.MonitoringRule{
		{Name: "first", Condition: "true", Plugin: "slack", Recipients: []string{"a", "b"}},
	}}
	if diff := cmp.Diff(want, s.MonitoringRules()); diff != "" {
		t.Errorf("rules as soon as requests are listed (-want +got):\n%s", diff)
	}
	if before, after := s.MonitoringRules(), s.MonitoringRules(); before != after {
		t.Error("the rules are others without a change")
	}
	second := teleporttest.Rule{Name: "second", Condition: "false", Plugin: "discord"}
	srv.SetRules(first, second)
	awaitRules(t, s, "first", "second")
	second.Plugin = ""
	srv.SetRules(second)
	awaitRules(t, s)
	if got := srv.Calls()["ListAccessMonitoringRules"]; got != 1 {
		t.Errorf("rules were listed %d times", got)
	}
}

// A server or a role that does not give rules costs nothing but a sentence.
func TestServersAndRolesThatDoNotGiveRules(t *testing.T) {
	const kind = types.KindAccessMonitoringRule
	plugin := teleporttest.PluginPermissions()
	tests := map[string]struct {
		version     string
		permissions teleporttest.Permissions
		want        string
	}{
		"an old server": {version: "15.1.9", permissions: plugin, want: "has no Access Monitoring Rules"},
		"no permission": {permissions: plugin.With(kind), want: "may not list access_monitoring_rule: let a role of that user allow list and read on access_monitoring_rule."},
		"read only":     {permissions: plugin.With(kind, types.VerbRead), want: "may not list access_monitoring_rule"},
		"list only":     {permissions: plugin.With(kind, types.VerbList), want: "may not read access_monitoring_rule"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			srv := teleporttest.ForTest(t, teleporttest.Options{
				Version: tt.version, Permissions: map[string]teleporttest.Permissions{teleporttest.PluginRole: tt.permissions},
			})
			srv.SetRules(teleporttest.Rule{Name: "rule", Condition: "true", Plugin: "slack"})
			id := create(t, srv, teleporttest.RequestSpec{})
			s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
			await(t, heard, "synced", s.Synced)
			assertPresence(t, s, id, accessrequest.Present)
			assertStatus(t, s, true, "")
			rules := s.MonitoringRules()
			if !rules.Known || len(rules.Rules) > 0 || !strings.Contains(rules.Problem, tt.want) {
				t.Errorf("rules are %+v, want the problem %q", rules, tt.want)
			}
			assertSentence(t, rules.Problem)
		})
	}
}

func TestPartsOfRulesOfNewerServers(t *testing.T) {
	const number = teleporttest.FieldSchedules
	week := map[string]accessrequest.Schedule{
		"nights": {TimeZone: "America/Los_Angeles", Shifts: []accessrequest.Shift{
			{Weekday: "Friday", Start: "17:00", End: "23:59"}, {Weekday: "Saturday", Start: "00:00", End: "06:00"},
		}},
		"noon": {Shifts: []accessrequest.Shift{{Weekday: "Monday", Start: "12:00", End: "13:00"}}},
	}
	shift := func(parts ...string) []byte {
		var out []byte
		for i, part := range parts {
			out = raw(out, protowire.Number(i+1), []byte(part))
		}
		return out
	}
	entry := func(parts ...[]byte) []byte {
		var times []byte
		for i, part := range parts {
			times = raw(times, protowire.Number(i+1), part)
		}
		return raw(nil, number, raw(raw(nil, 1, []byte("name")), 2, raw(nil, 1, times)))
	}
	good := shift("Friday", "17:00", "23:59")
	tests := map[string]struct {
		rule      teleporttest.Rule
		schedules map[string]accessrequest.Schedule
		unknown   bool
	}{
		"an automatic review": {rule: teleporttest.Rule{Automatic: "DENIED"}},
		"schedules":           {rule: teleporttest.Rule{Schedules: week}, schedules: week},
		"a shift":             {rule: teleporttest.Rule{Raw: entry(good)}, schedules: map[string]accessrequest.Schedule{"name": {Shifts: []accessrequest.Shift{{Weekday: "Friday", Start: "17:00", End: "23:59"}}}}},

		"another field":              {rule: teleporttest.Rule{Raw: rawNumber(nil, 9, 1)}, unknown: true},
		"a text":                     {rule: teleporttest.Rule{Raw: raw(nil, 9, []byte("x"))}, unknown: true},
		"schedules in two fields":    {rule: teleporttest.Rule{Schedules: week, Raw: raw(nil, 9, entry(good)[2:])}, unknown: true},
		"no shifts":                  {rule: teleporttest.Rule{Raw: entry()}, unknown: true},
		"a shift with one more part": {rule: teleporttest.Rule{Raw: entry(shift("Friday", "17:00", "23:59", "x"))}, unknown: true},
		"a shift with one less":      {rule: teleporttest.Rule{Raw: entry(shift("Friday", "17:00"))}, unknown: true},
		"no weekday":                 {rule: teleporttest.Rule{Raw: entry(shift("Fridays", "17:00", "23:59"))}, unknown: true},
		"no time of day":             {rule: teleporttest.Rule{Raw: entry(shift("Friday", "17:00", "24:00"))}, unknown: true},
		"no time zone":               {rule: teleporttest.Rule{Raw: entry(good, []byte("Mars/Olympus"))}, unknown: true},
		"two time zones":             {rule: teleporttest.Rule{Raw: entry(good, []byte("UTC"), []byte("UTC"))}, unknown: true},
		"a limit beside the shifts": {
			rule:    teleporttest.Rule{Raw: raw(nil, number, raw(raw(nil, 1, []byte("name")), 2, raw(raw(nil, 1, raw(nil, 1, good)), 2, nil)))},
			unknown: true,
		},
		"a number beside the shifts": {
			rule:    teleporttest.Rule{Raw: raw(nil, number, raw(raw(nil, 1, []byte("name")), 2, raw(nil, 1, rawNumber(raw(nil, 1, good), 3, 1))))},
			unknown: true,
		},
	}
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "synced", s.Synced)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.rule.Name, tt.rule.Condition, tt.rule.Plugin = name, "true", "slack"
			srv.SetRules(tt.rule)
			got := awaitRules(t, s, name).Rules[0]
			want := accessrequest.MonitoringRule{Name: name, Condition: "true", Plugin: "slack", Unknown: tt.unknown}
			if !tt.unknown {
				want.Schedules = tt.schedules
			}
			if got.Unknown {
				got.Schedules = nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rule (-want +got):\n%s", diff)
			}
		})
	}
}

// fakeRule is a rule of the plugin slack.
func fakeRule(name string) *rulesv1.AccessMonitoringRule {
	return &rulesv1.AccessMonitoringRule{
		Kind: types.KindAccessMonitoringRule, Version: types.V1, Metadata: &headerv1.Metadata{Name: name},
		Spec: &rulesv1.AccessMonitoringRuleSpec{
			Subjects: []string{types.KindAccessRequest}, Condition: "true", Notification: &rulesv1.Notification{Name: "slack"},
		},
	}
}

func TestPartsOfRulesThatMayLimitThem(t *testing.T) {
	unknown := raw(nil, 99, []byte("x"))
	tests := map[string]func(*rulesv1.AccessMonitoringRule){
		"another version":          func(r *rulesv1.AccessMonitoringRule) { r.Version = "v2" },
		"a field of the rule":      func(r *rulesv1.AccessMonitoringRule) { r.ProtoReflect().SetUnknown(unknown) },
		"one of the notification":  func(r *rulesv1.AccessMonitoringRule) { r.Spec.Notification.ProtoReflect().SetUnknown(unknown) },
		"more recipients than fit": func(r *rulesv1.AccessMonitoringRule) { r.Spec.Notification.Recipients = make([]string, maxItems+1) },
	}
	for name, change := range tests {
		rule := fakeRule("rule")
		change(rule)
		if got, concerns := convertRule(rule); !concerns || !got.Unknown {
			t.Errorf("%s: %+v, %v", name, got, concerns)
		}
	}
	for _, rule := range []*rulesv1.AccessMonitoringRule{nil, {}, {Spec: &rulesv1.AccessMonitoringRuleSpec{Subjects: []string{types.KindAccessRequest}}}} {
		if got, concerns := convertRule(rule); concerns {
			t.Errorf("%v is taken for %+v", rule, got)
		}
	}
	long := fakeRule("rule")
	long.Spec.Condition = strings.Repeat("x", 1<<20)
	if got, _ := convertRule(long); len(got.Condition) != maxCondition {
		t.Errorf("%d bytes of a condition are kept", len(got.Condition))
	}
}

// What is known of rules stays while they cannot be read, and requests do not wait for
// them.
func TestRulesThatCannotBeReadNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{rulesErr: errRefused, requests: []*types.AccessRequestV3{fakeRequest("a", types.RequestState_PENDING)}}
		s, _ := startSession(t, server, bot())
		assertPresence(t, s, "a", accessrequest.Present)
		if got := s.MonitoringRules(); !got.Known || !strings.Contains(got.Problem, "cannot be read now") {
			t.Errorf("rules are %+v", got)
		}
		server.with(func(f *fakeServer) { f.rules, f.rulesErr = []*rulesv1.AccessMonitoringRule{fakeRule("rule")}, nil })
		time.Sleep(time.Minute) // far less than until the next full list
		if got := awaitRules(t, s, "rule"); got.Problem != "" {
			t.Errorf("the problem is still %q", got.Problem)
		}
		server.with(func(f *fakeServer) { f.rules, f.rulesErr = nil, context.DeadlineExceeded })
		time.Sleep(15 * time.Minute)
		if got := awaitRules(t, s, "rule"); got.Problem == "" {
			t.Error("there is no problem")
		}
		server.with(func(f *fakeServer) { f.rulesErr = trace.AccessDenied("access denied") })
		time.Sleep(15 * time.Minute)
		awaitRules(t, s)
		assertStatus(t, s, true, "")
		if got := s.Status().Reconnects; got != 0 {
			t.Errorf("%d reconnects", got)
		}
	})
}

func TestRulesAreBounded(t *testing.T) {
	var many []*rulesv1.AccessMonitoringRule
	for i := range maxRules + 1 {
		many = append(many, fakeRule(fmt.Sprintf("%05d", i)))
	}
	large := fakeRule("large")
	large.Spec.Condition = strings.Repeat("x", maxCondition)
	var size []*rulesv1.AccessMonitoringRule
	for i := range maxRulesSize / maxCondition {
		rule := fakeRule(fmt.Sprint(i))
		rule.Spec.Condition = large.Spec.Condition
		size = append(size, rule)
	}
	for name, rules := range map[string][]*rulesv1.AccessMonitoringRule{"many": many, "large": size} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &fakeServer{rules: rules}
				s, _ := startSession(t, server, bot())
				client := server.client(t, 0)
				for i := range 3 {
					more := fakeRule(fmt.Sprint("more", i))
					more.Spec.Condition = large.Spec.Condition
					client.send(types.Event{Type: types.OpPut, Resource: types.Resource153ToLegacy(more)})
				}
				synctest.Wait()
				got := s.MonitoringRules()
				if len(got.Rules) > maxRules || s.monitoring.size > maxRulesSize || len(got.Rules) < len(rules)-1 {
					t.Errorf("%d rules of %d bytes are kept", len(got.Rules), s.monitoring.size)
				}
				if !strings.Contains(got.Problem, "more Access Monitoring Rules than are kept") {
					t.Errorf("the problem is %q", got.Problem)
				}
				assertStatus(t, s, true, "")
			})
		})
	}
}

func TestAnEventAboutARuleIsBelievedAgainstAListThatTrails(t *testing.T) {
	m := newRuleMirror()
	began := time.Now()
	list := func(began time.Time, names ...string) *ruleList {
		l := &ruleList{began: began, rules: map[string]accessrequest.MonitoringRule{}}
		for _, name := range names {
			l.rules[name] = accessrequest.MonitoringRule{Name: name}
		}
		return l
	}
	has := func(want ...string) {
		t.Helper()
		for _, name := range want {
			if _, ok := m.rules[name]; !ok {
				t.Errorf("%s is missing", name)
			}
		}
		if len(m.rules) != len(want) {
			t.Errorf("%d rules, want %q", len(m.rules), want)
		}
	}
	m.replace(list(began, "a", "gone"))
	m.put("gone", nil, began.Add(time.Second))
	m.put("new", &accessrequest.MonitoringRule{Name: "new"}, began.Add(time.Second))
	has("a", "new")
	m.replace(list(began.Add(2*time.Second), "a", "gone"))
	has("a", "new")
	m.replace(list(began.Add(time.Hour), "a", "gone"))
	has("a", "gone")
}

func TestTraits(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{
		Users:       []teleporttest.User{{Name: "alice", Traits: map[string][]string{"team": {"dev"}}}},
		Permissions: map[string]teleporttest.Permissions{teleporttest.PluginRole: teleporttest.PluginPermissions().With(types.KindUser, types.VerbRead)},
	})
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "connected", func() bool { return s.Status().Connected })
	for user, want := range map[string]map[string][]string{"alice": {"team": {"dev"}}, "unknown": nil} {
		for range 2 {
			got, err := s.Traits(t.Context(), user)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("traits of %s (-want +got, %v):\n%s", user, err, diff)
			}
		}
	}
	if got := srv.Calls()["GetUser"]; got != 2 {
		t.Errorf("%d calls, want one for each user", got)
	}
	srv.SetPermissions(teleporttest.PluginRole, teleporttest.PluginPermissions())
	for _, user := range []string{"bob", "carol", "bob"} {
		if _, err := s.Traits(t.Context(), user); !errors.Is(err, accessrequest.ErrNotAllowed) {
			t.Errorf("traits without permission: %v", err)
		}
	}
	if got := srv.Calls()["GetUser"]; got != 3 {
		t.Errorf("%d calls, want one more for all users", got)
	}
}
