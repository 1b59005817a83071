package teleporttest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/types"
	"google.golang.org/grpc/connectivity"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest/replay"
)

// notSimulated are steps of the recording that meet something else than an
// Auth server.
var notSimulated = []string{"connect to a plain web server", "connect to a port that accepts and says nothing"}

type limitsReplay struct {
	s       *Server
	clients map[string]*client.Client
	id      string
	watcher types.Watcher
}

func TestReplayConnectionsPermissionsLimits(t *testing.T) {
	s := ForTest(t, Options{Version: "15.1.9", OpenSource: true, Permissions: map[string]Permissions{
		"reader": {
			types.KindAccessRequest:    {types.VerbList, types.VerbRead},
			types.KindAccessPluginData: {types.VerbRead},
		},
	}})
	r := &limitsReplay{s: s, clients: map[string]*client.Client{}}
	r.seed(t)
	for _, st := range recording(t, "connections-permissions-limits.jsonl") {
		if !slices.Contains(notSimulated, st.Step) {
			r.play(t, st)
		}
	}
}

// seed makes what the recorded server held before: 3,006 requests, one of them
// resolved, and 29 records of the plugin "bulk".
func (r *limitsReplay) seed(t *testing.T) {
	t.Helper()
	for i := range 3006 {
		id := must(r.s.CreateRequest(RequestSpec{User: "myuser"}))(t)
		if i >= 29 {
			continue
		}
		if err := r.s.WritePluginData(id, "bulk", map[string]string{"k": "v"}); err != nil {
			t.Fatal(err)
		}
		r.id = id
	}
	if err := r.s.Resolve(r.id, accessrequest.Approved, ""); err != nil {
		t.Fatal(err)
	}
}

func (r *limitsReplay) play(t *testing.T, st replay.Step) {
	t.Helper()
	who, what, _ := strings.Cut(st.Step, ": ")
	if clt := r.clients[who]; clt != nil {
		r.playPermission(t, st, clt, what)
		return
	}
	switch st.Step {
	case "connect with identity of another cluster":
		r.playRefusedDial(t, st, IdentityOptions{OtherCluster: true}, "x509: certificate signed by unknown authority")
	case "connect to a closed port":
		r.refuse(t, true)
		r.playRefusedDial(t, st, IdentityOptions{}, "connect: connection refused")
		r.refuse(t, false)
	case "watch until server stops":
		r.watcher = watchRequests(t, r.clients["plugin"])
		r.refuse(t, true)
	case "watch ended":
		check(t, st, watchError(t, r.watcher))
	case "ping with the same client":
		r.playPing(t, st)
	default:
		if user, ok := strings.CutPrefix(st.Step, "connect "); ok {
			r.connect(t, user)
			return
		}
		r.playLimit(t, st)
	}
}

func (r *limitsReplay) connect(t *testing.T, recorded string) {
	t.Helper()
	user := recorded
	if recorded == "plugin" {
		user = PluginRole
	}
	r.clients[recorded] = connect(t, r.s, user)
}

func (r *limitsReplay) refuse(t *testing.T, on bool) {
	t.Helper()
	if err := r.s.RefuseConnections(on); err != nil {
		t.Fatal(err)
	}
}

