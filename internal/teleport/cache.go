package teleport

import (
	"iter"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// eventGrace is how long an event is believed against a list on whether a
// request exists: a server may answer lists from a cache that trails its events.
const eventGrace = 10 * time.Second

// comparison is how a full list differs from what was known.
type comparison struct {
	// changed are the requests that are other than before, new or gone.
	changed []string
	// missing are the requests that are kept although the list, which is empty,
	// lacks them and no recent event explains that.
	missing []string
	// doubtful is true when something is believed against the list, so that it
	// should be read again soon.
	doubtful bool
}

// cache mirrors the access requests of one cluster. The zero value is empty.
type cache struct {
	mu       sync.RWMutex
	requests map[string]accessrequest.Request
	synced   bool
	// seen and gone hold when an event last showed or deleted a request, for as
	// long as it may contradict a list.
	seen, gone map[string]time.Time
}

func (c *cache) get(id string) (accessrequest.Request, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	r, ok := c.requests[id]
	return r, ok
}

func (c *cache) ids() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Collect(maps.Keys(c.requests))
}

// all goes over the requests as they are when it starts.
func (c *cache) all() iter.Seq[accessrequest.Request] {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Values(slices.Collect(maps.Values(c.requests)))
}

func (c *cache) isSynced() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.synced
}

// put stores what an event showed, unless something later is known, and reports
// whether it did.
func (c *cache) put(r accessrequest.Request, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests == nil {
		c.requests = map[string]accessrequest.Request{}
	}
	delete(c.gone, r.ID)
	c.seen = remember(c.seen, r.ID, now)
	if known, ok := c.requests[r.ID]; ok && known.Later(r) {
		return false
	}
	c.requests[r.ID] = r
	return true
}

// remove forgets a request that an event deleted.
func (c *cache) remove(id string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.requests, id)
	c.gone = remember(c.gone, id, now)
}

// replace compares the cache with a full list that began to be read at began.
//
// An empty list is what Teleport also answers without the permission to list.
// So it does not make a request go away that has not ended: only an event that
// deletes it, a list of others or its expiry does. The price is that a request
// that was deleted unseen, with no other in the cluster, stays until its expiry:
// to call it expired late is better than to call a living one so.
func (c *cache) replace(list []accessrequest.Request, began time.Time) comparison {
	c.mu.Lock()
	defer c.mu.Unlock()
	forgetBefore(c.seen, began.Add(-eventGrace))
	forgetBefore(c.gone, began.Add(-eventGrace))

	var result comparison
	next := make(map[string]accessrequest.Request, len(list))
	for _, r := range list {
		if _, ok := c.gone[r.ID]; ok {
			result.doubtful = true
			continue
		}
		known, ok := c.requests[r.ID]
		if ok && known.Later(r) {
			r = known
		}
		if !ok || !reflect.DeepEqual(known, r) {
			result.changed = append(result.changed, r.ID)
		}
		next[r.ID] = r
	}
	for id, known := range c.requests {
		if _, listed := next[id]; listed {
			continue
		}
		_, recent := c.seen[id]
		switch {
		case recent:
			next[id], result.doubtful = known, true
		case len(list) == 0 && !ended(known, began):
			next[id], result.doubtful = known, true
			result.missing = append(result.missing, id)
		default:
			result.changed = append(result.changed, id)
		}
	}
	c.requests, c.synced = next, true
	return result
}

// ended reports whether a request is past its expiry; one without never is.
func ended(r accessrequest.Request, now time.Time) bool {
	return !r.Expires.IsZero() && !now.Before(r.Expires)
}

func remember(times map[string]time.Time, id string, now time.Time) map[string]time.Time {
	if times == nil {
		times = map[string]time.Time{}
	}
	times[id] = now
	return times
}

func forgetBefore(times map[string]time.Time, limit time.Time) {
	maps.DeleteFunc(times, func(_ string, t time.Time) bool { return t.Before(limit) })
}
