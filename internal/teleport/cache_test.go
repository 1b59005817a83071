package teleport

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// replaceWith is replace with a list of requests.
func (c *cache) replaceWith(list []accessrequest.Request, began time.Time) comparison {
	var terms sharedTerms
	held := make([]kept, 0, len(list))
	for _, r := range list {
		held = append(held, terms.keep(r))
	}
	return c.replace(held, began)
}

func request(id string, state accessrequest.State, reviews int) accessrequest.Request {
	return accessrequest.Request{ID: id, State: state, Reviews: make([]accessrequest.Review, reviews)}
}

func TestCacheKeepsTheLaterState(t *testing.T) {
	now := time.Now()
	tests := map[string]struct {
		known, incoming accessrequest.Request
		want            accessrequest.State
		reviews         int
	}{
		"approval after pending":  {request("a", accessrequest.Pending, 0), request("a", accessrequest.Approved, 1), accessrequest.Approved, 1},
		"pending after approval":  {request("a", accessrequest.Approved, 1), request("a", accessrequest.Pending, 0), accessrequest.Approved, 1},
		"fewer reviews":           {request("a", accessrequest.Pending, 2), request("a", accessrequest.Pending, 1), accessrequest.Pending, 2},
		"more reviews":            {request("a", accessrequest.Pending, 1), request("a", accessrequest.Pending, 2), accessrequest.Pending, 2},
		"denial after approval":   {request("a", accessrequest.Approved, 1), request("a", accessrequest.Denied, 1), accessrequest.Denied, 1},
		"approval without review": {request("a", accessrequest.Pending, 1), request("a", accessrequest.Approved, 0), accessrequest.Approved, 0},
	}
	for name, tt := range tests {
		t.Run("event/"+name, func(t *testing.T) {
			var c cache
			c.put(tt.known, now)
			c.put(tt.incoming, now)
			assertCached(t, &c, tt.want, tt.reviews)
		})
		t.Run("list/"+name, func(t *testing.T) {
			var c cache
			c.put(tt.known, now)
			c.replaceWith([]accessrequest.Request{tt.incoming}, now)
			assertCached(t, &c, tt.want, tt.reviews)
		})
	}
}

func assertCached(t *testing.T, c *cache, state accessrequest.State, reviews int) {
	t.Helper()
	got, presence := c.get("a")
	if presence != accessrequest.Present || got.State != state || len(got.Reviews) != reviews {
		t.Errorf("got %v with %d reviews, want %v with %d", got.State, len(got.Reviews), state, reviews)
	}
}

func TestCacheReplace(t *testing.T) {
	start := time.Now()
	var c cache
	if c.isSynced() {
		t.Error("synced before any list")
	}
	compared := c.replaceWith([]accessrequest.Request{
		request("a", accessrequest.Pending, 0), request("b", accessrequest.Pending, 0),
	}, start)
	assertIDs(t, compared.changed, "a", "b")
	if compared.doubtful || !c.isSynced() {
		t.Errorf("doubtful %v, synced %v", compared.doubtful, c.isSynced())
	}

	compared = c.replaceWith([]accessrequest.Request{
		request("a", accessrequest.Pending, 0), request("c", accessrequest.Pending, 0),
	}, start.Add(time.Minute))
	assertIDs(t, compared.changed, "b", "c")
	assertIDs(t, c.ids(), "a", "c")
	// That a list lacks a pending request is not a fact.
	if !compared.doubtful {
		t.Error("no doubt about a list that lacks a pending request")
	}
	if r, presence := c.get("b"); presence != accessrequest.Unlisted || r.State != accessrequest.Pending {
		t.Errorf("the request that was not listed is %q, presence %v", r.State, presence)
	}
}

func TestCacheBelievesRecentEventsAgainstALaggingList(t *testing.T) {
	start := time.Now()
	var c cache
	c.replaceWith([]accessrequest.Request{request("deleted", accessrequest.Pending, 0)}, start)
	c.put(request("created", accessrequest.Pending, 0), start.Add(time.Minute))
	c.remove("deleted", start.Add(time.Minute), true)

	lagging := []accessrequest.Request{request("deleted", accessrequest.Pending, 0)}
	compared := c.replaceWith(lagging, start.Add(time.Minute+time.Second))
	assertIDs(t, compared.changed)
	assertIDs(t, c.ids(), "created")
	if !compared.doubtful {
		t.Error("no doubt about a list that contradicts events")
	}

	compared = c.replaceWith(lagging, start.Add(time.Minute+2*eventGrace))
	assertIDs(t, compared.changed, "created")
	assertIDs(t, c.ids())
	if !compared.doubtful {
		t.Error("no doubt about a list that contradicts events, which lists may trail for long")
	}

	compared = c.replaceWith(lagging, start.Add(time.Minute+listTrail))
	assertIDs(t, compared.changed, "deleted")
	assertIDs(t, c.ids(), "deleted")
	if compared.doubtful {
		t.Error("doubtful although the events are old")
	}
}

