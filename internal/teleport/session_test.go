package teleport

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

var errRefused = &trace.ConnectionProblemError{Message: "connect: connection refused"}

// startSession runs a pool with one session in the bubble of a synctest, and
// ends both with the test.
func startSession(t *testing.T, server *fakeServer, id *Identity) (*SessionHandle, *recorder) {
	t.Helper()
	pool := NewPool(Options{Connect: server.connect})
	lease := pool.Acquire(Key{Address: "teleport.example.com:443"}, id)
	heard := newRecorder()
	lease.Subscribe(heard)
	lease.WatchStatus(heard.statusChanged)
	runPool(t, pool)
	synctest.Wait()
	return lease, heard
}

func runPool(t *testing.T, pool *Pool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- pool.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("pool ended with %v", err)
		}
	})
}

func assertState(t *testing.T, s *SessionHandle, id string, want accessrequest.State) {
	t.Helper()
	if got, _ := s.Get(id); got.State != want {
		t.Errorf("request %s is %q, want %q", id, got.State, want)
	}
}

// problemOf returns the detail of what is wrong with a session, "" if nothing is.
func problemOf(s *SessionHandle) string {
	if problem := s.Status().Problem; problem != nil {
		return problem.Detail
	}
	return ""
}

func assertStatus(t *testing.T, s *SessionHandle, connected bool, detail string) {
	t.Helper()
	if got := s.Status(); got.Connected != connected || problemOf(s) != detail {
		t.Errorf("connected %v, problem %+v, want %v, %q", got.Connected, got.Problem, connected, detail)
	}
}

func TestSessionMirrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{requests: []*types.AccessRequestV3{fakeRequest("a", types.RequestState_PENDING)}}
		s, heard := startSession(t, server, fakeIdentity("bot"))
		assertStatus(t, s, true, "")
		assertState(t, s, "a", accessrequest.Pending)
		if !s.Synced() || heard.syncs() != 1 {
			t.Errorf("synced %v, told %d times", s.Synced(), heard.syncs())
		}
		if diff := cmp.Diff(accessrequest.Cluster{Name: "lab", ServerVersion: "17.2.1"}, s.Cluster()); diff != "" {
			t.Error(diff)
		}
		assertIDs(t, heard.takeChanged(), "a")

		server.client(t, 0).send(
			putEvent("a", types.RequestState_APPROVED),
			putEvent("a", types.RequestState_PENDING), // late
			putEvent("b", types.RequestState_PENDING),
			deleteEvent("b"),
		)
		synctest.Wait()
		assertState(t, s, "a", accessrequest.Approved)
		assertIDs(t, s.IDs(), "a")
		assertIDs(t, heard.takeChanged(), "a", "b", "b")
		if got := s.Status().Events; got != 4 {
			t.Errorf("%d events are counted, want 4", got)
		}

		late := newRecorder()
		s.Subscribe(late)()
		if late.syncs() != 1 {
			t.Error("a late subscriber does not hear that the mirror is complete")
		}
		server.client(t, 0).send(putEvent("c", types.RequestState_PENDING))
		synctest.Wait()
		if got := late.takeChanged(); len(got) > 0 {
			t.Errorf("%v was announced after the subscription ended", got)
		}
	})
}

func TestSessionAppliesEventsAfterTheListTheyCameWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{
			requests: []*types.AccessRequestV3{
				fakeRequest("deleted", types.RequestState_PENDING), fakeRequest("approved", types.RequestState_PENDING),
			},
			onList: func(c *fakeClient) {
				c.send(deleteEvent("deleted"), putEvent("approved", types.RequestState_APPROVED))
				time.Sleep(time.Second)
			},
		}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		if s.Synced() {
			t.Error("synced before the list was read")
		}
		time.Sleep(2 * time.Second)
		assertIDs(t, s.IDs(), "approved")
		assertState(t, s, "approved", accessrequest.Approved)
	})
}

func TestSessionBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const failures = 9
		server := &fakeServer{refuse: func(attempt int, _ *Identity) error {
			if attempt < failures {
				return errRefused
			}
			return nil
		}}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		assertStatus(t, s, false, ConnectionRefused)
		time.Sleep(5 * time.Minute)
		assertStatus(t, s, true, "")

		if len(server.attempts) != failures+1 {
			t.Fatalf("%d attempts", len(server.attempts))
		}
		ceilings := []time.Duration{1, 2, 4, 8, 16, 30, 30, 30, 30}
		for i, ceiling := range ceilings {
			got := server.attempts[i+1].Sub(server.attempts[i])
			if got < 500*time.Millisecond || got > ceiling*time.Second {
				t.Errorf("wait %d is %v, want 0.5 s to %d s", i, got, ceiling)
			}
		}

		server.client(t, 0).end(errRefused)
		time.Sleep(time.Second)
		assertStatus(t, s, true, "") // after minutes of health the waits start over
	})
}

func TestSessionBacksOffFromAServerThatKeepsDropping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		startSession(t, server, fakeIdentity("bot"))
		const losses = 200
		for i := range losses {
			server.client(t, i).end(errRefused)
			for synctest.Wait(); server.clientCount() == i+1; synctest.Wait() {
				time.Sleep(100 * time.Millisecond)
			}
		}
		took := server.attempts[losses].Sub(server.attempts[0])
		if mean := took / losses; mean < 5*time.Second {
			t.Errorf("a connection every %v", mean)
		}
	})
}

func TestSessionReconnectsAndListsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{requests: []*types.AccessRequestV3{fakeRequest("a", types.RequestState_PENDING)}}
		s, heard := startSession(t, server, fakeIdentity("bot"))
		time.Sleep(2 * time.Minute) // healthy: the back-off starts over
		heard.takeChanged()

		server.with(func(f *fakeServer) {
			f.requests = []*types.AccessRequestV3{fakeRequest("b", types.RequestState_PENDING)}
			f.refuse = func(attempt int, _ *Identity) error {
				if attempt == 1 {
					return NewError(Unavailable, "It is away.")
				}
				return nil
			}
		})
		server.client(t, 0).end(&trace.ConnectionProblemError{Message: "error reading from server: EOF"})
		synctest.Wait()
		assertStatus(t, s, false, Unavailable)
		if _, err := s.Records("slack").Load(t.Context(), "a"); reasonIn(err) != Unavailable {
			t.Errorf("a call without a connection: %v", err)
		}
		assertState(t, s, "a", accessrequest.Pending)

		time.Sleep(time.Second)
		assertStatus(t, s, true, "")
		assertIDs(t, s.IDs(), "b")
		assertIDs(t, heard.takeChanged(), "a", "b")
		if got := s.Status().Reconnects; got != 1 {
			t.Errorf("%d reconnects", got)
		}
		// What was pending and is listed no longer stays known, as unlisted.
		if r, presence := s.Get("a"); presence != accessrequest.Unlisted || r.State != accessrequest.Pending {
			t.Errorf("the request that is not listed is %q, presence %v", r.State, presence)
		}
		if !server.client(t, 0).isClosed() || server.client(t, 1).isClosed() {
			t.Error("the lost client must be closed, the new one open")
		}
	})
}

func TestSessionResyncs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		_, heard := startSession(t, server, fakeIdentity("bot"))
		client := server.client(t, 0)
		time.Sleep(DefaultResyncInterval * 9 / 10)
		if got := client.listCount(); got != 1 {
			t.Errorf("%d lists before the interval", got)
		}
		time.Sleep(DefaultResyncInterval / 5)
		if got := client.listCount(); got != 2 || heard.syncs() != 2 {
			t.Errorf("%d lists, told %d times", got, heard.syncs())
		}
	})
}

