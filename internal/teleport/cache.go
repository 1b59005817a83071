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
// It returns the ids that differ, and reports whether recent events contradict
// the list, so that it should be read again soon.
func (c *cache) replace(list []accessrequest.Request, began time.Time) (changed []string, doubtful bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	forgetBefore(c.seen, began.Add(-eventGrace))
	forgetBefore(c.gone, began.Add(-eventGrace))

	next := make(map[string]accessrequest.Request, len(list))
	for _, r := range list {
		if _, ok := c.gone[r.ID]; ok {
			doubtful = true
			continue
		}
		known, ok := c.requests[r.ID]
		if ok && known.Later(r) {
			r = known
		}
		if !ok || !reflect.DeepEqual(known, r) {
			changed = append(changed, r.ID)
		}
		next[r.ID] = r
	}
	for id, known := range c.requests {
		if _, listed := next[id]; listed {
			continue
		}
		if _, recent := c.seen[id]; recent {
			next[id], doubtful = known, true
			continue
		}
		changed = append(changed, id)
	}
	c.requests, c.synced = next, true
	return changed, doubtful
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
