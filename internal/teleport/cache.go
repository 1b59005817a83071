package teleport

import (
	"reflect"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// What is known of a request comes from three sources that may trail behind each
// other by seconds, lists also by more. Which of them is believed:
//
//   - Of two events on one stream the one that came later is later. Only a state
//     that no request goes back to shows that an event is late itself: pending
//     after resolved, or fewer reviews.
//   - A list or an event of another stream is believed unless what is known can
//     only be later ([accessrequest.Request.Later]). What an event said while the
//     list was read is not contradicted by it.
//   - The answer about one request that was asked for is believed in any case,
//     unless an event came while the question was under way.
//   - That a list lacks a request is not a fact: it stays known, as unlisted. If
//     an event has shown it within eventGrace, it even stays present. Only an
//     event says that a request was deleted, and no list undoes that for
//     listTrail.
//
// Wherever a list is not believed it is doubtful: it is read again soon.
const (
	// eventGrace is how long an event is believed against a list on whether a
	// request exists.
	eventGrace = 10 * time.Second
	// listTrail is how far a list may trail behind a deletion.
	listTrail = 5 * time.Minute
	// doubtFor is how long a request that was there and is listed no longer makes
	// lists doubtful.
	doubtFor = time.Minute
)

// comparison is how a full list differs from what was known.
type comparison struct {
	// changed are the requests that are other than before, new or unlisted.
	changed []string
	// missing are the requests that are kept although the list, which is empty,
	// lacks them and no recent event explains that.
	missing []string
	// doubtful is true when something is believed against the list, so that it
	// should be read again soon.
	doubtful bool
}

// entry is what is known of one request.
type entry struct {
	kept
	presence accessrequest.Presence
	// heard is when an event last spoke of it, zero if none did.
	heard time.Time
	// since is when it became deleted or unlisted; gone is true when that was by
	// an event.
	since time.Time
	gone  bool
	// byEvent is true when the request is as the newest event stream showed it.
	byEvent bool
	// size is about how many bytes the entry takes besides its terms.
	size int32
}

// cache mirrors the access requests of one cluster. The zero value is empty.
type cache struct {
	mu      sync.RWMutex
	entries map[string]*entry
	synced  bool
	// size is about how many bytes the entries take besides their terms, former how
	// many of them are not present.
	size, former int
	terms        sharedTerms
	// sight is when the identity was last seen to be allowed to list.
	sight time.Time
	// full is true once there was no room for a request.
	full bool
}

// get returns the last known state of a request.
func (c *cache) get(id string) (accessrequest.Request, accessrequest.Presence) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if e := c.entries[id]; e != nil {
		return e.request(), e.presence
	}
	return accessrequest.Request{}, accessrequest.Unlisted
}

// ids lists the requests that are present.
func (c *cache) ids() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	ids := make([]string, 0, len(c.entries)-c.former)
	for id, e := range c.entries {
		if e.presence == accessrequest.Present {
			ids = append(ids, id)
		}
	}
	return ids
}

// saw notes that the identity may list.
func (c *cache) saw(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sight = now
}

func (c *cache) lastSight() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.sight
}

func (c *cache) isSynced() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.synced
}

// put stores what an event of the newest stream showed, unless the event is
// late, and reports whether it did.
func (c *cache) put(r accessrequest.Request, now time.Time) bool {
	return c.putIf(r, now, true)
}

// putOlder is put for an event of a stream that a newer one takes the place of.
func (c *cache) putOlder(r accessrequest.Request, now time.Time) bool {
	return c.putIf(r, now, false)
}

func (c *cache) putIf(r accessrequest.Request, now time.Time, newest bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[r.ID]
	if e == nil {
		return c.set(r, entry{heard: now, byEvent: newest})
	}
	if !newest && e.gone {
		return false
	}
	late := e.laterThan(r)
	if newest && e.byEvent {
		late = goesBack(e.request(), r)
	}
	e.heard = now
	if late {
		return c.setPresent(e)
	}
	return c.set(r, entry{heard: now, byEvent: newest})
}

// goesBack reports whether a request would go from one state to another that it
// cannot have after it.
func goesBack(from, to accessrequest.Request) bool {
	if from.State == to.State {
		return len(from.Reviews) > len(to.Reviews)
	}
	return from.State.Resolved() && !to.State.Resolved()
}