func TestSessionListsAgainSoonAfterALaggingList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Another request, since an empty list would not be believed at all.
		server := &fakeServer{requests: []*types.AccessRequestV3{fakeRequest("other", types.RequestState_PENDING)}}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		server.client(t, 0).send(putEvent("a", types.RequestState_PENDING))
		synctest.Wait()
		server.client(t, 0).end(errRefused)
		time.Sleep(time.Second) // the new list lacks "a"
		assertState(t, s, "a", accessrequest.Pending)
		// Lists follow after 1, 2, 4 and 8 s, each a tenth more or less: the last of them is
		// the first that the event, once 10 s old, no longer contradicts.
		time.Sleep(20 * time.Second)
		assertIDs(t, s.IDs(), "other")
	})
}

func TestSessionNoticesSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		server.with(func(f *fakeServer) { f.pingHang = true })
		time.Sleep(pingInterval + pingTimeout + time.Millisecond)
		assertStatus(t, s, false, Timeout)
		server.with(func(f *fakeServer) { f.pingHang = false })
		time.Sleep(maxDelay + pingTimeout)
		assertStatus(t, s, true, "")
	})
}

func TestSessionRefuses(t *testing.T) {
	tests := map[string]struct {
		server *fakeServer
		id     func() *Identity
		after  time.Duration
		reason string
		dials  int
	}{
		"no identity": {&fakeServer{}, func() *Identity { return nil }, 0, IdentityMissing, 0},
		"expired": {&fakeServer{}, func() *Identity {
			id := fakeIdentity("bot")
			id.NotAfter = time.Now().Add(-time.Second)
			return id
		}, 0, IdentityExpired, 0},
		"old server":   {&fakeServer{version: "14.3.33"}, bot, 0, ServerTooOld, 1},
		"silent watch": {&fakeServer{noInit: true}, bot, watchTimeout, Timeout, 1},
		"a watch of rules only": {
			&fakeServer{accepted: []types.WatchKind{{Kind: types.KindAccessMonitoringRule}}}, bot, 0, PermissionDenied, 1,
		},
		"failing ping": {&fakeServer{pingErr: errRefused}, bot, 0, ConnectionRefused, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := startSession(t, tt.server, tt.id())
				time.Sleep(tt.after)
				synctest.Wait()
				assertStatus(t, s, false, tt.reason)
				assertSentence(t, s.Status().Problem.Message)
				if len(tt.server.attempts) != tt.dials {
					t.Errorf("%d dials, want %d", len(tt.server.attempts), tt.dials)
				}
				for i := range tt.dials {
					if !tt.server.client(t, i).isClosed() {
						t.Error("the client was not closed")
					}
				}
			})
		})
	}
}

func bot() *Identity { return fakeIdentity("bot") }

func TestTooOld(t *testing.T) {
	for version, want := range map[string]bool{
		"14.9.9": true, "15.0.0": false, "15.1.9": false, "17.2.1-dev": false, "9.0": true, "": false, "dev": false,
	} {
		if got := tooOld(version); got != want {
			t.Errorf("tooOld(%q) = %v", version, got)
		}
	}
}

func TestVersionsAreShownWithoutMore(t *testing.T) {
	for text, want := range map[string]string{
		"15.1.9": "15.1.9", "17.2.1-dev+x": "17.2.1-dev+x", "9.0 see https://evil.example": "9.0seehttpsevil.example", "\x00<b>": "b",
		strings.Repeat("9", 1000): strings.Repeat("9", maxVersion),
	} {
		if got := version(text); got != want {
			t.Errorf("version(%.20q) = %q", text, got)
		}
	}
}

func TestSessionEndsWhileConnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := NewPool(Options{Connect: func(ctx context.Context, _ string, _ *Identity) (Client, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		runPool(t, pool)
		lease := pool.Acquire(Key{}, fakeIdentity("bot"))
		synctest.Wait()
		lease.Release() // the bubble fails if anything is left
		synctest.Wait()
		if err := lease.Records("p").Swap(t.Context(), "id", "", "x"); !isReason(err, Unavailable) {
			t.Errorf("a call after release: %v", err)
		}
	})
}

func isReason(err error, want string) bool {
	var typed *Error
	return errors.As(err, &typed) && typed.Detail == want
}
