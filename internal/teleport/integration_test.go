package teleport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/types"
	"go.uber.org/goleak"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// connectSession runs a pool with one session at srv.
func connectSession(t *testing.T, srv *teleporttest.Server, id *Identity) (*Lease, *recorder) {
	t.Helper()
	pool := NewPool(Options{Connect: dialBriefly})
	lease := pool.Acquire(Key{Address: srv.Addr()}, id)
	heard := newRecorder()
	lease.Subscribe(heard)
	runPool(t, pool)
	return lease, heard
}

// dialBriefly gives up sooner than Dial, for tests of what does not work.
func dialBriefly(ctx context.Context, address string, id *Identity) (Client, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return Dial(ctx, address, id)
}

// await waits until what the recorder hears makes ok true.
func await(t *testing.T, heard *recorder, what string, ok func() bool) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-heard.news:
		case <-limit:
			t.Fatalf("still waiting until %s", what)
		}
	}
}

func create(t *testing.T, srv *teleporttest.Server, spec teleporttest.RequestSpec) string {
	t.Helper()
	id, err := srv.CreateRequest(spec)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMirrorOfEachServerVersion(t *testing.T) {
	for _, version := range []string{"15.1.9", "17.2.1"} {
		for _, form := range []string{"file", "triple"} {
			t.Run(version+"/"+form, func(t *testing.T) {
				srv := startServer(t, teleporttest.Options{Version: version, AdvancedAccessWorkflows: true})
				raw := issueRaw(t, srv, teleporttest.IdentityOptions{})
				material := Material{File: raw.File}
				if form == "triple" {
					material = Material{Cert: raw.Cert, Key: raw.Key, CAs: raw.CAs}
				}
				id, err := ParseIdentity(material, time.Now())
				must(t, err)
				testMirror(t, srv, id, version)
			})
		}
	}
}

func testMirror(t *testing.T, srv *teleporttest.Server, id *Identity, version string) {
	before := create(t, srv, teleporttest.RequestSpec{Reason: "made before"})
	resolved := create(t, srv, teleporttest.RequestSpec{})
	must(t, srv.Resolve(resolved, accessrequest.Denied, "no"))
	s, heard := connectSession(t, srv, id)
	await(t, heard, "synced", s.Synced)
	assertState(t, s, before, accessrequest.Pending)
	assertState(t, s, resolved, accessrequest.Denied)
	want := ClusterInfo{Name: "lab", ServerVersion: version, ProxyAddr: "teleport.example.com:443", WebReviews: true}
	if diff := cmp.Diff(want, s.Cluster()); diff != "" {
		t.Error(diff)
	}

	after := create(t, srv, teleporttest.RequestSpec{
		Roles:              []string{"editor", "auditor"},
		Reason:             "line 1\nline 2",
		SuggestedReviewers: []string{"bob@example.com"},
		Annotations:        map[string][]string{"team": {"blue"}},
		Resources:          []accessrequest.Resource{{Cluster: "lab", Kind: "pod", Name: "kube", SubResource: "default/web"}},
	})
	await(t, heard, "the request shows", func() bool { _, ok := s.Get(after); return ok })
	must(t, srv.Review(after, "bob", accessrequest.Approved, "fine"))
	await(t, heard, "the approval shows", func() bool { r, _ := s.Get(after); return r.State == accessrequest.Approved })
	// The simulator keeps a conversion of its own to compare with.
	for _, requestID := range []string{before, resolved, after} {
		want, _ := srv.Request(requestID)
		got, _ := s.Get(requestID)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-server +mirror\n%s", diff)
		}
	}
	must(t, srv.DeleteRequest(before))
	await(t, heard, "the request goes", func() bool { _, ok := s.Get(before); return !ok })
}

func TestPermissionsShow(t *testing.T) {
	srv := startServer(t, teleporttest.Options{Permissions: map[string]teleporttest.Permissions{
		"nobody": {},
		"reader": {types.KindAccessRequest: {types.VerbList, types.VerbRead}},
	}})
	requestID := create(t, srv, teleporttest.RequestSpec{})

	nobody, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{User: "nobody"}))
	await(t, heard, "access is denied", func() bool { return nobody.Status().Reason == PermissionDenied })
	if nobody.Synced() {
		t.Error("an empty list without permission counts as synced")
	}
	if message := nobody.Status().Message; !strings.Contains(message, `"nobody" may not read access_request`) {
		t.Error(message)
	}
	srv.SetPermissions("nobody", teleporttest.PluginPermissions())
	await(t, heard, "the new permission is noticed", nobody.Synced)

	reader, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{User: "reader"}))
	await(t, heard, "synced", reader.Synced)
	err := reader.Swap(t.Context(), "p", requestID, "", "x")
	if !errors.Is(err, ErrPermission) || !strings.Contains(err.Error(), "may not update access_plugin_data") {
		t.Errorf("swap: %v", err)
	}
	if _, err := reader.LoadAll(t.Context(), "p"); !errors.Is(err, ErrPermission) {
		t.Errorf("load: %v", err)
	}
}

