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

// event is called when there is a new version of a request. It is heard of in
// order with the other events about the same request, but not about others.
func (s *session) event(index, n int, v version) {
	id := name(index)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch%2 == 0 {
		return
	}
	r := s.world.dice.about("event", s.name, id, n)
	c := callID{service: feedService, slot: s.slot, operator: s.name, method: "event", request: id}
	lag, again := between(r, time.Millisecond, 80*time.Millisecond), time.Duration(0)
	for _, f := range s.world.faultsOf(c) {
		if !chance(s.world.dice.about(f.salt, s.name, id, n), f.p) {
			continue
		}
		switch f.kind {
		case dropping:
			s.world.faulted()
			s.world.trace.add(s.name, "misses the event about %s", id)
			return
		case lagging:
			s.world.faulted()
			lag += between(r, 0, f.wait)
		case repeating:
			s.world.faulted()
			again = between(r, 0, f.wait)
		default:
		}
	}
	due := time.Now().Add(lag)
	if before := s.due[id]; !due.After(before) {
		due = before.Add(time.Nanosecond)
	}
	s.due[id] = due
	epoch := s.epoch
	time.AfterFunc(time.Until(due), func() { s.hear(epoch, id, n, v) })
	if again > 0 {
		time.AfterFunc(time.Until(due)+again, func() { s.hear(epoch, id, n, v) })
	}
}

// hear takes an event over, unless its connection is lost.
func (s *session) hear(epoch int, id string, n int, v version) {
	s.mu.Lock()
	before := s.view[id]
	if s.epoch != epoch || s.isDead() {
		s.mu.Unlock()
		return
	}
	switch {
	case before.n > n:
		// The past, which is heard of once more.
	case !v.gone:
		s.note(id, seen{n: n, request: v.request, presence: accessrequest.Present, heard: time.Now()})
		s.world.trace.add(s.name, "hears of %s %s, %d reviews", id, v.request.State, len(v.request.Reviews))
	case before.presence == accessrequest.Present && before.n == n-1:
		// Everything before was heard.
		s.note(id, seen{n: n, request: before.request, presence: accessrequest.Deleted, heard: time.Now()})
		s.world.trace.add(s.name, "hears that %s is gone", id)
	default:
		before.presence, before.heard = accessrequest.Unlisted, time.Now()
		s.view[id] = before
		s.world.trace.add(s.name, "hears that %s is gone, but not how", id)
	}
	s.mu.Unlock()
	s.tellAll(func(sub accessrequest.Subscriber) { sub.Changed(id) })
}

// run connects, lists, and does so again whenever the connection was lost or the
// list is old, until the operator has ended.
func (s *session) run() {
	s.wait(between(s.world.dice.about("connect", s.name), 10*time.Millisecond, 300*time.Millisecond))
	for n := 0; !s.over(); n++ {
		if f, ok := s.world.feedFault(disconnected, s.slot); ok {
			s.disconnect()
			s.wait(f.to - s.world.now() + between(s.world.dice.about("reconnect", s.name, n), time.Millisecond, time.Second))
			continue
		}
		s.connect()
		if !s.list(n) {
			s.wait(between(s.world.dice.about("list again", s.name, n), time.Second, 5*time.Second))
			continue
		}
		pause := between(s.world.dice.about("resync", s.name, n), resyncEvery*9/10, resyncEvery*11/10)
		if lost, ok := s.world.nextDisconnect(s.slot); ok && lost < pause {
			pause = lost
		}
		s.wait(pause)
	}
	s.disconnect()
}

// connect begins to watch, if the session does not yet.
func (s *session) connect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch%2 == 0 {
		s.epoch++
		s.world.teleport.watch(s, true)
	}
}

func (s *session) disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch%2 == 1 {
		s.epoch++
		s.world.teleport.watch(s, false)
		s.world.trace.add(s.name, "loses the connection to Teleport")
	}
}

// list reads a list, and reports whether it got one.
func (s *session) list(n int) bool {
	r := s.world.dice.about("list", s.name, n)
	began, takes := time.Now(), between(r, 5*time.Millisecond, 500*time.Millisecond)
	if f, ok := s.world.feedFault(slowList, s.slot); ok {
		takes += between(r, 0, f.wait)
	}
	s.wait(takes)
	if s.over() {
		return false
	}
	if _, ok := s.world.feedFault(failingList, s.slot); ok {
		return false
	}
	instant := began.Add(takes / 2)
	trailing, behind := s.world.feedFault(trailing, s.slot)
	if behind {
		instant = instant.Add(-trailing.wait)
	}
	all := s.world.teleport.list(instant)
	if _, ok := s.world.feedFault(emptyList, s.slot); ok {
		clear(all)
	}
	for id := range all {
		c := callID{service: feedService, slot: s.slot, method: "list", request: id}
		for _, f := range s.world.faultsOf(c) {
			if f.kind == omitting {
				delete(all, id)
			}
		}
	}
	s.compare(all, began, behind)
	s.world.trace.add(s.name, "has listed %d requests, as of %s", len(all), clock(instant.Sub(s.world.began)))
	s.tellAll(accessrequest.Subscriber.Synced)
	return true
}

// compare takes a list over. An event that came since it began is newer. A list that
// trails may show a past that the session has seen the future of.
func (s *session) compare(all map[string]listed, began time.Time, trails bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.synced = true
	s.readRules()
	for id, entry := range all {
		before, known := s.view[id]
		if known && before.heard.After(began) || known && before.n > entry.n && !trails {
			continue
		}
		s.note(id, seen{n: entry.n, request: entry.request, presence: accessrequest.Present, heard: before.heard})
	}
	for id, v := range s.view {
		if _, ok := all[id]; ok || v.heard.After(began) {
			continue
		}
		v.stale++
		if v.presence == accessrequest.Present {
			v.presence, v.stale = accessrequest.Unlisted, 0
		}
		s.view[id] = v
		if v.stale > 2 {
			delete(s.view, id)
		}
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
