package teleport

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

func TestRotationLeavesNoGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		s, heard := startSession(t, server, fakeIdentity("old"))
		old := server.client(t, 0)
		server.with(func(f *fakeServer) {
			f.onList = func(c *fakeClient) {
				if c.id.User == "new" && c.listCount() == 1 && old.isClosed() {
					t.Error("the old client was closed before the new list was read")
				}
				time.Sleep(3 * time.Second)
			}
		})
		s.SetIdentity(fakeIdentity("new"))
		time.Sleep(time.Second)
		if old.isClosed() || !s.Status().Connected {
			t.Error("a gap while the new session starts")
		}
		// Both streams carry what happens meanwhile.
		old.send(putEvent("a", types.RequestState_PENDING))
		server.client(t, 1).send(putEvent("a", types.RequestState_PENDING))
		synctest.Wait()
		assertState(t, s, "a", accessrequest.Pending)

		time.Sleep(3 * time.Second)
		if !old.isClosed() || server.client(t, 1).isClosed() {
			t.Error("the new client must have replaced the old one")
		}
		assertState(t, s, "a", accessrequest.Pending)
		assertStatus(t, s, true, "")
		if got := s.Status(); got.User != "new" || got.Reconnects != 0 {
			t.Errorf("user %q, %d reconnects", got.User, got.Reconnects)
		}
		if heard.syncs() != 2 {
			t.Errorf("%d lists were announced", heard.syncs())
		}
		server.client(t, 1).send(putEvent("b", types.RequestState_PENDING))
		synctest.Wait()
		assertState(t, s, "b", accessrequest.Pending)
	})
}

func TestRotationToABadIdentityKeepsTheOldConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{refuse: func(_ int, id *Identity) error {
			if id.User == "bad" {
				return NewError(IdentityOtherCluster, "It is of another cluster.")
			}
			return nil
		}}
		s, _ := startSession(t, server, fakeIdentity("good"))
		s.SetIdentity(fakeIdentity("bad"))
		time.Sleep(5 * time.Minute)
		assertStatus(t, s, true, IdentityOtherCluster)
		if got := s.Status().User; got != "good" {
			t.Errorf("user in use is %q", got)
		}
		server.client(t, 0).send(putEvent("a", types.RequestState_PENDING))
		synctest.Wait()
		assertState(t, s, "a", accessrequest.Pending)

		server.client(t, 0).end(errRefused)
		time.Sleep(time.Minute)
		assertStatus(t, s, false, IdentityOtherCluster)

		s.SetIdentity(fakeIdentity("good again"))
		synctest.Wait() // at once, whatever the back-off
		assertStatus(t, s, true, "")
	})
}

func TestRapidRotationsCoalesce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		s, _ := startSession(t, server, fakeIdentity("0"))
		server.with(func(f *fakeServer) { f.onList = func(*fakeClient) { time.Sleep(time.Second) } })
		for _, name := range []string{"1", "2", "3", "4", "5"} {
			s.SetIdentity(fakeIdentity(name))
		}
		s.SetIdentity(fakeIdentity("5"))
		s.SetIdentity(nil)
		time.Sleep(5 * time.Second)
		assertStatus(t, s, true, "")
		if got := s.Status().User; got != "5" {
			t.Errorf("user %q", got)
		}
		if n := len(server.clients); n > 4 {
			t.Errorf("%d connections for a burst", n)
		}
		for _, c := range server.clients {
			if newest := c.id.User == "5" && c == server.clients[len(server.clients)-1]; c.isClosed() == newest {
				t.Errorf("client of identity %s: closed is %v", c.id.User, c.isClosed())
			}
		}
	})
}

func TestRotationDoesNotWaitForAnOlderIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		pool := NewPool(Options{Connect: func(ctx context.Context, address string, id *Identity) (Client, error) {
			if id.User == "hangs" {
				<-ctx.Done()
			}
			return server.connect(ctx, address, id)
		}})
		runPool(t, pool)
		s := pool.Acquire(Key{}, fakeIdentity("hangs"))
		synctest.Wait()
		s.SetIdentity(fakeIdentity("good"))
		synctest.Wait()
		assertStatus(t, s, true, "")
	})
}

func TestRotationLetsRunningCallsFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{onCall: func(context.Context) error {
			time.Sleep(5 * time.Second)
			return nil
		}}
		s, _ := startSession(t, server, fakeIdentity("old"))
		failed := make(chan error, 1)
		go func() {
			_, err := s.Records("slack").Load(t.Context(), "a")
			failed <- err
		}()
		time.Sleep(time.Second)
		s.SetIdentity(fakeIdentity("new"))
		synctest.Wait()
		if server.client(t, 0).watcher.ctx.Err() == nil {
			t.Error("the old stream goes on")
		}
		if s.Status().User != "new" || server.client(t, 0).isClosed() {
			t.Error("the old client must stay while a call runs on it")
		}
		if err := <-failed; err != nil {
			t.Errorf("the running call failed: %v", err)
		}
		synctest.Wait()
		if !server.client(t, 0).isClosed() {
			t.Error("the old client is open after its last call")
		}
	})
}

func TestLossDuringRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{requests: []*types.AccessRequestV3{fakeRequest("a", types.RequestState_PENDING)}}
		s, _ := startSession(t, server, fakeIdentity("old"))
		server.with(func(f *fakeServer) { f.onList = func(*fakeClient) { time.Sleep(100 * time.Millisecond) } })
		s.SetIdentity(fakeIdentity("new"))
		synctest.Wait()
		server.client(t, 0).end(errRefused)
		synctest.Wait()
		// The new stream flows already, so that nothing was missed.
		assertStatus(t, s, true, "")
		server.client(t, 1).send(putEvent("a", types.RequestState_APPROVED))
		synctest.Wait()
		assertState(t, s, "a", accessrequest.Approved)
		time.Sleep(200 * time.Millisecond)
		assertStatus(t, s, true, "")
		if got := s.Status(); got.User != "new" || got.Reconnects != 0 {
			t.Errorf("user %q, %d reconnects", got.User, got.Reconnects)
		}
		time.Sleep(time.Minute)
		if n := len(server.clients); n != 2 {
			t.Errorf("%d connections", n)
		}
	})
}

func TestCallsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running, most := make(chan int, 1), 0
		running <- 0
		server := &fakeServer{onCall: func(ctx context.Context) error {
			n := <-running + 1
			most = max(most, n)
			running <- n
			<-ctx.Done()
			running <- <-running - 1
			return ctx.Err()
		}}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		const calls = 2 * maxConcurrentCalls
		errs := make(chan error)
		for range calls {
			go func() {
				_, err := s.Records("slack").Load(t.Context(), "a")
				errs <- err
			}()
		}
		begin := time.Now()
		for range calls {
			if err := <-errs; !isReason(err, Timeout) {
				t.Errorf("got %v", err)
			}
		}
		if took := time.Since(begin); took != 2*callTimeout {
			t.Errorf("took %v: a call's own deadline must not count the wait for a slot", took)
		}
		if most != maxConcurrentCalls {
			t.Errorf("%d calls at once", most)
		}
	})
}

func TestTheIdentityInUseComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{refuse: func(_ int, id *Identity) error {
			if id.User == "bad" {
				return NewError(PermissionDenied, "It is denied.")
			}
			return nil
		}}
		s, _ := startSession(t, server, fakeIdentity("good"))
		s.SetIdentity(fakeIdentity("bad"))
		time.Sleep(time.Minute)
		assertStatus(t, s, true, PermissionDenied)

		s.SetIdentity(fakeIdentity("good"))
		synctest.Wait()
		assertStatus(t, s, true, "")
		attempts := len(server.attempts)
		time.Sleep(5 * time.Minute)
		assertStatus(t, s, true, "")
		if n := len(server.attempts); n != attempts {
			t.Errorf("%d more attempts to connect, with the identity in use", n-attempts)
		}
	})
}

func TestRotationToRolesWithoutRecordsKeepsTheOldConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		s, _ := startSession(t, server, fakeIdentity("old"))
		server.with(func(f *fakeServer) {
			f.onTry = func(context.Context) error {
				return trace.AccessDenied(`access denied to perform action "list" on "access_plugin_data"`)
			}
		})
		s.SetIdentity(fakeIdentity("new"))
		time.Sleep(time.Minute)
		assertStatus(t, s, true, PermissionDenied)
		if got := s.Status(); got.User != "old" || server.client(t, 0).isClosed() {
			t.Errorf("the working connection was given up for that of %q", got.User)
		}
		for i := 1; i < server.clientCount(); i++ {
			if !server.client(t, i).isClosed() {
				t.Errorf("the client of attempt %d is open", i)
			}
		}

		server.with(func(f *fakeServer) { f.onTry = nil })
		time.Sleep(time.Minute)
		assertStatus(t, s, true, "")
		if got := s.Status().User; got != "new" {
			t.Errorf("user %q: the role was mended", got)
		}
	})
}