func TestCacheAndAnEmptyList(t *testing.T) {
	const life = time.Hour
	start := time.Now()
	living := request("a", accessrequest.Pending, 0)
	living.Expires = start.Add(life)
	endless := request("a", accessrequest.Approved, 1)
	other := request("b", accessrequest.Pending, 0)
	list := func(requests ...accessrequest.Request) func(*cache) {
		return func(c *cache) { c.replaceWith(requests, start) }
	}
	put := func(r accessrequest.Request, after time.Duration) func(*cache) {
		return func(c *cache) { c.put(r, start.Add(after)) }
	}
	tests := map[string]struct {
		before func(*cache)
		list   []accessrequest.Request
		after  time.Duration

		ids, changed, missing []string
		doubtful              bool
	}{
		"nothing known":       {before: list(), after: time.Minute},
		"listed before":       {list(living), nil, time.Minute, []string{"a"}, nil, []string{"a"}, true},
		"just before expiry":  {list(living), nil, life - 1, []string{"a"}, nil, []string{"a"}, true},
		"at expiry":           {list(living), nil, life, nil, []string{"a"}, nil, false},
		"without expiry":      {list(endless), nil, 1000 * life, []string{"a"}, nil, []string{"a"}, true},
		"shown by an event":   {put(living, 0), nil, time.Minute, []string{"a"}, nil, []string{"a"}, true},
		"shown recently":      {put(living, 0), nil, time.Second, []string{"a"}, nil, nil, true},
		"shown when it ended": {put(living, life), nil, life, []string{"a"}, nil, nil, true},
		"deleted by an event": {func(c *cache) {
			list(living)(c)
			c.remove("a", start, true)
		}, nil, time.Minute, nil, nil, nil, false},
		"not empty": {list(living, other), []accessrequest.Request{other}, time.Minute, []string{"b"}, []string{"a"}, nil, true},
		// It lists only what an event deleted, but it lists.
		"empty but for the past": {func(c *cache) {
			list(living, other)(c)
			c.remove("b", start.Add(time.Minute), true)
		}, []accessrequest.Request{other}, time.Minute, nil, []string{"a"}, nil, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c cache
			tt.before(&c)
			got := c.replaceWith(tt.list, start.Add(tt.after))
			assertIDs(t, c.ids(), tt.ids...)
			assertIDs(t, got.changed, tt.changed...)
			assertIDs(t, got.missing, tt.missing...)
			if got.doubtful != tt.doubtful {
				t.Errorf("doubtful %v, want %v", got.doubtful, tt.doubtful)
			}
		})
	}
}

func TestCacheDropsWhatAnEmptyListLackedOnceAListIsNotEmpty(t *testing.T) {
	start := time.Now()
	var c cache
	c.replaceWith([]accessrequest.Request{request("a", accessrequest.Pending, 0)}, start)
	c.replaceWith(nil, start.Add(time.Minute))
	compared := c.replaceWith([]accessrequest.Request{request("b", accessrequest.Pending, 0)}, start.Add(2*time.Minute))
	assertIDs(t, compared.changed, "a", "b")
	assertIDs(t, c.ids(), "b")
	if !compared.doubtful {
		t.Error("no doubt about a list that lacks a pending request")
	}
}

func TestCacheForgetsADeletionThatAnEventUndid(t *testing.T) {
	now := time.Now()
	var c cache
	c.remove("a", now, true)
	c.put(request("a", accessrequest.Pending, 0), now)
	if c.replaceWith([]accessrequest.Request{request("a", accessrequest.Pending, 0)}, now).doubtful {
		t.Error("doubtful although list and last event agree")
	}
	assertIDs(t, c.ids(), "a")
}

func assertIDs(t *testing.T, got []string, want ...string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got, cmp.Transformer("nil", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
		t.Errorf("ids: -want +got\n%s", diff)
	}
}
