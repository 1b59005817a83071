package teleporttest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

var (
	requestKind = types.WatchKind{Kind: types.KindAccessRequest}
	ruleKind    = types.WatchKind{Kind: types.KindAccessMonitoringRule}
	nodeKind    = types.WatchKind{Kind: types.KindNode}
)

func TestWatchKinds(t *testing.T) {
	for name, tt := range map[string]struct {
		version string
		user    string
		watch   types.Watch
		want    []types.WatchKind
		// errKind and err are how the watch ends; empty if it starts.
		errKind, err string
	}{
		"both": {
			user: PluginRole, watch: types.Watch{Kinds: []types.WatchKind{requestKind, ruleKind}},
			want: []types.WatchKind{requestKind, ruleKind},
		},
		"old server, partial": {
			version: "15.1.9", user: PluginRole,
			watch: types.Watch{AllowPartialSuccess: true, Kinds: []types.WatchKind{requestKind, ruleKind}},
			want:  []types.WatchKind{requestKind},
		},
		"old server, all or nothing": {
			version: "15.1.9", user: PluginRole, watch: types.Watch{Kinds: []types.WatchKind{requestKind, ruleKind}},
			errKind: "BadParameter", err: "access_monitoring_rule",
		},
		"no right to rules, partial": {
			user:  "requests-only",
			watch: types.Watch{AllowPartialSuccess: true, Kinds: []types.WatchKind{ruleKind, requestKind}},
			want:  []types.WatchKind{requestKind},
		},
		"no right to rules, all or nothing": {
			user: "requests-only", watch: types.Watch{Kinds: []types.WatchKind{ruleKind, requestKind}},
			errKind: "AccessDenied", err: `access denied to perform action "read" on "access_monitoring_rule"`,
		},
		"no rights, partial": {
			user: "guest", watch: types.Watch{AllowPartialSuccess: true, Kinds: []types.WatchKind{requestKind, ruleKind}},
			errKind: "AccessDenied", err: `access denied to perform action "read" on "access_request"`,
		},
		"other kind": {
			user: AdminRole, watch: types.Watch{Kinds: []types.WatchKind{nodeKind}},
			errKind: "BadParameter", err: "node",
		},
		"unknown filter": {
			user: PluginRole, watch: types.Watch{Kinds: []types.WatchKind{{Kind: types.KindAccessRequest, Filter: map[string]string{"x": "y"}}}},
			errKind: "BadParameter", err: "unknown filter key",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := ForTest(t, Options{Version: tt.version, Permissions: map[string]Permissions{
				"requests-only": PluginPermissions().With(types.KindAccessMonitoringRule),
			}})
			w := watch(t, connect(t, s, tt.user), tt.watch)
			if tt.errKind != "" {
				wantErr(t, watchError(t, w), tt.errKind, tt.err)
				return
			}
			status, ok := nextEvent(t, w).Resource.(*types.WatchStatusV1)
			if !ok {
				t.Fatal("init event has no status")
			}
			if diff := cmp.Diff(tt.want, status.GetKinds()); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWatchFilters(t *testing.T) {
	s := ForTest(t, Options{})
	clt := connect(t, s, PluginRole)
	first := must(s.CreateRequest(RequestSpec{User: "alice"}))(t)
	filters := map[string]types.WatchKind{
		"by name":  {Kind: types.KindAccessRequest, Name: first},
		"by state": {Kind: types.KindAccessRequest, Filter: map[string]string{"state": "APPROVED"}},
		"by user":  {Kind: types.KindAccessRequest, Filter: map[string]string{"user": "bob"}},
		"rules":    ruleKind,
	}
	watches := map[string]types.Watcher{}
	for name, kind := range filters {
		watches[name] = watch(t, clt, types.Watch{Kinds: []types.WatchKind{kind}})
		nextEvent(t, watches[name])
	}
	second := must(s.CreateRequest(RequestSpec{User: "bob"}))(t)
	if err := s.Resolve(first, accessrequest.Approved, ""); err != nil {
		t.Fatal(err)
	}
	s.SetRules(Rule{Name: "r"})
	for name, want := range map[string]string{"by name": first, "by state": first, "by user": second, "rules": "r"} {
		if got := nextEvent(t, watches[name]).Resource.GetName(); got != want {
			t.Errorf("%s: first event of %s, want %s", name, got, want)
		}
	}
}

func TestEventDelay(t *testing.T) {
	const delay = 300 * time.Millisecond
	s := ForTest(t, Options{EventDelay: delay})
	w := watchRequests(t, connect(t, s, PluginRole))
	before := time.Now()
	ids := []string{must(s.CreateRequest(RequestSpec{}))(t), must(s.CreateRequest(RequestSpec{}))(t)}
	for _, id := range ids {
		if got := nextEvent(t, w).Resource.GetName(); got != id {
			t.Errorf("event of %s, want %s", got, id)
		}
		if took := time.Since(before); took < delay {
			t.Errorf("event after %v, want at least %v", took, delay)
		}
	}
}

func TestWatchKeepsOrder(t *testing.T) {
	s := ForTest(t, Options{})
	w := watchRequests(t, connect(t, s, PluginRole))
	var want, got []string
	for range 2000 {
		want = append(want, must(s.CreateRequest(RequestSpec{}))(t))
	}
	for range want {
		got = append(got, nextEvent(t, w).Resource.GetName())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
