package teleporttest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
)

func TestServerAge(t *testing.T) {
	for version, modern := range map[string]bool{"": true, "17.2.1": true, "16.0.0": true, "15.1.9": false} {
		t.Run(version, func(t *testing.T) {
			s := ForTest(t, Options{Version: version})
			must(s.CreateRequest(RequestSpec{}))(t)
			clt := connect(t, s, PluginRole)
			_, listErr := clt.ListAccessRequests(t.Context(), &proto.ListAccessRequestsRequest{})
			_, _, rulesErr := clt.AccessMonitoringRulesClient().ListAccessMonitoringRules(t.Context(), 0, "")
			if modern && (listErr != nil || rulesErr != nil) {
				t.Errorf("list: %v, rules: %v", listErr, rulesErr)
			}
			if !modern {
				wantErr(t, listErr, "NotImplemented", "unknown method ListAccessRequests")
				wantErr(t, rulesErr, "NotImplemented", "unknown service")
			}
			if got := must(clt.GetAccessRequests(t.Context(), types.AccessRequestFilter{}))(t); len(got) != 1 {
				t.Errorf("%d requests, want 1", len(got))
			}
		})
	}
	if _, err := Start(Options{Version: "new"}); err == nil {
		t.Error("a malformed version is accepted")
	}
}

func TestPing(t *testing.T) {
	s := ForTest(t, Options{AdvancedAccessWorkflows: true})
	pong := must(connect(t, s, "guest").Ping(t.Context()))(t)
	if pong.ClusterName != "lab" || pong.ServerVersion != "17.2.1" || pong.ProxyPublicAddr != "teleport.example.com:443" ||
		!pong.ServerFeatures.GetAdvancedAccessWorkflows() {
		t.Errorf("ping = %+v", pong)
	}
}

func TestUsersAndRoles(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, AdminRole)
	_, err := clt.GetUser(t.Context(), "bob", false)
	wantErr(t, err, "NotFound", "bob")
	s.SetUser(User{Name: "bob", Traits: map[string][]string{"team": {"a"}}})
	bob := must(clt.GetUser(t.Context(), "bob", false))(t)
	if diff := cmp.Diff(map[string][]string{"team": {"a"}}, bob.GetTraits()); diff != "" {
		t.Errorf("traits (-want +got):\n%s", diff)
	}
	if self := must(clt.GetCurrentUser(t.Context()))(t); self.GetName() != AdminRole {
		t.Errorf("current user = %s", self.GetName())
	}
	_, err = clt.GetRole(t.Context(), "none")
	wantErr(t, err, "NotFound", "none")
}

func TestRules(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	w := watch(t, clt, types.Watch{Kinds: []types.WatchKind{ruleKind}})
	nextEvent(t, w)
	s.SetRules(
		Rule{Name: "a", Plugin: "slack", Condition: "true", Recipients: []string{"x"}},
		Rule{Name: "b", Plugin: "discord"},
		Rule{Name: "c", Plugin: "slack", Subjects: []string{"user"}},
	)
	s.SetRules(Rule{Name: "b", Plugin: "slack"}, Rule{Name: "c", Plugin: "slack", Subjects: []string{"user"}})

	var events []string
	for range 6 {
		event := nextEvent(t, w)
		events = append(events, event.Type.String()+" "+event.Resource.GetName())
	}
	if diff := cmp.Diff([]string{"Put a", "Put b", "Put c", "Delete a", "Put b", "Put c"}, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	rules := clt.AccessMonitoringRulesClient()
	page, next, err := rules.ListAccessMonitoringRules(t.Context(), 1, "")
	if err != nil || len(page) != 1 || page[0].Metadata.Name != "b" || next == "" {
		t.Errorf("first page: %v, next %q, error %v", page, next, err)
	}
	page, next, err = rules.ListAccessMonitoringRules(t.Context(), 1, next)
	if err != nil || len(page) != 1 || page[0].Metadata.Name != "c" || next != "" {
		t.Errorf("second page: %v, next %q, error %v", page, next, err)
	}
	page, _, err = rules.ListAccessMonitoringRulesWithFilter(t.Context(), 0, "", []string{types.KindAccessRequest}, "slack")
	if err != nil || len(page) != 1 || page[0].Metadata.Name != "b" {
		t.Errorf("filtered: %v, error %v", page, err)
	}
	rule := must(rules.GetAccessMonitoringRule(t.Context(), "b"))(t)
	if rule.Spec.Notification.Name != "slack" {
		t.Errorf("rule b is for %s", rule.Spec.Notification.Name)
	}
	_, err = rules.GetAccessMonitoringRule(t.Context(), "a")
	wantErr(t, err, "NotFound", "a")
}

func TestFeaturesOfOpenSourceServers(t *testing.T) {
	for version, named := range map[string]bool{"15.1.9": false, "17.2.1": true} {
		s := ForTest(t, Options{Version: version, OpenSource: true, AdvancedAccessWorkflows: true})
		pong := must(connect(t, s, "guest").Ping(t.Context()))(t)
		if (pong.ServerFeatures != nil) != named || pong.ServerFeatures.GetAdvancedAccessWorkflows() {
			t.Errorf("%s names the features %v", version, pong.ServerFeatures)
		}
	}
}
