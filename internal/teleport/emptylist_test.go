package teleport

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// connectListing runs a pool with one session at srv that lists often.
func connectListing(t *testing.T, srv *teleporttest.Server) (*SessionHandle, *recorder) {
	t.Helper()
	pool := NewPool(Options{Connect: dialBriefly, ResyncInterval: 200 * time.Millisecond})
	lease := pool.Acquire(Key{Address: srv.Addr()}, issue(t, srv, teleporttest.IdentityOptions{}))
	heard := newRecorder()
	lease.Subscribe(heard)
	lease.WatchStatus(heard.statusChanged)
	runPool(t, pool)
	return lease, heard
}

func TestSessionThatLosesThePermission(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	requestID := create(t, srv, teleporttest.RequestSpec{})
	s, heard := connectListing(t, srv)
	await(t, heard, "synced", s.Synced)
	heard.takeChanged()

	srv.SetPermissions(teleporttest.PluginRole, teleporttest.PluginPermissions().With(types.KindAccessRequest))
	await(t, heard, "the loss shows", func() bool { return problemOf(s) == PermissionDenied })
	message := s.Status().Problem.Message
	assertSentence(t, message)
	if !strings.Contains(message, "allow list and read on access_request") {
		t.Error(message)
	}
	await(t, heard, "the next watch is refused", func() bool {
		return strings.Contains(s.Status().Problem.Message, "may not read access_request")
	})
	assertStatus(t, s, false, PermissionDenied)
	assertState(t, s, requestID, accessrequest.Pending)
	assertIDs(t, heard.takeChanged())

	srv.SetPermissions(teleporttest.PluginRole, teleporttest.PluginPermissions())
	await(t, heard, "it is back", func() bool { return s.Status().Connected })
	must(t, srv.Review(requestID, "bob", accessrequest.Approved, ""))
	await(t, heard, "the approval shows", func() bool { r, _ := s.Get(requestID); return r.State == accessrequest.Approved })
	assertStatus(t, s, true, "")
}

func TestSessionThatLosesTheRightToList(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	requestID := create(t, srv, teleporttest.RequestSpec{})
	s, heard := connectListing(t, srv)
	await(t, heard, "synced", s.Synced)
	heard.takeChanged()

	srv.SetPermissions(teleporttest.PluginRole, teleporttest.PluginPermissions().With(types.KindAccessRequest, types.VerbRead))
	await(t, heard, "the loss shows", func() bool { return problemOf(s) == PermissionDenied })
	await(t, heard, "it is back", func() bool { return s.Status().Connected })
	assertState(t, s, requestID, accessrequest.Pending)
	assertIDs(t, heard.takeChanged())

	must(t, srv.Review(requestID, "bob", accessrequest.Approved, ""))
	await(t, heard, "the approval shows", func() bool { r, _ := s.Get(requestID); return r.State == accessrequest.Approved })
	if got := s.Status().Reconnects; got != 1 {
		t.Errorf("%d reconnects, want 1", got)
	}
}

// expiring is a pending request that ends after a while.
func expiring(id string, after time.Duration) *types.AccessRequestV3 {
	r := fakeRequest(id, types.RequestState_PENDING)
	r.SetExpiry(time.Now().Add(after))
	return r
}

// listsNothing makes every list empty from now on, while watches work: so does
// a role with the right to read but not to list.
func listsNothing(f *fakeServer) { f.requests = nil }

func TestSessionStaysConnectedWithoutTheRightToList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const life = 20 * time.Minute
		server := &fakeServer{requests: []*types.AccessRequestV3{expiring("a", life)}}
		s, heard := startSession(t, server, fakeIdentity("bot"))
		expiry := time.Now().Add(life)
		heard.takeChanged()
		server.with(listsNothing)
		time.Sleep(DefaultResyncInterval*11/10 + 2*time.Second) // the list was read, the connection given up and made anew
		assertStatus(t, s, true, "")
		assertState(t, s, "a", accessrequest.Pending)
		if got := server.clientCount(); got != 2 {
			t.Fatalf("%d connections, want 2", got)
		}

		statuses, lists := heard.statusCount(), server.client(t, 1).listCount()
		time.Sleep(time.Minute)
		assertState(t, s, "a", accessrequest.Pending)
		if got := heard.statusCount() - statuses; got != 0 {
			t.Errorf("%d changes of the status within a minute", got)
		}
		if got := server.client(t, 1).listCount() - lists; got < 4 || got > 6 {
			t.Errorf("%d lists within a minute, want one each 11 s", got)
		}
		assertIDs(t, heard.takeChanged())

		time.Sleep(time.Until(expiry))
		assertIDs(t, s.IDs(), "a")
		time.Sleep(13 * time.Second)
		assertIDs(t, s.IDs())
		assertIDs(t, heard.takeChanged(), "a")
		lists = server.client(t, 1).listCount()
		time.Sleep(time.Minute)
		if got := server.client(t, 1).listCount() - lists; got != 0 {
			t.Errorf("%d lists within a minute although nothing is doubtful", got)
		}
		if got := s.Status().Reconnects; got != 1 {
			t.Errorf("%d reconnects, want 1", got)
		}
	})
}

func TestSessionGivesALinkUpOncePerEventWithoutTheRightToList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		server.client(t, 0).send(putEvent("a", types.RequestState_PENDING))
		time.Sleep(DefaultResyncInterval*11/10 + 2*time.Second)
		if got := server.clientCount(); got != 2 {
			t.Fatalf("%d connections, want a second one since the first no longer lists what it showed", got)
		}
		time.Sleep(time.Minute) // no loop
		if got := server.clientCount(); got != 2 {
			t.Errorf("%d connections, want 2", got)
		}
		server.client(t, 1).send(putEvent("a", types.RequestState_APPROVED))
		time.Sleep(time.Hour)
		assertStatus(t, s, true, "")
		assertState(t, s, "a", accessrequest.Approved)
		if got := server.clientCount(); got != 3 {
			t.Errorf("%d connections, want 3", got)
		}
	})
}

func TestSessionKeepsWhatIsMissingAfterAReconnectUntilItsExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{requests: []*types.AccessRequestV3{expiring("a", 10*time.Minute)}}
		s, _ := startSession(t, server, fakeIdentity("bot"))
		time.Sleep(2 * time.Minute)
		server.with(listsNothing)
		server.client(t, 0).end(errRefused)
		time.Sleep(7 * time.Minute)
		assertState(t, s, "a", accessrequest.Pending)
		time.Sleep(time.Minute + 13*time.Second)
		assertIDs(t, s.IDs())
		if got := server.clientCount(); got != 2 {
			t.Errorf("%d connections, want 2", got)
		}
	})
}

func TestSessionBelievesAnEmptyListThatADeletionExplains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{requests: []*types.AccessRequestV3{expiring("a", time.Hour)}}
		s, heard := startSession(t, server, fakeIdentity("bot"))
		heard.takeChanged()
		server.with(func(f *fakeServer) {
			listsNothing(f)
			f.onList = func(c *fakeClient) {
				f.with(func(f *fakeServer) { f.onList = nil })
				c.send(deleteEvent("a")) // it was deleted while the list was read
				time.Sleep(time.Second)
			}
		})
		time.Sleep(DefaultResyncInterval*11/10 + 2*time.Second)
		assertStatus(t, s, true, "")
		assertIDs(t, s.IDs())
		assertIDs(t, heard.takeChanged(), "a")
		if got := server.clientCount(); got != 1 {
			t.Errorf("%d connections, want 1", got)
		}
	})
}