func TestSessionOutlivesAnOutage(t *testing.T) {
	srv := startServer(t, teleporttest.Options{})
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "synced", s.Synced)
	must(t, srv.RefuseConnections(true))
	await(t, heard, "the loss shows", func() bool { return !s.Status().Connected })
	during := create(t, srv, teleporttest.RequestSpec{})
	must(t, srv.RefuseConnections(false))
	await(t, heard, "the request shows", func() bool { _, ok := s.Get(during); return ok })
	must(t, s.Swap(t.Context(), "p", during, "", "posted"))

	srv.DropStreams()
	await(t, heard, "the second loss shows", func() bool { return !s.Status().Connected })
	await(t, heard, "it is back", func() bool { return s.Status().Connected })
	if got := s.Status().Reconnects; got != 2 {
		t.Errorf("%d reconnects", got)
	}
}

func TestRotationOnARealConnection(t *testing.T) {
	srv := startServer(t, teleporttest.Options{})
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "synced", s.Synced)
	requestID := create(t, srv, teleporttest.RequestSpec{})

	stop := make(chan struct{})
	failed := make(chan error, 1)
	go func() { failed <- swapUntil(t.Context(), s, requestID, stop) }()
	for range 5 {
		next := issue(t, srv, teleporttest.IdentityOptions{})
		s.SetIdentity(next)
		await(t, heard, "the new identity is used", func() bool { return s.Status().IdentityNotAfter.Equal(next.NotAfter) && s.newestLink() == next })
		if !s.Status().Connected {
			t.Error("a gap")
		}
	}
	close(stop)
	if err := <-failed; err != nil {
		t.Errorf("a call failed during a rotation: %v", err)
	}

	s.SetIdentity(issue(t, srv, teleporttest.IdentityOptions{OtherCluster: true}))
	await(t, heard, "the bad identity shows", func() bool { return s.Status().Reason == OtherCluster })
	if !s.Status().Connected {
		t.Error("a bad identity ended the old connection")
	}
	must(t, swapOnce(t.Context(), s, requestID, "still works"))
	if got := s.Status().Reconnects; got != 0 {
		t.Errorf("%d reconnects", got)
	}
}

// newestLink returns the identity of the connection in use.
func (s *Session) newestLink() *Identity {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.link == nil {
		return nil
	}
	return s.link.id
}

func swapUntil(ctx context.Context, s *Lease, id string, stop <-chan struct{}) error {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return nil
		default:
		}
		if err := swapOnce(ctx, s, id, fmt.Sprint(i)); err != nil {
			return err
		}
	}
}

func swapOnce(ctx context.Context, s *Lease, id, value string) error {
	old, err := s.Load(ctx, "rotation", id)
	if err != nil {
		return err
	}
	return s.Swap(ctx, "rotation", id, old, value)
}

func TestOneConnectionForManyNotifiers(t *testing.T) {
	srv := startServer(t, teleporttest.Options{})
	id := issue(t, srv, teleporttest.IdentityOptions{})
	pool := NewPool(Options{})
	runPool(t, pool)
	heard := newRecorder()
	var leases []*Lease
	for range 100 {
		lease := pool.Acquire(Key{Address: srv.Addr()}, id)
		lease.Subscribe(heard)
		leases = append(leases, lease)
	}
	await(t, heard, "synced", leases[0].Synced)
	if c, s, calls := srv.Connections(), srv.Streams(), srv.Calls(); c != 1 || s != 1 || calls["ListAccessRequests"] != 1 {
		t.Errorf("%d connections, %d streams, calls %v", c, s, calls)
	}
	for _, lease := range leases {
		lease.Release()
	}
}

func TestDialSaysWhatIsWrong(t *testing.T) {
	srv := startServer(t, teleporttest.Options{})
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	silent := listen(t)
	closed := listen(t)
	must(t, closed.Close())

	good := teleporttest.IdentityOptions{}
	tests := map[string]struct {
		address string
		id      teleporttest.IdentityOptions
		reason  Reason
	}{
		"identity of another cluster": {srv.Addr(), teleporttest.IdentityOptions{OtherCluster: true}, OtherCluster},
		"refused by the server":       {srv.Addr(), teleporttest.IdentityOptions{OtherUserCA: true}, OtherCluster},
		"web server":                  {web.Listener.Addr().String(), good, NotTeleport},
		"silent port":                 {silent.Addr().String(), good, Timeout},
		"closed port":                 {closed.Addr().String(), good, ConnectionRefused},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c, err := Dial(ctx, tt.address, issue(t, srv, tt.id))
			if c != nil {
				_ = c.Close()
			}
			if got := reasonIn(err); got != tt.reason {
				t.Errorf("got %q, want %q\n%v", got, tt.reason, errors.Unwrap(err))
			}
			if err != nil {
				assertSentence(t, err.Error())
			}
			goleak.VerifyNone(t, before)
		})
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = lis.Close() })
	return lis
}