// remove notes that an event deleted a request. It is deleted as far as readers
// are concerned if the stream has shown it before: else something may have
// happened in between that was not heard.
func (c *cache) remove(id string, now time.Time, continuous bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[id]
	if e == nil {
		e = &entry{since: now}
		c.store(accessrequest.Request{ID: id}, e)
	}
	e.heard = now
	if e.presence == accessrequest.Deleted {
		return
	}
	e.gone = true
	presence := accessrequest.Unlisted
	if continuous {
		presence = accessrequest.Deleted
	}
	c.setFormer(e, presence, now)
}

// answered stores the answer to a question about one request that was asked at
// began; nil is that Teleport does not name it. It reports whether that changed
// anything.
func (c *cache) answered(id string, r *accessrequest.Request, began time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[id]
	overtaken := e != nil && !e.heard.IsZero() && !e.heard.Before(began)
	switch {
	case r == nil && (e == nil || overtaken || e.presence != accessrequest.Present):
		return false
	case r == nil:
		c.setFormer(e, accessrequest.Unlisted, began)
		return true
	case overtaken && (e.presence == accessrequest.Deleted || e.laterThan(*r)):
		return false
	case e != nil && e.presence == accessrequest.Present && same(e.request(), *r):
		return false
	default:
		return c.set(*r, entry{})
	}
}

// replace compares the cache with a full list that began to be read at began.
//
// An empty list is what Teleport also answers without the permission to list.
// So it does not make a request unlisted that has not ended: only an event that
// deletes it, a list of others or its expiry does. The price is that a request
// that was deleted unseen, with no other in the cluster, stays until its expiry:
// to call it expired late is better than to call a living one so.
func (c *cache) replace(list []kept, began time.Time) comparison {
	c.mu.Lock()
	defer c.mu.Unlock()
	var result comparison
	listed := make(map[string]bool, len(list))
	for i := range list {
		listed[list[i].id] = true
	}
	for id, e := range c.entries {
		if !listed[id] {
			c.compareAbsent(id, e, len(list) == 0, began, &result)
		}
	}
	for i := range list {
		c.compare(list[i].request(), began, &result)
	}
	if len(list) > 0 {
		c.sight = began
	}
	c.forget(began)
	c.synced = true
	return result
}

// compare notes a request that a list has. Also a list that trails shows that the
// request is there.
func (c *cache) compare(r accessrequest.Request, began time.Time, result *comparison) {
	e := c.entries[r.ID]
	changed := false
	switch {
	case e == nil:
		changed = c.set(r, entry{})
	case e.gone && began.Sub(e.since) < listTrail:
		result.doubtful = true
	case !e.yieldsTo(r, began):
		changed = c.setPresent(e)
		result.doubtful = result.doubtful || !same(e.request(), r) && began.Sub(e.heard) < doubtFor
	case e.presence != accessrequest.Present || !same(e.request(), r):
		changed = c.set(r, entry{heard: e.heard})
	}
	if changed {
		result.changed = append(result.changed, r.ID)
	}
}

// laterThan reports whether what is known can only be later than r. Of a request
// of which only a deletion was heard nothing is known.
func (e *entry) laterThan(r accessrequest.Request) bool {
	return e.rest.state != "" && e.request().Later(r)
}

// yieldsTo reports whether a list that began to be read at began is believed
// about the request.
func (e *entry) yieldsTo(r accessrequest.Request, began time.Time) bool {
	switch {
	case r.Later(e.request()):
		return true
	case e.laterThan(r):
		return false
	default:
		return began.Sub(e.heard) >= eventGrace
	}
}

// compareAbsent notes a request that a list lacks.
func (c *cache) compareAbsent(id string, e *entry, empty bool, began time.Time, result *comparison) {
	over := ended(e.request(), began)
	switch {
	case e.presence == accessrequest.Deleted:
	case e.presence == accessrequest.Unlisted:
		result.doubtful = result.doubtful || !over && !e.rest.state.Resolved() && began.Sub(e.since) < doubtFor
	case !e.heard.IsZero() && began.Sub(e.heard) <= eventGrace:
		result.doubtful = true
	case empty && !over:
		result.doubtful = true
		result.missing = append(result.missing, id)
	default:
		c.setFormer(e, accessrequest.Unlisted, began)
		result.changed = append(result.changed, id)
		result.doubtful = result.doubtful || !over && !e.rest.state.Resolved()
	}
}

// same reports whether a and b are the same as far as both are kept.
func same(a, b accessrequest.Request) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	return (a.Incomplete || b.Incomplete) && reflect.DeepEqual(digest(a), digest(b))
}

// ended reports whether a request is past its expiry; one without never is.
func ended(r accessrequest.Request, now time.Time) bool {
	return !r.Expires.IsZero() && !now.Before(r.Expires)
}
