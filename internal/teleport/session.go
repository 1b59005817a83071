package teleport

import (
	"maps"
	"reflect"
	"slices"
	"sync"
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
	key      Key
	log      logr.Logger
	connect  ConnectFunc
	resync   time.Duration
	requests cache
	// sem bounds the calls that are made at once.
	sem chan struct{}
	// refreshes joins questions about the same request.
	refreshes singleflight.Group
	// replaced is signalled when there is a newer identity.
	replaced signal.Signal

	mu          sync.RWMutex
	identity    *Identity
	connection  *connection
	status      status.Teleport
	events      int
	subscribers map[*subscription]struct{}
	watchers    map[*statusWatcher]struct{}

	// telling is held while subscribers are told, so that they are one at a time.
	telling sync.Mutex
}

// subscription gives each subscriber an identity of its own.
type subscription struct {
	accessrequest.Subscriber
}

// statusWatcher is told when the status has changed.
type statusWatcher struct {
	changed func()
}

func newSession(key Key, o Options) *Session {
	return &Session{
		key:         key,
		log:         o.Log.WithValues("namespace", key.Namespace, "address", key.Address, "identity", key.IdentityRef),
		connect:     o.Connect,
		resync:      o.ResyncInterval,
		sem:         make(chan struct{}, maxConcurrentCalls),
		replaced:    signal.New(),
		subscribers: map[*subscription]struct{}{},
		watchers:    map[*statusWatcher]struct{}{},
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
	now.Events = s.events
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

// WatchStatus calls changed whenever the status has changed in more than its count of
// events, until the returned function is called. It must return quickly, and may be
// called once more while the watch is being ended.
func (s *Session) WatchStatus(changed func()) (unwatch func()) {
	entry := &statusWatcher{changed}
	s.mu.Lock()
	s.watchers[entry] = struct{}{}
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, entry)
	}
}

func (s *Session) notify(tell func(accessrequest.Subscriber)) {
	s.mu.RLock()
	subscribers := slices.Collect(maps.Keys(s.subscribers))
	s.mu.RUnlock()
	s.telling.Lock()
	defer s.telling.Unlock()
	for _, sub := range subscribers {
		tell(sub)
	}
}

// notifyStatus tells that the status has changed.
func (s *Session) notifyStatus() {
	s.mu.RLock()
	watchers := slices.Collect(maps.Keys(s.watchers))
	s.mu.RUnlock()
	s.telling.Lock()
	defer s.telling.Unlock()
	for _, w := range watchers {
		w.changed()
	}
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
		s.notifyStatus()
	}
}
