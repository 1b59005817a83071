package teleport

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// connectSession runs a pool with one session at srv.
func connectSession(t *testing.T, srv *teleporttest.Server, id *Identity) (*SessionHandle, *recorder) {
	t.Helper()
	pool := NewPool(Options{Connect: dialBriefly})
	lease := pool.Acquire(Key{Address: srv.Addr()}, id)
	heard := newRecorder()
	lease.Subscribe(heard)
	lease.WatchStatus(heard.statusChanged)
	runPool(t, pool)
	return lease, heard
}

// dialBriefly gives up sooner than Dial, for tests of what does not work.
func dialBriefly(ctx context.Context, address string, id *Identity) (Client, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return testDialer.Dial(ctx, address, id)
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
				srv := teleporttest.ForTest(t, teleporttest.Options{Version: version, AdvancedAccessWorkflows: true})
				raw := issueRaw(t, srv, teleporttest.IdentityOptions{})
				material := Credentials{File: raw.File}
				if form == "triple" {
					material = Credentials{Cert: raw.Cert, Key: raw.Key, CAs: raw.CAs}
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
	want := accessrequest.Cluster{Name: "lab", ServerVersion: version, ProxyAddr: "teleport.example.com:443", WebReviews: true}
	if diff := cmp.Diff(want, s.Cluster()); diff != "" {
		t.Error(diff)
	}

	after := create(t, srv, teleporttest.RequestSpec{
		Roles:              []string{"editor", "auditor"},
		Reason:             "line 1\nline 2",
		SuggestedReviewers: []string{"bob@example.com"},
		Resources:          []accessrequest.Resource{{Cluster: "lab", Kind: "pod", Name: "kube", SubResource: "default/web"}},
	})
	await(t, heard, "the request shows", func() bool { _, p := s.Get(after); return p == accessrequest.Present })
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
	await(t, heard, "the request goes", func() bool { _, p := s.Get(before); return p != accessrequest.Present })
}

func TestWebReviewsNeedAdvancedWorkflows(t *testing.T) {
	for name, tt := range map[string]struct {
		options teleporttest.Options
		want    bool
	}{
		"open source, as recorded": {teleporttest.Options{Version: "15.1.9", OpenSource: true}, false},
		"open source, newer":       {teleporttest.Options{OpenSource: true, AdvancedAccessWorkflows: true}, false},
		"Enterprise without them":  {teleporttest.Options{}, false},
		"Enterprise with them":     {teleporttest.Options{AdvancedAccessWorkflows: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			srv := teleporttest.ForTest(t, tt.options)
			s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
			await(t, heard, "synced", s.Synced)
			if got := s.Cluster().WebReviews; got != tt.want {
				t.Errorf("WebReviews is %v", got)
			}
		})
	}
}

func TestPermissionsShow(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{Permissions: map[string]teleporttest.Permissions{
		"guest":  {},
		"reader": {types.KindAccessRequest: {types.VerbList, types.VerbRead}},
	}})
	requestID := create(t, srv, teleporttest.RequestSpec{})

	guest, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{User: "guest"}))
	await(t, heard, "access is denied", func() bool { return problemOf(guest) == PermissionDenied })
	if guest.Synced() {
		t.Error("an empty list without permission counts as synced")
	}
	if message := guest.Status().Problem.Message; !strings.Contains(message, `"guest" may not read access_request`) {
		t.Error(message)
	}
	srv.SetPermissions("guest", teleporttest.PluginPermissions())
	await(t, heard, "the new permission is noticed", guest.Synced)

	reader, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{User: "reader"}))
	await(t, heard, "synced", reader.Synced)
	err := reader.Records("p").Swap(t.Context(), requestID, "", "x")
	if !isReason(err, PermissionDenied) || !strings.Contains(err.Error(), "may not update access_plugin_data") {
		t.Errorf("swap: %v", err)
	}
	if _, err := reader.Records("p").LoadAll(t.Context()); !isReason(err, PermissionDenied) {
		t.Errorf("load: %v", err)
	}
}

func TestSessionOutlivesAnOutage(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "synced", s.Synced)
	must(t, srv.RefuseConnections(true))
	await(t, heard, "the loss shows", func() bool { return !s.Status().Connected })
	during := create(t, srv, teleporttest.RequestSpec{})
	must(t, srv.RefuseConnections(false))
	await(t, heard, "the request shows", func() bool { _, p := s.Get(during); return p == accessrequest.Present })
	must(t, s.Records("p").Swap(t.Context(), during, "", "posted"))

	srv.DropStreams()
	await(t, heard, "the second loss shows", func() bool { return !s.Status().Connected })
	await(t, heard, "it is back", func() bool { return s.Status().Connected })
	if got := s.Status().Reconnects; got != 2 {
		t.Errorf("%d reconnects", got)
	}
}

func TestRotationOnARealConnection(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
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
	await(t, heard, "the bad identity shows", func() bool { return problemOf(s) == IdentityOtherCluster })
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
	if s.connection == nil {
		return nil
	}
	return s.connection.id
}

func swapUntil(ctx context.Context, s *SessionHandle, id string, stop <-chan struct{}) error {
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

func swapOnce(ctx context.Context, s *SessionHandle, id, value string) error {
	old, err := s.Records("rotation").Load(ctx, id)
	if err != nil {
		return err
	}
	return s.Records("rotation").Swap(ctx, id, old, value)
}

func TestOneConnectionForManyNotifiers(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	id := issue(t, srv, teleporttest.IdentityOptions{})
	pool := NewPool(Options{Guard: testDialer.Guard})
	runPool(t, pool)
	heard := newRecorder()
	var leases []*SessionHandle
	for range 100 {
		lease := pool.Acquire(Key{Address: srv.Addr()}, id)
		lease.Subscribe(heard)
		lease.WatchStatus(heard.statusChanged)
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
