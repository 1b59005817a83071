package teleporttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
)

const recordedPlugin = "accessnotifier/teleport/prod"

// replay drives a simulated server through a recording.
type replay struct {
	s             *Server
	admin, plugin *client.Client
	watcher       types.Watcher
	// id is the request that the steps are about; second the one to delete.
	id, second string
}

type recordedRequest struct {
	LenReason int             `json:"len_reason"`
	Resource  json.RawMessage `json:"resource"`
}

func TestReplayRequestsAndPluginData(t *testing.T) {
	s := ForTest(t, Options{Version: "15.1.9", OpenSource: true, ProxyPublicAddr: "localhost:13980"})
	r := &replay{s: s, admin: connect(t, s, AdminRole), plugin: connect(t, s, PluginRole)}
	for _, st := range recording(t, "requests-and-plugin-data.jsonl") {
		r.play(t, st)
	}
}

func (r *replay) play(t *testing.T, st step) {
	t.Helper()
	switch {
	case strings.HasPrefix(st.Step, "connect "), st.Step == "end":
	case strings.HasPrefix(st.Step, "plugin data "):
		r.playPluginData(t, st)
	case st.Step == "EVENT":
		r.playEvent(t, st)
	case strings.HasPrefix(st.Step, "ping"):
		r.playPing(t, st)
	case st.Step == "watch":
		r.watcher = watch(t, r.plugin, types.Watch{AllowPartialSuccess: true, Kinds: []types.WatchKind{
			{Kind: types.KindAccessRequest}, {Kind: types.KindAccessMonitoringRule},
		}})
	case st.Step == "create":
		r.playCreate(t, st)
	case st.Step == "list all":
		r.playList(t, st, types.AccessRequestFilter{})
	case st.Step == "get by id":
		r.playList(t, st, types.AccessRequestFilter{ID: r.id})
	default:
		st.check(t, r.call(t, st.Step))
	}
}

// call does what a step with nothing but an error to compare did.
func (r *replay) call(t *testing.T, name string) (err error) {
	t.Helper()
	ctx := t.Context()
	switch name {
	case "list page of 2":
		_, err = r.plugin.ListAccessRequests(ctx, &proto.ListAccessRequestsRequest{Limit: 2})
	case "approve":
		err = r.admin.SetAccessRequestState(ctx, types.AccessRequestUpdate{RequestID: r.id, State: types.RequestState_APPROVED, Reason: "ok then"})
	case "delete":
		err = r.admin.DeleteAccessRequest(ctx, r.second)
	case "plugin submits review":
		_, err = r.plugin.SubmitAccessReview(ctx, types.AccessReviewSubmission{
			RequestID: r.id, Review: types.AccessReview{Author: "x", ProposedState: types.RequestState_APPROVED},
		})
	case "list access monitoring rules":
		_, _, err = r.plugin.AccessMonitoringRulesClient().ListAccessMonitoringRules(ctx, 10, "")
	case "get role":
		_, err = r.plugin.GetRole(ctx, PluginRole)
	case "get user":
		_, err = r.plugin.GetUser(ctx, "myuser", false)
	case "access lists":
		_, err = r.plugin.AccessListClient().GetAccessLists(ctx)
	default:
		t.Fatalf("recording has a step %q that the replay does not know", name)
	}
	return err
}

func (r *replay) playPing(t *testing.T, st step) {
	t.Helper()
	pong := must(r.plugin.Ping(t.Context()))(t)
	if st.Step == "ping via proxy" {
		if want := value[string](t, st); pong.ClusterName != want {
			t.Errorf("cluster name = %q, recorded %q", pong.ClusterName, want)
		}
		return
	}
	recorded := value[map[string]any](t, st)
	pong.RemoteAddr = recorded["remote_addr"].(string)
	var simulated map[string]any
	if err := json.Unmarshal(must(json.Marshal(pong))(t), &simulated); err != nil {
		t.Fatal(err)
	}
	// The newer API module prints a field that the recording's client did not.
	for key := range simulated {
		if _, ok := recorded[key]; !ok {
			delete(simulated, key)
		}
	}
	compare(t, st.Step, recorded, simulated)
}

func (r *replay) playCreate(t *testing.T, st step) {
	t.Helper()
	recorded := value[recordedRequest](t, st)
	var want types.AccessRequestV3
	if string(recorded.Resource) == `"omitted"` {
		want.Spec = types.AccessRequestSpecV3{
			User: "myuser", Roles: []string{"editor"}, RequestReason: strings.Repeat("é", recorded.LenReason/2),
		}
	} else if err := json.Unmarshal(recorded.Resource, &want); err != nil {
		t.Fatal(err)
	}
	req := must(types.NewAccessRequest("ignored", want.Spec.User, want.Spec.Roles...))(t)
	req.SetRequestReason(want.Spec.RequestReason)
	req.SetSuggestedReviewers(want.Spec.SuggestedReviewers)
	if got := len(req.GetRequestReason()); got != recorded.LenReason {
		t.Fatalf("reason has %d bytes, recorded %d", got, recorded.LenReason)
	}

	created, err := r.admin.CreateAccessRequestV2(t.Context(), req)
	st.check(t, err)
	if err != nil {
		return
	}
	if created.GetName() == "ignored" {
		t.Error("the server took the client's id")
	}
	if want.GetName() != "" {
		compare(t, st.Step, recorded.Resource, created)
	}
	switch created.GetRequestReason() {
	case "to be deleted":
		r.second = created.GetName()
	default:
		if r.id == "" {
			r.id = created.GetName()
		}
	}
}

