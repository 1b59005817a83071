package teleporttest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/types"
	"go.uber.org/goleak"
	"google.golang.org/grpc/connectivity"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest/replay"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// dial connects the real client with an identity file.
func dial(ctx context.Context, s *Server, o IdentityOptions) (*client.Client, error) {
	id, err := s.Identity(o)
	if err != nil {
		return nil, err
	}
	return client.New(ctx, client.Config{
		Addrs:       []string{s.Addr()},
		Credentials: []client.Credentials{client.LoadIdentityFileFromString(string(id.File))},
	})
}

func connect(t *testing.T, s *Server, user string) *client.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	clt, err := dial(ctx, s, IdentityOptions{User: user})
	if err != nil {
		t.Fatalf("connect as %s: %v", user, err)
	}
	t.Cleanup(func() { _ = clt.Close() })
	return clt
}

func watch(t *testing.T, clt *client.Client, w types.Watch) types.Watcher {
	t.Helper()
	watcher, err := clt.NewWatcher(t.Context(), w)
	if err != nil {
		t.Fatalf("watch: %v", err)
	}
	t.Cleanup(func() { _ = watcher.Close() })
	return watcher
}

// watchRequests watches access requests and takes the init event.
func watchRequests(t *testing.T, clt *client.Client) types.Watcher {
	t.Helper()
	w := watch(t, clt, types.Watch{Kinds: []types.WatchKind{{Kind: types.KindAccessRequest}}})
	if event := nextEvent(t, w); event.Type != types.OpInit {
		t.Fatalf("first event = %v, want Init", event.Type)
	}
	return w
}

func nextEvent(t *testing.T, w types.Watcher) types.Event {
	t.Helper()
	select {
	case event := <-w.Events():
		return event
	case <-w.Done():
		t.Fatalf("watch ended: %v", w.Error())
	case <-time.After(10 * time.Second):
		t.Fatal("no event")
	}
	panic("unreachable")
}

// watchError waits for the end of a watch and returns its error. It takes the
// events that come before: Teleport's client notices the end only once its last
// event was read.
func watchError(t *testing.T, w types.Watcher) error {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case <-w.Events():
		case <-w.Done():
			return w.Error()
		case <-timeout:
			t.Fatal("watch did not end")
		}
	}
}

// waitState waits until the client's connection is in a state, without calls:
// failing calls would trip the client's circuit breaker.
func waitState(t *testing.T, clt *client.Client, want connectivity.State) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn := clt.GetConnection()
	for state := conn.GetState(); state != want; state = conn.GetState() {
		conn.Connect()
		if !conn.WaitForStateChange(ctx, state) {
			t.Fatalf("connection is %v, want %v", state, want)
		}
	}
}

// eventually calls check until it returns nil.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	look, deadline := time.Tick(5*time.Millisecond), time.After(10*time.Second)
	for err := check(); err != nil; err = check() {
		select {
		case <-look:
		case <-deadline:
			t.Fatal(err)
		}
	}
}

func wantErr(t *testing.T, err error, kind, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s %q", kind, text)
	}
	if got := replay.ErrKind(err); got != kind || !strings.Contains(err.Error(), text) {
		t.Errorf("error = %s %q, want %s %q", got, err, kind, text)
	}
}

// must returns what a call returned, and fails the test if it failed:
// must(call())(t).
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func update(id, plugin string, expect, set map[string]string) types.PluginDataUpdateParams {
	return types.PluginDataUpdateParams{
		Kind: types.KindAccessRequest, Resource: id, Plugin: plugin, Expect: expect, Set: set,
	}
}
