package supervisor_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestAnIdentityExpiresWhileInUse(t *testing.T) {
	// The epoch of synctest's clock.
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	server := startTeleport(t)
	material := issue(t, server, teleporttest.IdentityOptions{
		NotBefore: time.Until(epoch.Add(-time.Hour)), TTL: time.Until(epoch.Add(time.Hour)),
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		short := spec("token")
		short.Teleport.Identity = material
		b.Ensure(key("a"), short)
		time.Sleep(30 * time.Minute)
		if got := b.snapshot(key("a")); got.Identity != nil {
			t.Errorf("half an hour before its end the identity shows as %+v", got.Identity)
		}
		time.Sleep(time.Hour)
		got := b.snapshot(key("a")).Identity
		if got == nil || got.Reason != teleport.IdentityExpired || !got.Permanent {
			t.Errorf("half an hour after its end the identity shows as %+v", got)
		}
		b.Ensure(key("a"), spec("token"))
		if got := b.snapshot(key("a")); got.Identity != nil {
			t.Errorf("a fresh identity shows as %+v", got.Identity)
		}
	})
}

// What a rotated identity is refused for must show, although the session with
// the one before goes on.
func TestARefusedRotationShows(t *testing.T) {
	tests := map[string]struct {
		identity teleporttest.IdentityOptions
		reason   string
		says     string
	}{
		"no right to requests": {teleporttest.IdentityOptions{User: "bot", Roles: []string{"no-requests"}}, teleport.PermissionDenied, "access_request"},
		"no right to records":  {teleporttest.IdentityOptions{User: "bot", Roles: []string{"no-records"}}, teleport.PermissionDenied, "access_plugin_data"},
		"another cluster":      {teleporttest.IdentityOptions{OtherCluster: true}, teleport.IdentityOtherCluster, "another cluster"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startTeleport(t)
			live := startSupervisor(t)
			first := spec("token")
			first.Teleport.Address = server.Addr()
			first.Teleport.Identity = issue(t, server, teleporttest.IdentityOptions{})
			live.Ensure(key("a"), first)
			live.await("it is connected", func(s supervisor.Snapshot) bool { return s.Teleport.Connected })

			rotated := first
			rotated.Teleport.Identity = issue(t, server, tt.identity)
			live.Ensure(key("a"), rotated)
			got := live.await("the new identity's problem shows", func(s supervisor.Snapshot) bool { return s.Identity != nil })
			if got.Identity.Reason != tt.reason || !strings.Contains(got.Identity.Message, tt.says) {
				t.Errorf("the identity shows as %+v", got.Identity)
			}
			if !got.Teleport.Connected {
				t.Error("the session was given up")
			}

			live.Ensure(key("a"), first)
			got = live.await("the problem is over", func(s supervisor.Snapshot) bool { return s.Identity == nil })
			if !got.Teleport.Connected || got.Teleport.Reconnects != 0 {
				t.Errorf("the session was disturbed: %+v", got.Teleport)
			}
		})
	}
}

func startTeleport(t *testing.T) *teleporttest.Server {
	t.Helper()
	return teleporttest.ForTest(t, teleporttest.Options{Permissions: map[string]teleporttest.Permissions{
		"no-requests": teleporttest.PluginPermissions().With("access_request"),
		"no-records":  teleporttest.PluginPermissions().With("access_plugin_data"),
	}})
}

func issue(t *testing.T, server *teleporttest.Server, o teleporttest.IdentityOptions) teleport.Credentials {
	t.Helper()
	return teleport.Credentials{File: server.IdentityFile(t, o)}
}

// live is a supervisor with real connections to Teleport.
type live struct {
	*supervisor.Supervisor
	t       *testing.T
	changed chan struct{}
}

func startSupervisor(t *testing.T) *live {
	t.Helper()
	l := &live{t: t, changed: make(chan struct{}, 1), Supervisor: supervisor.New(supervisor.Options{
		Pool:       teleport.NewPool(teleport.Options{Guard: dialguard.New(dialguard.Loopback()...)}),
		Messengers: (&bots{}).registry(),
	})}
	l.OnChange(func(supervisor.Key) {
		select {
		case l.changed <- struct{}{}:
		default:
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Start() error = %v", err)
		}
	})
	return l
}

// await waits until the notifier "a" is as wanted, and returns how it is.
func (l *live) await(what string, ok func(supervisor.Snapshot) bool) supervisor.Snapshot {
	l.t.Helper()
	limit := time.After(30 * time.Second)
	for {
		snapshot, _ := l.Snapshot(key("a"))
		if ok(snapshot) {
			return snapshot
		}
		select {
		case <-l.changed:
		case <-limit:
			l.t.Fatalf("still waiting until %s: %+v", what, snapshot)
		}
	}
}

// An identity that becomes valid by itself is used then: nothing but the clock
// says so.
func TestAnIdentityThatIsNotValidYetIsAwaited(t *testing.T) {
	// The epoch of synctest's clock.
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	server := startTeleport(t)
	material := issue(t, server, teleporttest.IdentityOptions{
		NotBefore: time.Until(epoch.Add(25 * time.Second)), TTL: time.Until(epoch.Add(time.Hour)),
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		told := make(chan supervisor.Key, 100)
		b.OnChange(func(k supervisor.Key) { told <- k })
		b.start()
		early := spec("token")
		early.Teleport.Identity = material
		b.Ensure(key("a"), early)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		got := b.snapshot(key("a")).Identity
		if got == nil || got.Reason != teleport.IdentityNotYetValid || got.Permanent {
			t.Errorf("before its time the identity shows as %+v", got)
		}
		if attempts, _ := b.clusters.seen(); len(attempts) != 0 {
			t.Errorf("before its time it was used: %+v", attempts)
		}
		drain(told)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := b.snapshot(key("a")); got.Identity != nil {
			t.Errorf("after its time the identity shows as %+v", got.Identity)
		}
		if attempts, _ := b.clusters.seen(); len(attempts) != 1 {
			t.Errorf("after its time there were %d attempts to connect", len(attempts))
		}
		if got := drain(told); len(got) == 0 {
			t.Error("the change was not told")
		}
	})
}
