package teleport

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// logged keeps what is logged.
type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) logger() logr.Logger {
	return funcr.New(func(_, args string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, args)
	}, funcr.Options{})
}

// with returns the lines that contain text.
func (l *logged) with(text string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []string
	for _, line := range l.lines {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

func startLogged(t *testing.T, server *fakeServer) (*SessionHandle, *logged) {
	t.Helper()
	log := &logged{}
	pool := NewPool(Options{Connect: server.connect, Log: log.logger()})
	lease := pool.Acquire(Key{Address: "teleport.example.com:443"}, bot())
	runPool(t, pool)
	synctest.Wait()
	return lease, log
}

func TestFirstReconnectIsImmediate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		for i := range 5 {
			time.Sleep(time.Minute)
			server.client(t, i).end(errRefused)
			synctest.Wait() // no time passes
			assertStatus(t, s, true, "")
			if got := s.Status().Reconnects; got != i+1 {
				t.Errorf("%d reconnects after %d losses", got, i+1)
			}
		}
	})
}

// A stream that is dropped again and again makes no request late, as long as each
// connection works.
func TestEveryReconnectAfterAConnectionThatWorkedIsImmediate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		for i := range 20 {
			time.Sleep(workedAfter)
			server.client(t, i).end(errRefused)
			synctest.Wait() // no time passes
			assertStatus(t, s, true, "")
		}
	})
}

func TestSecondFailureInARowWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{refuse: func(attempt int, _ *Identity) error {
			if attempt > 0 && attempt < 4 {
				return errRefused
			}
			return nil
		}}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		time.Sleep(time.Minute)
		server.client(t, 0).end(errRefused)
		lost := time.Now()
		time.Sleep(time.Minute)
		assertStatus(t, s, true, "")
		waits := []time.Duration{server.attempts[1].Sub(lost)}
		for i := 2; i < 5; i++ {
			waits = append(waits, server.attempts[i].Sub(server.attempts[i-1]))
		}
		if waits[0] != 0 || waits[1] < minDelay || waits[1] > time.Second || waits[2] > 2*time.Second || waits[3] > 4*time.Second {
			t.Errorf("waits of %v", waits)
		}
	})
}

func TestWaitsAreJittered(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 20 {
		var b attempts
		b.next()
		seen[b.next()] = true
	}
	if len(seen) < 10 {
		t.Errorf("%d different waits of 20", len(seen))
	}
	for n := range 20 {
		if d := soon(n); d < time.Second*9/10 || d > maxSoon {
			t.Errorf("a list is read again after %v", d)
		}
	}
}

func TestProblemsAreLoggedOncePerReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{refuse: func(int, *Identity) error { return errRefused }}
		_, log := startLogged(t, server)
		time.Sleep(9 * time.Minute)
		const line = "Could not connect to Teleport"
		if got := log.with(line); len(got) != 1 || !strings.Contains(got[0], `"reason"="ConnectionFailed" "detail"="ConnectionRefused"`) {
			t.Fatalf("logged %q", got)
		}
		server.with(func(f *fakeServer) {
			f.refuse = func(int, *Identity) error { return NewError(NotTeleport, "It is not Teleport.") }
		})
		time.Sleep(time.Minute)
		if got := log.with(`"reason"="NotTeleport"`); len(got) != 1 {
			t.Errorf("another reason is logged %d times", len(got))
		}
		time.Sleep(50 * time.Minute)
		got := log.with(line)
		if len(got) < 5 || len(got) > 8 {
			t.Errorf("logged %d times in an hour", len(got))
		}
		if last := got[len(got)-1]; strings.Contains(last, `"omitted"=0`) {
			t.Errorf("no count in %s", last)
		}
	})
}

func TestDroppingServerIsNotLoggedEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		_, log := startLogged(t, server)
		for i := range 100 {
			server.client(t, i).end(errRefused)
			for synctest.Wait(); server.clientCount() == i+1; synctest.Wait() {
				time.Sleep(time.Second)
			}
		}
		lost, connected := len(log.with("Lost the connection")), len(log.with("Connected to Teleport"))
		if lost < 1 || lost > 5 || connected > lost+1 {
			t.Errorf("100 losses are logged %d times, connections %d times", lost, connected)
		}
	})
}

// brokenResource panics in the session that reads it.
type brokenResource struct{ types.Resource }

func TestMalformedEventsAreSkippedAndNamed(t *testing.T) {
	nothing := (*types.AccessRequestV3)(nil)
	events := map[string]types.Event{
		"no resource":                 {Type: types.OpPut},
		"a typed nil":                 {Type: types.OpPut, Resource: nothing},
		"a resource that panics":      {Type: types.OpPut, Resource: brokenResource{}},
		"a deletion that panics":      {Type: types.OpDelete, Resource: brokenResource{}},
		"a header in place of it":     {Type: types.OpPut, Resource: deleteEvent("bad").Resource},
		"no state":                    putEvent("bad", types.RequestState_NONE),
		"an id that is none":          putEvent("<!channel> a", types.RequestState_PENDING),
		"a deletion of what is no id": deleteEvent("<!channel> a"),
		"no id":                       putEvent("", types.RequestState_PENDING),
		"an unknown type":             {Type: types.OpType(77), Resource: fakeRequest("bad", types.RequestState_PENDING)},
		"another init":                {Type: types.OpInit},
		"nothing":                     {},
	}
	for name, event := range events {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &fakeServer{requests: []*types.AccessRequestV3{fakeRequest("a", types.RequestState_PENDING)}}
				s, log := startLogged(t, server)
				server.client(t, 0).send(event, putEvent("good", types.RequestState_PENDING))
				synctest.Wait()
				assertState(t, s, "good", accessrequest.Pending)
				assertIDs(t, s.IDs(), "a", "good")
				if s.Status().Reconnects > 0 {
					t.Error("one bad event cost the connection")
				}
				if lines := log.with("channel"); len(lines) > 0 {
					t.Errorf("logged %q", lines)
				}
			})
		})
	}
}

