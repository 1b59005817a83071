package teleport

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/singleflight"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Subscriber hears of changes in a session. Its methods are called one at a
// time and without locks held, must return quickly, and may be called once more
// while the subscription is being ended.
type Subscriber interface {
	// Synced is called whenever the mirror has been compared with a full list:
	// look at every request again.
	Synced()
	// Changed is called when one request may have changed or gone.
	Changed(id string)
	// StatusChanged is called when the session's status has changed.
	StatusChanged()
}

// Status tells how a session is.
type Status struct {
	// Connected is true while events flow.
	Connected bool
	// Reason and Message say what is wrong, empty when nothing is. While
	// Connected is true they are about a newer identity that does not work.
	Reason  Reason
	Message string
	// User, IdentityNotBefore and IdentityNotAfter are those of the identity in
	// use, or of the newest identity while not connected.
	User                                string
	IdentityNotBefore, IdentityNotAfter time.Time
	// Cluster is the cluster last connected to.
	Cluster ClusterInfo
	// Reconnects counts how often a lost connection was made anew.
	Reconnects int
	// Events counts the events about access requests. Subscribers are not told
	// that it has changed.
	Events int
}

// Session mirrors the access requests of one cluster and stores records there,
// as one identity. Get one from [Pool.Acquire]. It is safe for concurrent use.
type Session struct {
	key      Key
	log      logr.Logger
	connect  ConnectFunc
	resync   time.Duration
	requests cache
	// slots bounds the calls that are made at once.
	slots chan struct{}
	// refreshes joins questions about the same request.
	refreshes singleflight.Group
	// replaced is signalled when there is a newer identity.
	replaced chan struct{}

	mu          sync.RWMutex
	identity    *Identity
	link        *link
	status      Status
	events      int
	subscribers map[*subscription]struct{}

	// telling is held while subscribers are told, so that they are one at a time.
	telling sync.Mutex
}

// subscription gives each subscriber an identity of its own.
type subscription struct {
	Subscriber
}

func newSession(key Key, o Options) *Session {
	return &Session{
		key:         key,
		log:         o.Log.WithValues("namespace", key.Namespace, "address", key.Address, "identity", key.IdentityRef),
		connect:     o.Connect,
		resync:      o.ResyncInterval,
		slots:       make(chan struct{}, maxConcurrentCalls),
		replaced:    make(chan struct{}, 1),
		subscribers: map[*subscription]struct{}{},
		status: Status{
			Reason:  IdentityMissing,
			Message: "There is no Teleport identity yet.",
		},
	}
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
	select {
	case s.replaced <- struct{}{}:
	default:
	}
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
func (s *Session) Cluster() ClusterInfo {
	return s.Status().Cluster
}

// Status tells how the session is.
func (s *Session) Status() Status {
	s.mu.RLock()
	defer s.mu.RUnlock()
	status := s.status
	status.Events = s.events
	if !status.Connected && s.identity != nil {
		status.User, status.IdentityNotBefore, status.IdentityNotAfter = s.identity.User, s.identity.NotBefore, s.identity.NotAfter
	}
	return status
}

// Subscribe tells sub of changes until the returned function is called. If the
// mirror is complete already, sub.Synced is called at once.
func (s *Session) Subscribe(sub Subscriber) (unsubscribe func()) {
	entry := &subscription{sub}
	s.mu.Lock()
	s.subscribers[entry] = struct{}{}
	s.mu.Unlock()
	if s.Synced() {
		sub.Synced()
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subscribers, entry)
	}
}

func (s *Session) notify(tell func(Subscriber)) {
	s.mu.RLock()
	subscribers := slices.Collect(maps.Keys(s.subscribers))
	s.mu.RUnlock()
	s.telling.Lock()
	defer s.telling.Unlock()
	for _, sub := range subscribers {
		tell(sub)
	}
}

func (s *Session) newestIdentity() *Identity {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.identity
}

// use makes l the link that calls go to; nil is none.
func (s *Session) use(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link = l
}

// countEvent notes that an event about an access request came.
func (s *Session) countEvent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events++
}

// setStatus applies change and tells the subscribers if it changed anything.
func (s *Session) setStatus(change func(*Status)) {
	s.mu.Lock()
	before := s.status
	change(&s.status)
	changed := s.status != before
	s.mu.Unlock()
	if changed {
		s.notify(Subscriber.StatusChanged)
	}
}
