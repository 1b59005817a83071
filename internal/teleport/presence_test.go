package teleport

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func assertPresence(t *testing.T, s *SessionHandle, id string, want accessrequest.Presence) {
	t.Helper()
	if _, got := s.Get(id); got != want {
		t.Errorf("presence of %s is %v, want %v", id, got, want)
	}
}

func TestDeletionHeardOnTheStreamThatShowedTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := fakeRequest("other", types.RequestState_PENDING)
		server := &fakeServer{requests: []*types.AccessRequestV3{other, fakeRequest("a", types.RequestState_PENDING)}}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		server.client(t, 0).send(putEvent("b", types.RequestState_PENDING), deleteEvent("a"), deleteEvent("b"), deleteEvent("c"))
		synctest.Wait()
		assertPresence(t, s, "a", accessrequest.Deleted)
		assertPresence(t, s, "b", accessrequest.Deleted)
		assertPresence(t, s, "c", accessrequest.Unlisted)
		assertPresence(t, s, "other", accessrequest.Present)
		assertState(t, s, "a", accessrequest.Pending) // the last that was known
		assertIDs(t, s.IDs(), "other")
	})
}

func TestDeletionAfterAGapIsNotHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := fakeRequest("other", types.RequestState_PENDING)
		server := &fakeServer{requests: []*types.AccessRequestV3{other, fakeRequest("a", types.RequestState_PENDING)}}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		time.Sleep(time.Minute)
		server.with(func(f *fakeServer) { f.requests = []*types.AccessRequestV3{other} })
		server.client(t, 0).end(errRefused)
		synctest.Wait()
		// It may have been approved in the gap, and the list may trail.
		server.client(t, 1).send(deleteEvent("a"))
		synctest.Wait()
		assertPresence(t, s, "a", accessrequest.Unlisted)
		assertState(t, s, "a", accessrequest.Pending)
	})
}

func TestDeletionDuringARotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := []*types.AccessRequestV3{fakeRequest("other", types.RequestState_PENDING), fakeRequest("a", types.RequestState_PENDING)}
		server := &fakeServer{requests: requests}
		s, _ := startSession(t, server, fakeIdentity("old"))
		slowList(server, time.Minute)
		s.SetIdentity(fakeIdentity("new"))
		synctest.Wait()
		server.client(t, 1).send(deleteEvent("a"))
		synctest.Wait()
		server.client(t, 0).send(deleteEvent("a"))
		synctest.Wait()
		assertPresence(t, s, "a", accessrequest.Deleted)
		time.Sleep(2 * time.Minute)
		assertPresence(t, s, "a", accessrequest.Deleted)
	})
}

func TestRefresh(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	a, b := create(t, srv, teleporttest.RequestSpec{}), create(t, srv, teleporttest.RequestSpec{})
	s, heard := connectSession(t, srv, issue(t, srv, teleporttest.IdentityOptions{}))
	await(t, heard, "the list is announced", func() bool { return heard.syncs() > 0 })
	must(t, s.Refresh(t.Context(), a))
	assertPresence(t, s, a, accessrequest.Present)
	if err := s.Refresh(t.Context(), "ae7d8c4a-6fc1-4e26-b963-035e16de9acb"); err != nil {
		t.Errorf("a request that Teleport does not know: %v", err)
	}

	// What was not heard of is learnt by asking.
	heard.takeChanged()
	s.requests.put(request(a, accessrequest.Approved, 3), time.Now().Add(-time.Minute))
	must(t, s.Refresh(t.Context(), a))
	assertState(t, s, a, accessrequest.Pending)
	assertIDs(t, heard.takeChanged(), a)

	must(t, srv.DeleteRequest(b))
	await(t, heard, "the deletion shows", func() bool { _, p := s.Get(b); return p == accessrequest.Deleted })
	must(t, s.Refresh(t.Context(), b))
	assertPresence(t, s, b, accessrequest.Deleted)

	// An identity that may not list any more gets the same answer as to what is
	// not there.
	s.requests.saw(time.Time{})
	srv.SetPermissions(teleporttest.PluginRole, teleporttest.PluginPermissions().With(types.KindAccessRequest))
	if err := s.Refresh(t.Context(), a); !isReason(err, PermissionDenied) {
		t.Errorf("without the permission: %v", err)
	}
	assertPresence(t, s, a, accessrequest.Present)
}

func TestRefreshOfWhatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := fakeRequest("other", types.RequestState_PENDING)
		server := &fakeServer{requests: []*types.AccessRequestV3{other, fakeRequest("a", types.RequestState_PENDING)}}
		s, heard := startSession(t, server, fakeIdentity("bot"))
		time.Sleep(time.Minute)
		server.with(func(f *fakeServer) { f.requests = []*types.AccessRequestV3{other} })
		heard.takeChanged()
		must(t, s.Refresh(t.Context(), "a"))
		assertPresence(t, s, "a", accessrequest.Unlisted)
		assertState(t, s, "a", accessrequest.Pending)
		assertIDs(t, heard.takeChanged(), "a")
		must(t, s.Refresh(t.Context(), "a"))
		assertIDs(t, heard.takeChanged()) // nothing new

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Refresh(ctx, "a"); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("a question that was given up: %v", err)
		}
		server.with(func(f *fakeServer) { f.listErr = errRefused })
		if err := s.Refresh(t.Context(), "other"); !isReason(err, ConnectionRefused) {
			t.Errorf("a server that is away: %v", err)
		}
		assertPresence(t, s, "other", accessrequest.Present)
	})
}

// countingClient counts the questions about single requests, which take a while.
type countingClient struct {
	fakeClient
	mu    sync.Mutex
	asked int
}

func (c *countingClient) EachAccessRequest(ctx context.Context, filter types.AccessRequestFilter, do func(*types.AccessRequestV3) error) error {
	if filter.ID != "" {
		c.mu.Lock()
		c.asked++
		c.mu.Unlock()
		time.Sleep(time.Second)
	}
	return c.fakeClient.EachAccessRequest(ctx, filter, do)
}

func TestRefreshesAreJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &countingClient{fakeClient: fakeClient{
			server: &fakeServer{requests: []*types.AccessRequestV3{fakeRequest("a", types.RequestState_PENDING)}}, id: bot(),
		}}
		pool := NewPool(Options{Connect: func(context.Context, string, *Identity) (Client, error) { return c, nil }})
		runPool(t, pool)
		s := pool.Acquire(Key{}, bot())
		synctest.Wait()
		var asking sync.WaitGroup
		for range 100 {
			asking.Go(func() {
				if err := s.Refresh(t.Context(), "a"); err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
		if c.asked != 1 {
			t.Errorf("asked %d times", c.asked)
		}
	})
}