func TestMalformedRequestsOfAListAreSkippedAndNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := fakeRequest("bad", types.RequestState_NONE)
		bad.Spec.RequestReason = "give me root"
		server := &fakeServer{requests: []*types.AccessRequestV3{nil, bad, fakeRequest("good", types.RequestState_PENDING)}}
		s, log := startLogged(t, server)
		assertStatus(t, s, true, "")
		assertIDs(t, s.IDs(), "good")
		if got := log.with("Skipped access requests"); len(got) != 1 || !strings.Contains(got[0], `"bad"`) || strings.Contains(got[0], "root") {
			t.Errorf("logged %q", got)
		}
	})
}

// panicking is a Subscriber that breaks once.
type panicking struct {
	*recorder
	once sync.Once
}

func (p *panicking) Changed(id string) {
	p.once.Do(func() { panic("text of " + id) })
	p.recorder.Changed(id)
}

func TestSessionOutlivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		s, log := startLogged(t, server)
		heard := &panicking{recorder: newRecorder()}
		s.Subscribe(heard)
		s.WatchStatus(heard.statusChanged)
		server.with(func(f *fakeServer) {
			f.requests = []*types.AccessRequestV3{fakeRequest("a", types.RequestState_PENDING)}
		})
		server.client(t, 0).send(putEvent("a", types.RequestState_PENDING))
		synctest.Wait()
		assertStatus(t, s, false, Internal)
		assertSentence(t, s.Status().Problem.Message)
		time.Sleep(time.Second)
		assertStatus(t, s, true, "")
		server.client(t, 1).send(putEvent("b", types.RequestState_PENDING))
		synctest.Wait()
		assertIDs(t, s.IDs(), "a", "b")
		got := log.with("please report it")
		if len(got) != 1 || strings.Contains(got[0], "text of a") || !strings.Contains(got[0], "goroutine") {
			t.Errorf("logged %q", got)
		}
	})
}

// panickingClient breaks wherever it is told to.
type panickingClient struct {
	fakeClient
	where string
}

func (c *panickingClient) EachAccessRequest(ctx context.Context, filter types.AccessRequestFilter, do func(*types.AccessRequestV3) error) error {
	if c.where == "list" || c.where == "refresh" && filter.ID != "" {
		panic("list")
	}
	return c.fakeClient.EachAccessRequest(ctx, filter, do)
}

func (c *panickingClient) NewWatcher(ctx context.Context, watch types.Watch) (types.Watcher, error) {
	if c.where == "watch" {
		panic("watch")
	}
	return c.fakeClient.NewWatcher(ctx, watch)
}

func TestGoroutinesOfSessionsOutlivePanics(t *testing.T) {
	for _, where := range []string{"connect", "watch", "list", "refresh"} {
		t.Run(where, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &fakeServer{requests: []*types.AccessRequestV3{fakeRequest("a", types.RequestState_PENDING)}}
				var mended atomic.Bool
				pool := NewPool(Options{Connect: func(context.Context, string, *Identity) (Client, error) {
					if mended.Load() {
						return &fakeClient{server: server, id: bot()}, nil
					}
					if where == "connect" {
						panic("connect")
					}
					return &panickingClient{fakeClient: fakeClient{server: server, id: bot()}, where: where}, nil
				}})
				runPool(t, pool)
				s := pool.Acquire(Key{}, bot())
				synctest.Wait()
				if where == "refresh" {
					if err := s.Refresh(t.Context(), "a"); !isReason(err, Internal) {
						t.Errorf("a refresh that panics: %v", err)
					}
				} else {
					assertStatus(t, s, false, Internal)
				}
				mended.Store(true)
				time.Sleep(time.Minute)
				assertStatus(t, s, true, "")
				assertIDs(t, s.IDs(), "a")
			})
		})
	}
}

func TestMoreThanIsKeptCostsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		big := func(i int) *types.AccessRequestV3 {
			r := fakeRequest(fmt.Sprintf("%0100d", i), types.RequestState_PENDING)
			r.Spec.RequestReason = strings.Repeat("x", maxText)
			return r
		}
		server := &fakeServer{requests: []*types.AccessRequestV3{fakeRequest("first", types.RequestState_PENDING)}}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		for i := 0; s.Status().Connected; i++ {
			if i > 2*maxMirror/maxText {
				t.Fatal("there is no end")
			}
			server.client(t, 0).send(types.Event{Type: types.OpPut, Resource: big(i)})
			synctest.Wait()
		}
		assertStatus(t, s, false, LimitExceeded)
		assertSentence(t, s.Status().Problem.Message)
		assertState(t, s, "first", accessrequest.Pending)
	})
}
