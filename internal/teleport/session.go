package teleport

import (
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/singleflight"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/signal"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// Session mirrors the access requests of one cluster and stores records there,
// as one identity. Get one from [Pool.Acquire]. It is safe for concurrent use.
type Session struct {
	key        Key
	log        logr.Logger
	connect    ConnectFunc
	resync     time.Duration
	requests   cache
	monitoring *ruleMirror
	// users are the traits of users.
	users *lookup[map[string][]string]
	// traits are who has a trait.
	traits traitLists
	// resources are those of each kind, and roles the logins of roles.
	resources map[string]*lookup[resourceDetails]
	roles     *lookup[[]string]
	// slow is set while what a request waited for has not come, and later has the requests
	// that change when it does.
	slow  atomic.Bool
	later sync.Map
	// sem bounds the calls that are made at once.
	sem chan struct{}
	// refreshes joins questions about the same request.
	refreshes singleflight.Group
	// replaced is signalled when there is a newer identity.
	replaced signal.Signal

	subscribers listeners[accessrequest.Subscriber]
	// watchers are called when the status has changed.
	watchers listeners[func()]

	mu         sync.RWMutex
	identity   *Identity
	connection *connection
	status     status.Teleport
	events     int
	// unread is when kinds could not be read that describe requests.
	unread map[string]time.Time
	// ignoring is the version of a server that does not name in a review who has decided.
	ignoring string
}

func newSession(key Key, o Options) *Session {
	s := &Session{
		key:        key,
		log:        o.Log.WithValues("namespace", key.Namespace, "address", key.Address, "identity", key.IdentityRef),
		connect:    o.Connect,
		resync:     o.ResyncInterval,
		monitoring: newRuleMirror(),
		sem:        make(chan struct{}, maxConcurrentCalls),
		replaced:   signal.New(),
		unread:     map[string]time.Time{},
	}
	s.users, s.roles, s.resources = s.newUsers(), s.newRoles(), map[string]*lookup[resourceDetails]{}
	for kind := range listedAs {
		s.resources[kind] = s.newResources(kind)
	}
	return s
}

// SetIdentity makes the session use id from now on. It returns at once: the
// present connection stays until one with id is up, and the newest of several
// identities wins. Giving the same identity again changes nothing, nor does nil.
func (s *Session) SetIdentity(id *Identity) {
	if id == nil {
		return
	}
	s.mu.Lock()
	same := s.identity != nil && s.identity.Fingerprint == id.Fingerprint
	if !same {
		s.identity = id
	}
	s.mu.Unlock()
	if same {
		return
	}
	s.replaced.Give()
}

// Get returns the last known state of a request, and whether Teleport has it. Of
// requests that Teleport no longer has it remembers some, for a day. The request
// must not be modified.
func (s *Session) Get(id string) (accessrequest.Request, accessrequest.Presence) {
	return s.requests.get(id)
}

// IDs lists the requests that Teleport has, in every state and in no order.
func (s *Session) IDs() []string {
	return s.requests.ids()
}

// Synced reports whether a full list has been read at least once. Before that
// the absence of a request means nothing.
func (s *Session) Synced() bool {
	return s.requests.isSynced()
}

// Cluster describes the cluster last connected to.
func (s *Session) Cluster() accessrequest.Cluster {
	return s.Status().Cluster
}

// Status tells how the session is.
func (s *Session) Status() status.Teleport {
	s.mu.RLock()
	defer s.mu.RUnlock()
	now := s.status
	now.Events, now.Unread = s.events, s.unreadKinds(time.Now())
	if s.ignoring != "" && s.ignoring == now.Cluster.ServerVersion {
		now.Cluster.ReviewsForUsers = false
	}
	switch {
	case now.Connected:
	case s.identity != nil:
		now.User, now.IdentityNotBefore, now.IdentityNotAfter = s.identity.User, s.identity.NotBefore, s.identity.NotAfter
	case now.Problem == nil:
		now.Problem = &NewError(IdentityMissing, "There is no Teleport identity yet.").Problem
	}
	return now
}

// Subscribe tells sub of changes until the returned function is called. If the
// mirror is complete already, sub.Synced is called at once. The methods of sub are
// called one at a time and without locks held, and may be called once more while the
// subscription is being ended.
func (s *Session) Subscribe(sub accessrequest.Subscriber) (unsubscribe func()) {
	unsubscribe = s.subscribers.add(sub)
	if s.Synced() {
		sub.Synced()
	}
	return unsubscribe
}

// WatchStatus calls changed whenever the status has changed in more than its count of
// events, until the returned function is called. It must return quickly, and may be
// called once more while the watch is being ended.
func (s *Session) WatchStatus(changed func()) (unwatch func()) {
	return s.watchers.add(changed)
}

func (s *Session) newestIdentity() *Identity {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.identity
}

// use makes l the connection that calls go to; nil is none.
func (s *Session) use(l *connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connection = l
}

// countEvent notes that an event about an access request came.
func (s *Session) countEvent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events++
}

// setStatus applies change and tells the watchers of the status if it changed anything.
func (s *Session) setStatus(change func(*status.Teleport)) {
	s.mu.Lock()
	before := s.status
	change(&s.status)
	changed := !reflect.DeepEqual(s.status, before)
	s.mu.Unlock()
	if changed {
		s.watchers.each(func(changed func()) { changed() })
	}
}