func TestRecords(t *testing.T) {
	srv := startServer(t, teleporttest.Options{})
	a, b := create(t, srv, teleporttest.RequestSpec{}), create(t, srv, teleporttest.RequestSpec{})
	must(t, srv.WritePluginData(a, "slack", map[string]string{"messages": "C1/1.2"}))
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "synced", s.Synced)
	ctx := t.Context()
	const plugin = "accessnotifier/teleport/prod"

	assertRecord(t, s, a, "")
	must(t, s.Swap(ctx, plugin, a, "", "one"))
	assertRecord(t, s, a, "one")
	if err := s.Swap(ctx, plugin, a, "", "two"); !errors.Is(err, ErrConflict) {
		t.Errorf("expecting none: %v", err)
	}
	if err := s.Swap(ctx, plugin, a, "other", "two"); !errors.Is(err, ErrConflict) {
		t.Errorf("expecting another: %v", err)
	}
	must(t, s.Swap(ctx, plugin, a, "one", "two"))
	must(t, s.Swap(ctx, plugin, b, "", "b"))
	all, err := s.LoadAll(ctx, plugin)
	must(t, err)
	if diff := cmp.Diff(map[string]string{a: "two", b: "b"}, all); diff != "" {
		t.Error(diff)
	}
	must(t, s.Swap(ctx, plugin, b, "b", ""))
	assertRecord(t, s, b, "")

	legacy, err := s.LoadLegacy(ctx, "slack", a)
	must(t, err)
	if diff := cmp.Diff(map[string]string{"messages": "C1/1.2"}, legacy); diff != "" {
		t.Error(diff)
	}
	if none, err := s.LoadLegacy(ctx, "slack", b); err != nil || len(none) > 0 {
		t.Errorf("got %v, %v", none, err)
	}

	const unknown = "ae7d8c4a-6fc1-4e26-b963-035e16de9acb"
	if err := s.Swap(ctx, plugin, unknown, "", "x"); !errors.Is(err, ErrUnknownRequest) {
		t.Errorf("unknown request: %v", err)
	}
	for _, size := range []int{1_000_001, 5_000_000} {
		if err := s.Swap(ctx, plugin, b, "", strings.Repeat("x", size)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d bytes: %.200v", size, err)
		}
	}
	srv.FailUpdates(1, nil)
	if err := s.Swap(ctx, plugin, b, "", "x"); !isReason(err, Unavailable) {
		t.Errorf("unavailable server: %v", err)
	}
	must(t, srv.DeleteRequest(a))
	await(t, heard, "the request goes", func() bool { _, ok := s.Get(a); return !ok })
	assertRecord(t, s, a, "two")
	must(t, s.Swap(ctx, plugin, a, "two", "closed"))
}

func assertRecord(t *testing.T, s *Lease, id, want string) {
	t.Helper()
	got, err := s.Load(t.Context(), "accessnotifier/teleport/prod", id)
	if err != nil || got != want {
		t.Errorf("record %q, %v, want %q", got, err, want)
	}
}

func TestSwapHasOneWinner(t *testing.T) {
	srv := startServer(t, teleporttest.Options{})
	id := create(t, srv, teleporttest.RequestSpec{})
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "synced", s.Synced)
	const writers = 16
	errs := make(chan error)
	for i := range writers {
		go func() { errs <- s.Swap(t.Context(), "p", id, "", fmt.Sprint(i)) }()
	}
	won := 0
	for range writers {
		if err := <-errs; err == nil {
			won++
		} else if !errors.Is(err, ErrConflict) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d winners", won)
	}
}

func TestLoadAllOfMoreThanOneMessageHolds(t *testing.T) {
	srv := startServer(t, teleporttest.Options{})
	record := strings.Repeat("x", 900_000)
	want := map[string]string{}
	fill := func(n int) {
		for range n {
			id := create(t, srv, teleporttest.RequestSpec{})
			must(t, srv.WritePluginData(id, "p", map[string]string{recordKey: record}))
			want[id] = record
		}
	}
	fill(8) // more than gRPC's own limit of 4 MB
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	check := func() {
		t.Helper()
		await(t, heard, "all requests show", func() bool { return len(s.IDs()) == len(want) })
		got, err := s.LoadAll(t.Context(), "p")
		must(t, err)
		if !slices.Equal(sortedKeys(got), sortedKeys(want)) {
			t.Errorf("%d records, want %d", len(got), len(want))
		}
	}
	check()
	if n := srv.Calls()["GetPluginData"]; n != 1 {
		t.Errorf("%d calls", n)
	}
	fill(70) // more than our limit
	check()
	if n := srv.Calls()["GetPluginData"]; n != 2+len(want) {
		t.Errorf("%d calls, want one more in bulk and one for each request", n)
	}
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
