package teleport

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// slowList makes every list take d from now on.
func slowList(server *fakeServer, d time.Duration) {
	server.with(func(f *fakeServer) {
		f.onList = func(*fakeClient) { time.Sleep(d) }
	})
}

func TestSlowListHoldsBackNoEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{requests: []*types.AccessRequestV3{fakeRequest("a", types.RequestState_PENDING)}}
		s, heard := startSession(t, server, fakeIdentity("bot"))
		slowList(server, 5*time.Minute) // longer than a minute
		time.Sleep(DefaultResyncInterval * 11 / 10)
		if server.client(t, 0).listCount() != 2 {
			t.Fatal("no list is being read")
		}
		syncs := heard.syncs()
		heard.takeChanged()
		server.client(t, 0).send(putEvent("a", types.RequestState_APPROVED), putEvent("b", types.RequestState_PENDING))
		synctest.Wait()
		assertState(t, s, "a", accessrequest.Approved)
		assertState(t, s, "b", accessrequest.Pending)
		assertIDs(t, heard.takeChanged(), "a", "b")
		assertStatus(t, s, true, "")

		// What the list says of them is older.
		time.Sleep(6 * time.Minute)
		if heard.syncs() == syncs {
			t.Fatal("the list was given up")
		}
		assertState(t, s, "a", accessrequest.Approved)
		assertIDs(t, s.IDs(), "a", "b")
		assertStatus(t, s, true, "")
	})
}

func TestSlowFirstListHoldsBackNoEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		slowList(server, 2*time.Minute)
		s, heard := startSession(t, server, fakeIdentity("bot"))
		assertStatus(t, s, true, "")
		server.client(t, 0).send(putEvent("a", types.RequestState_PENDING))
		synctest.Wait()
		assertIDs(t, heard.takeChanged(), "a")
		if s.Synced() {
			t.Error("synced before the list was read")
		}
		if _, err := s.Records("p").Load(t.Context(), "a"); err != nil {
			t.Errorf("a call meanwhile: %v", err)
		}
		time.Sleep(3 * time.Minute)
		if !s.Synced() {
			t.Error("the list was given up")
		}
	})
}

func TestSlowListHoldsBackNoIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		s, _ := startSession(t, server, fakeIdentity("old"))
		slowList(server, 5*time.Minute)
		time.Sleep(DefaultResyncInterval * 11 / 10)
		server.with(func(f *fakeServer) { f.onList = nil })
		s.SetIdentity(fakeIdentity("new"))
		synctest.Wait()
		if got := s.Status().User; got != "new" {
			t.Errorf("user %q while the old one lists", got)
		}
	})
}

func TestSlowListHoldsBackNoShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := NewPool(Options{Connect: func(context.Context, string, *Identity) (Client, error) {
			return &slowClient{fakeClient{server: &fakeServer{}, id: bot()}}, nil
		}})
		runPool(t, pool)
		lease := pool.Acquire(Key{}, bot())
		synctest.Wait()
		begin := time.Now()
		lease.Release() // the bubble fails if anything is left
		synctest.Wait()
		if took := time.Since(begin); took > 0 {
			t.Errorf("took %v", took)
		}
	})
}

// slowClient lists until it is told to stop.
type slowClient struct{ fakeClient }

func (c *slowClient) EachAccessRequest(ctx context.Context, _ types.AccessRequestFilter, _ func(*types.AccessRequestV3) error) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestFailingListsDoNotFlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{listErr: errRefused}
		s, heard := startSession(t, server, fakeIdentity("bot"))
		time.Sleep(time.Minute)
		assertStatus(t, s, false, ConnectionRefused)
		statuses := heard.statusCount()
		time.Sleep(10 * time.Minute)
		if got := heard.statusCount() - statuses; got > 0 {
			t.Errorf("%d changes of the status", got)
		}
		server.with(func(f *fakeServer) { f.listErr = nil })
		time.Sleep(time.Minute)
		assertStatus(t, s, true, "")
		if !s.Synced() {
			t.Error("not synced")
		}
	})
}

func TestSlowListOfAServer(t *testing.T) {
	for _, version := range []string{"15.1.9", "17.2.1"} {
		t.Run(version, func(t *testing.T) {
			srv := teleporttest.ForTest(t, teleporttest.Options{Version: version})
			s, heard := connectListing(t, srv)
			await(t, heard, "synced", s.Synced)
			srv.SlowLists(time.Minute)
			lists := srv.Calls()["ListAccessRequests"]
			await(t, heard, "a list is under way", func() bool {
				if srv.Calls()["ListAccessRequests"] == lists {
					create(t, srv, teleporttest.RequestSpec{}) // something to hear of
				}
				return srv.Calls()["ListAccessRequests"] > lists
			})
			id := create(t, srv, teleporttest.RequestSpec{})
			begin := time.Now()
			await(t, heard, "the request shows", func() bool { _, p := s.Get(id); return p == accessrequest.Present })
			next := issue(t, srv, teleporttest.IdentityOptions{User: "access-plugin", TTL: 2 * time.Hour})
			srv.SlowLists(0)
			s.SetIdentity(next)
			await(t, heard, "the identity is used", func() bool { return s.newestLink() == next })
			if took := time.Since(begin); took > 15*time.Second {
				t.Errorf("took %v while a list was read", took)
			}
		})
	}
}

func TestListsThatTrail(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	other, approved := create(t, srv, teleporttest.RequestSpec{}), create(t, srv, teleporttest.RequestSpec{})
	s, heard := connectListing(t, srv)
	await(t, heard, "synced", s.Synced)

	// A list that lacks a pending request is no news that it is gone.
	srv.OmitFromLists(other)
	await(t, heard, "the request is unlisted", func() bool { _, p := s.Get(other); return p == accessrequest.Unlisted })
	assertState(t, s, other, accessrequest.Pending)
	must(t, s.Refresh(t.Context(), other))
	if _, presence := s.Get(other); presence != accessrequest.Present {
		t.Errorf("after a question it is %v", presence)
	}
	srv.OmitFromLists()

	// A list that has an approved request pending does not undo that.
	srv.FreezeLists(true)
	must(t, srv.Review(approved, "bob", accessrequest.Approved, ""))
	await(t, heard, "the approval shows", func() bool { r, _ := s.Get(approved); return r.State == accessrequest.Approved })
	syncs := heard.syncs()
	await(t, heard, "two lists more", func() bool { return heard.syncs() > syncs+1 })
	assertState(t, s, approved, accessrequest.Approved)
	must(t, s.Refresh(t.Context(), approved))
	assertState(t, s, approved, accessrequest.Approved)

	// Teleport allows to deny what was approved.
	must(t, srv.Resolve(approved, accessrequest.Denied, "no, after all"))
	await(t, heard, "the denial shows", func() bool { r, _ := s.Get(approved); return r.State == accessrequest.Denied })
	syncs = heard.syncs()
	await(t, heard, "two lists more", func() bool { return heard.syncs() > syncs+1 })
	assertState(t, s, approved, accessrequest.Denied)

	must(t, srv.DeleteRequest(other))
	await(t, heard, "the deletion shows", func() bool { _, p := s.Get(other); return p == accessrequest.Deleted })
	syncs = heard.syncs()
	await(t, heard, "two lists more", func() bool { return heard.syncs() > syncs+1 })
	if r, presence := s.Get(other); presence != accessrequest.Deleted || r.State != accessrequest.Pending {
		t.Errorf("it is %q, presence %v", r.State, presence)
	}
}