func (r *replay) playList(t *testing.T, st step, filter types.AccessRequestFilter) {
	t.Helper()
	got, err := r.plugin.GetAccessRequests(t.Context(), filter)
	st.check(t, err)
	if want := value[int](t, st); len(got) != want {
		t.Errorf("%s: %d requests, recorded %d", st.Step, len(got), want)
	}
}

func (r *replay) playEvent(t *testing.T, st step) {
	t.Helper()
	recorded := value[struct {
		GoType   string          `json:"goType"`
		Op       string          `json:"op"`
		Resource json.RawMessage `json:"resource"`
	}](t, st)
	event := nextEvent(t, r.watcher)
	name := fmt.Sprintf("event %s %s", recorded.Op, recorded.GoType)
	if got := fmt.Sprintf("event %s %T", event.Type, event.Resource); got != name {
		t.Errorf("%s, recorded %s", got, name)
	}
	compare(t, name, recorded.Resource, event.Resource)
}

func (r *replay) playPluginData(t *testing.T, st step) {
	t.Helper()
	ctx := t.Context()
	name := strings.TrimPrefix(st.Step, "plugin data ")
	filters := map[string]types.PluginDataFilter{
		"get, none yet":     {Resource: r.id, Plugin: recordedPlugin},
		"get one":           {Resource: r.id, Plugin: recordedPlugin},
		"get all of plugin": {Plugin: recordedPlugin},
		"get all":           {},
		"after delete":      {Resource: r.second, Plugin: recordedPlugin},
	}
	if filter, ok := filters[name]; ok {
		filter.Kind = types.KindAccessRequest
		got, err := r.plugin.GetPluginData(ctx, filter)
		st.check(t, err)
		r.comparePluginData(t, st, got)
		return
	}
	absent, v1 := map[string]string{"record": ""}, map[string]string{"record": "v1"}
	value := func(n int) map[string]string { return map[string]string{"record": strings.Repeat("x", n)} }
	params, ok := map[string]types.PluginDataUpdateParams{
		"set, expect absent":       update(r.id, recordedPlugin, absent, v1),
		"set, expect absent again": update(r.id, recordedPlugin, absent, v1),
		"set, expect v1":           update(r.id, recordedPlugin, v1, map[string]string{"record": "v2", "other": "x"}),
		"set, no expectation":      update(r.id, recordedPlugin, nil, map[string]string{"record": "v3"}),
		"delete key":               update(r.id, recordedPlugin, nil, map[string]string{"other": ""}),
		"100 KB":                   update(r.id, recordedPlugin, nil, value(100_000)),
		"1 MB":                     update(r.id, recordedPlugin, nil, value(1_000_000)),
		"3.5 MB":                   update(r.id, recordedPlugin, nil, value(3_500_000)),
		"5 MB":                     update(r.id, recordedPlugin, nil, value(5_000_000)),
		"small again":              update(r.id, recordedPlugin, nil, v1),
		"of unknown request":       update("ae7d8c4a-6fc1-4e26-b963-035e16de9acb", recordedPlugin, nil, v1),
		"for r2":                   update(r.second, recordedPlugin, nil, v1),
		"update after delete":      update(r.second, recordedPlugin, nil, map[string]string{"record": "v2"}),
	}[name]
	if !ok {
		t.Fatalf("recording has a step %q that the replay does not know", st.Step)
	}
	st.check(t, r.plugin.UpdatePluginData(ctx, params))
}

// comparePluginData compares which records there are and how long they live.
func (r *replay) comparePluginData(t *testing.T, st step, got []types.PluginData) {
	t.Helper()
	type record struct {
		ExpiresInS float64  `json:"expires_in_s"`
		Plugins    []string `json:"plugins"`
		Subkind    string   `json:"subkind"`
	}
	simulated := make([]record, 0, len(got))
	for _, data := range got {
		simulated = append(simulated, record{
			ExpiresInS: time.Until(data.Expiry()).Seconds(),
			Plugins:    slices.Sorted(maps.Keys(data.Entries())),
			Subkind:    data.GetSubKind(),
		})
	}
	near := cmp.Comparer(func(x, y float64) bool { return x-y < 60 && y-x < 60 })
	if diff := cmp.Diff(value[[]record](t, st), simulated, near); diff != "" {
		t.Errorf("%s differs (-recorded +simulated):\n%s", st.Step, diff)
	}
}