// playRefusedDial expects the recorded cause in the error that client.New
// returns at its deadline.
func (r *limitsReplay) playRefusedDial(t *testing.T, st replay.Step, o IdentityOptions, cause string) {
	t.Helper()
	if !strings.Contains(st.Err, cause) {
		t.Fatalf("%s: recorded error does not hold %q", st.Step, cause)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	clt, err := dial(ctx, r.s, o)
	if err == nil {
		_ = clt.Close()
		t.Fatalf("%s: connected", st.Step)
	}
	if !strings.Contains(err.Error(), cause) {
		t.Errorf("%s: error %q does not hold %q", st.Step, err, cause)
	}
	if got := replay.ErrKind(err); got != st.ErrKind {
		t.Errorf("%s: error kind %q, recorded %q", st.Step, got, st.ErrKind)
	}
}

func (r *limitsReplay) playPermission(t *testing.T, st replay.Step, clt *client.Client, what string) {
	t.Helper()
	ctx := t.Context()
	switch what {
	case "ping":
		_, err := clt.Ping(ctx)
		check(t, st, err)
	case "watch ended":
		w := watch(t, clt, types.Watch{Kinds: []types.WatchKind{{Kind: types.KindAccessRequest}}})
		check(t, st, watchError(t, w))
	case "watch first event":
		w := watch(t, clt, types.Watch{Kinds: []types.WatchKind{{Kind: types.KindAccessRequest}}})
		if got, want := nextEvent(t, w).Type.String(), value[string](t, st); got != want {
			t.Errorf("%s: %s, recorded %s", st.Step, got, want)
		}
	case "list requests":
		r.count(t, st, value[int](t, st), types.AccessRequestFilter{}, clt)
	case "get plugin data":
		_, err := clt.GetPluginData(ctx, types.PluginDataFilter{Kind: types.KindAccessRequest, Resource: r.id})
		check(t, st, err)
	case "update plugin data":
		check(t, st, clt.UpdatePluginData(ctx, update(r.id, "p", nil, map[string]string{"k": "v"})))
	default:
		t.Fatalf("recording has a step %q that the replay does not know", st.Step)
	}
}

func (r *limitsReplay) count(t *testing.T, st replay.Step, want int, filter types.AccessRequestFilter, clt *client.Client) {
	t.Helper()
	got, err := clt.GetAccessRequests(t.Context(), filter)
	check(t, st, err)
	if len(got) != want {
		t.Errorf("%s: %d requests, recorded %d", st.Step, len(got), want)
	}
}

// counted is a recorded number of things; the seconds are the real server's.
type counted struct {
	N int `json:"n"`
}

func (r *limitsReplay) playLimit(t *testing.T, st replay.Step) {
	t.Helper()
	ctx, plugin := t.Context(), r.clients["plugin"]
	switch st.Step {
	case "create":
		r.id = must(r.s.CreateRequest(RequestSpec{User: "myuser"}))(t)
	case "largest plugin data value accepted":
		got, want := r.largestValue(t, plugin), value[int](t, st)
		if diff := got - want; diff < -200 || diff > 200 {
			t.Errorf("%s: %d bytes, recorded %d", st.Step, got, want)
		}
	case "second plugin beside a full one":
		check(t, st, plugin.UpdatePluginData(ctx, update(r.id, "second", nil, map[string]string{"k": strings.Repeat("x", 1000)})))
	case "16 writers, same expectation":
		r.playWriters(t, st, plugin)
	case "created":
		for range value[counted](t, st).N {
			must(r.s.CreateRequest(RequestSpec{User: "myuser"}))(t)
		}
	case "list all":
		r.count(t, st, value[counted](t, st).N, types.AccessRequestFilter{}, plugin)
	case "list pending":
		r.count(t, st, value[counted](t, st).N, types.AccessRequestFilter{State: types.RequestState_PENDING}, plugin)
	case "300 sequential plugin data updates":
		requests := r.s.Requests()
		for _, req := range requests[len(requests)-300:] {
			check(t, st, plugin.UpdatePluginData(ctx, update(req.ID, "bulk", nil, map[string]string{"k": "v"})))
		}
	case "get all plugin data of plugin bulk":
		got, err := plugin.GetPluginData(ctx, types.PluginDataFilter{Kind: types.KindAccessRequest, Plugin: "bulk"})
		check(t, st, err)
		if want := value[counted](t, st).N; len(got) != want {
			t.Errorf("%s: %d records, recorded %d", st.Step, len(got), want)
		}
	default:
		t.Fatalf("recording has a step %q that the replay does not know", st.Step)
	}
}

// largestValue leaves the largest value that is accepted.
func (r *limitsReplay) largestValue(t *testing.T, clt *client.Client) int {
	t.Helper()
	accepted, refused := 0, 2_000_000
	for refused-accepted > 1 {
		size := (accepted + refused) / 2
		err := clt.UpdatePluginData(t.Context(), update(r.id, "size", nil, map[string]string{"v": strings.Repeat("x", size)}))
		if err != nil {
			wantErr(t, err, "BadParameter", "plugin data size limit exceeded")
			refused = size
			continue
		}
		accepted = size
	}
	return accepted
}

// playWriters lets 16 writers race with one expectation on a new request.
func (r *limitsReplay) playWriters(t *testing.T, st replay.Step, clt *client.Client) {
	t.Helper()
	id := must(r.s.CreateRequest(RequestSpec{User: "myuser"}))(t)
	var wg sync.WaitGroup
	errs := make(chan error, 16)
	for i := range cap(errs) {
		wg.Go(func() {
			errs <- clt.UpdatePluginData(t.Context(), update(id, "race", map[string]string{"w": ""}, map[string]string{"w": fmt.Sprint(i + 1)}))
		})
	}
	wg.Wait()
	close(errs)
	got := map[string]int{}
	for err := range errs {
		if err == nil {
			got["ok"]++
			continue
		}
		got[fmt.Sprintf("%v: %v", replay.ErrKind(err) == "CompareFailed", err)]++
	}
	if diff := cmp.Diff(value[map[string]int](t, st), got); diff != "" {
		t.Errorf("%s differs (-recorded +simulated):\n%s", st.Step, diff)
	}
}

// playPing pings with the client that lost its server, once it knows, and
// after the server came back.
func (r *limitsReplay) playPing(t *testing.T, st replay.Step) {
	t.Helper()
	clt, state := r.clients["plugin"], connectivity.TransientFailure
	if st.Err == "" {
		r.refuse(t, false)
		state = connectivity.Ready
	}
	waitState(t, clt, state)
	_, err := clt.Ping(t.Context())
	check(t, st, err)
}
