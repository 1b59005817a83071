package simulation

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// dataOutlives is for how long Teleport keeps records after the access has ended.
const dataOutlives = time.Hour

// teleport is what Teleport knows: each request with its history.
type teleport struct {
	world *world

	mu       sync.Mutex
	subjects []*subject
	byID     map[string]*subject
	// watchers hear of each version at once.
	watchers map[*session]bool
	// rules are the Access Monitoring Rules.
	rules ruleVersion
}

// subject is one access request with all that it has been.
type subject struct {
	asked asked
	index int
	// past holds all versions. It is written under teleport's lock.
	past atomic.Pointer[[]version]
	// ending is the timer of its expiry.
	ending *time.Timer
}

// version is what a request is from one instant on.
type version struct {
	from    time.Time
	request accessrequest.Request
	// gone is set for the last version of a request that Teleport has no more.
	gone bool
}

func newTeleport(w *world) *teleport {
	return &teleport{world: w, byID: map[string]*subject{}, watchers: map[*session]bool{}}
}

// history returns all versions so far.
func (s *subject) history() []version {
	return *s.past.Load()
}

// add adds a version. The caller holds teleport's lock.
func (s *subject) add(v version) {
	history := append(slices.Clone(s.history()), v)
	s.past.Store(&history)
}

// last returns the number of the latest version.
func (s *subject) last() int {
	return len(s.history()) - 1
}

// latest returns the latest version.
func (s *subject) latest() version {
	history := s.history()
	return history[len(history)-1]
}

// at returns the version at an instant, false before the first.
func (s *subject) at(instant time.Time) (n int, ok bool) {
	for n, v := range slices.Backward(s.history()) {
		if !v.from.After(instant) {
			return n, true
		}
	}
	return 0, false
}

// id returns the request's id.
func (s *subject) id() string {
	return name(s.index)
}

// create makes a request.
func (t *teleport) create(index int) {
	w := t.world
	a := w.plan.asked[index]
	now := time.Now()
	request := accessrequest.Request{
		ID:                 name(index),
		User:               a.user,
		Roles:              []string{a.role},
		Reason:             "to fix it",
		SuggestedReviewers: a.reviewers,
		State:              accessrequest.Pending,
		Thresholds:         []accessrequest.Threshold{{Name: "two", Approve: 2, Deny: 1}},
		RoleThresholds:     map[string][][]uint32{a.role: {{0}}},
		Created:            now.UTC(),
		Expires:            w.began.Add(a.pending).UTC(),
		AccessExpires:      w.began.Add(a.access).UTC(),
		DryRun:             a.dryRun,
	}
	s := &subject{asked: a, index: index}
	s.past.Store(&[]version{{from: now, request: request}})
	t.mu.Lock()
	t.subjects = append(t.subjects, s)
	t.byID[s.id()] = s
	s.ending = time.AfterFunc(time.Until(request.Expires), func() { t.remove(index, "expires") })
	t.mu.Unlock()
	w.trace.add("teleport", "%s is created for %s, ends %s, access %s", s.id(), a.role, clock(a.pending), clock(a.access))
	t.tell(s, 0)
}

// change makes a request another. It does nothing to one that is gone.
func (t *teleport) change(index int, why string, change func(*accessrequest.Request)) {
	t.mu.Lock()
	s := t.byID[name(index)]
	if s == nil || s.latest().gone {
		t.mu.Unlock()
		return
	}
	next := s.latest().request
	change(&next)
	s.add(version{from: time.Now(), request: next})
	n := s.last()
	s.ending.Reset(time.Until(next.Expires))
	t.mu.Unlock()
	t.world.trace.add("teleport", "%s %s", s.id(), why)
	t.tell(s, n)
}

// remove makes a request go away.
func (t *teleport) remove(index int, why string) {
	t.mu.Lock()
	s := t.byID[name(index)]
	if s == nil || s.latest().gone {
		t.mu.Unlock()
		return
	}
	s.ending.Stop()
	s.add(version{from: time.Now(), request: s.latest().request, gone: true})
	n := s.last()
	t.mu.Unlock()
	t.world.trace.add("teleport", "%s %s", s.id(), why)
	t.tell(s, n)
}

// tell makes the watchers hear of a version.
func (t *teleport) tell(s *subject, n int) {
	t.mu.Lock()
	v := s.history()[n]
	watchers := make([]*session, 0, len(t.watchers))
	for w := range t.watchers {
		watchers = append(watchers, w)
	}
	t.mu.Unlock()
	for _, w := range watchers {
		w.event(s.index, n, v)
	}
}

// look returns the latest version of a request and its number, false if there never
// was one.
func (t *teleport) look(id string) (version, int, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.byID[id]
	if s == nil {
		return version{}, 0, false
	}
	return s.latest(), s.last(), true
}

// listed is one entry of a list.
type listed struct {
	n       int
	request accessrequest.Request
}

// list returns what there was at an instant, by id.
func (t *teleport) list(instant time.Time) map[string]listed {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]listed{}
	for _, s := range t.subjects {
		if n, ok := s.at(instant); ok && !s.history()[n].gone {
			all[s.id()] = listed{n, s.history()[n].request}
		}
	}
	return all
}

// all returns the requests that were made, in order.
func (t *teleport) all() []*subject {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]*subject(nil), t.subjects...)
}

// watch makes a session hear of versions, or no longer.
func (t *teleport) watch(s *session, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if on {
		t.watchers[s] = true
		return
	}
	delete(t.watchers, s)
}

// subject returns a request that was made, nil for another.
func (t *teleport) subject(id string) *subject {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byID[id]
}
