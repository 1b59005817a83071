package simulation

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

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
