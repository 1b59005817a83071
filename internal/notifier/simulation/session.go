package simulation

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// resyncEvery is how often a session lists everything anew, give or take a tenth.
const resyncEvery = 10 * time.Minute

// session is what one operator knows of the requests: a watch and a list now and
// then. It is a notifier.Feed.
type session struct {
	*operator

	mu sync.Mutex
	// epoch counts connections; 0 is before the first, odd is while connected.
	epoch int
	// synced is true once a list was read.
	synced bool
	view   map[string]seen
	// resolved is since when a request is known to be decided.
	resolved map[string]time.Time
	// latest is the latest version of each request that was ever heard of; that a
	// request is gone counts only if everything before was heard.
	latest map[string]int
	// due is when the last event about a request will be heard.
	due map[string]time.Time
	// described is when it will be known what is to be said of a request beside itself.
	described   map[string]time.Time
	subscribers map[int]accessrequest.Subscriber
	next        int
	rules       mirror
}

// seen is what a session has last heard of a request.
type seen struct {
	// n is the number of the version.
	n        int
	request  accessrequest.Request
	presence accessrequest.Presence
	// heard is when an event named it last.
	heard time.Time
	// stale counts the lists since it is gone.
	stale int
}

func newSession(o *operator) *session {
	return &session{
		operator:    o,
		view:        map[string]seen{},
		resolved:    map[string]time.Time{},
		latest:      map[string]int{},
		due:         map[string]time.Time{},
		described:   map[string]time.Time{},
		subscribers: map[int]accessrequest.Subscriber{},
		rules:       mirror{published: &accessrequest.MonitoringRules{}, changed: make(chan struct{})},
	}
}

// Get implements notifier.Feed.
func (s *session) Get(id string) (accessrequest.Request, accessrequest.Presence) {
	s.operator.spins()
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view[id]
	return v.request, v.presence
}

// IDs implements notifier.Feed.
func (s *session) IDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(s.view)) {
		if s.view[id].presence == accessrequest.Present {
			ids = append(ids, id)
		}
	}
	return ids
}

// Cluster implements notifier.Feed.
func (s *session) Cluster() accessrequest.Cluster {
	return accessrequest.Cluster{Name: "prod", ProxyAddr: "teleport.example.com:443", WebReviews: true}
}

// Labels implements routing.Source: there are none.
func (s *session) Labels(_ context.Context, resources []accessrequest.Resource) ([]map[string]string, error) {
	return make([]map[string]string, len(resources)), nil
}

// Subscribe implements notifier.Feed.
func (s *session) Subscribe(sub accessrequest.Subscriber) (unsubscribe func()) {
	s.mu.Lock()
	s.next++
	key := s.next
	s.subscribers[key] = sub
	synced := s.synced
	s.mu.Unlock()
	if synced {
		sub.Synced()
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subscribers, key)
	}
}

// Refresh implements notifier.Feed.
func (s *session) Refresh(ctx context.Context, id string) error {
	_, err := callTeleport(ctx, s.operator, "refresh", id, callTimeout, func() (struct{}, error) {
		v, n, known := s.world.teleport.look(id)
		s.mu.Lock()
		defer s.mu.Unlock()
		switch before := s.view[id]; {
		case !known:
			delete(s.view, id)
		case !v.gone:
			s.note(id, seen{n: n, request: v.request, presence: accessrequest.Present, heard: time.Now()})
		case before.presence == accessrequest.Present:
			before.presence, before.stale = accessrequest.Unlisted, 0
			s.view[id] = before
		}
		return struct{}{}, nil
	})
	return err
}

// tellAll calls f for each subscriber.
func (s *session) tellAll(f func(accessrequest.Subscriber)) {
	s.mu.Lock()
	all := slices.Collect(maps.Values(s.subscribers))
	s.mu.Unlock()
	for _, sub := range all {
		f(sub)
	}
}

// connected reports whether events are heard.
func (s *session) connected() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch%2 == 1 && s.synced
}

// witnessed reports whether a version of a request was heard of, or a later one.
func (s *session) witnessed(id string, n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	latest, ok := s.latest[id]
	return ok && latest >= n
}

// note keeps what is known of a request. The caller holds mu.
func (s *session) note(id string, v seen) {
	s.view[id] = v
	switch known := s.resolved[id]; {
	case !v.request.State.Resolved():
		delete(s.resolved, id)
	case known.IsZero():
		s.resolved[id] = time.Now()
	}
	if latest, ok := s.latest[id]; v.presence != accessrequest.Unlisted && (!ok || latest < v.n) {
		s.latest[id] = v.n
	}
}
