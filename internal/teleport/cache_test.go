package teleport

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

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
			c.replace([]accessrequest.Request{tt.incoming}, now)
			assertCached(t, &c, tt.want, tt.reviews)
		})
	}
}

func assertCached(t *testing.T, c *cache, state accessrequest.State, reviews int) {
	t.Helper()
	got, ok := c.get("a")
	if !ok || got.State != state || len(got.Reviews) != reviews {
		t.Errorf("got %v with %d reviews, want %v with %d", got.State, len(got.Reviews), state, reviews)
	}
}

func TestCacheReplace(t *testing.T) {
	start := time.Now()
	var c cache
	if c.isSynced() {
		t.Error("synced before any list")
	}
	changed, doubtful := c.replace([]accessrequest.Request{
		request("a", accessrequest.Pending, 0), request("b", accessrequest.Pending, 0),
	}, start)
	assertIDs(t, changed, "a", "b")
	if doubtful || !c.isSynced() {
		t.Errorf("doubtful %v, synced %v", doubtful, c.isSynced())
	}

	changed, doubtful = c.replace([]accessrequest.Request{
		request("a", accessrequest.Pending, 0), request("c", accessrequest.Pending, 0),
	}, start.Add(time.Minute))
	assertIDs(t, changed, "b", "c")
	assertIDs(t, c.ids(), "a", "c")
	if doubtful {
		t.Error("doubtful without an event")
	}
	for r := range c.all() {
		assertIDs(t, []string{r.ID}, r.ID)
	}
}

func TestCacheBelievesRecentEventsAgainstALaggingList(t *testing.T) {
	start := time.Now()
	var c cache
	c.replace([]accessrequest.Request{request("deleted", accessrequest.Pending, 0)}, start)
	c.put(request("created", accessrequest.Pending, 0), start.Add(time.Minute))
	c.remove("deleted", start.Add(time.Minute))

	lagging := []accessrequest.Request{request("deleted", accessrequest.Pending, 0)}
	changed, doubtful := c.replace(lagging, start.Add(time.Minute+time.Second))
	assertIDs(t, changed)
	assertIDs(t, c.ids(), "created")
	if !doubtful {
		t.Error("no doubt about a list that contradicts events")
	}

	changed, doubtful = c.replace(lagging, start.Add(time.Minute+2*eventGrace))
	assertIDs(t, changed, "created", "deleted")
	assertIDs(t, c.ids(), "deleted")
	if doubtful {
		t.Error("doubtful although the events are old")
	}
}

func TestCacheForgetsADeletionThatAnEventUndid(t *testing.T) {
	now := time.Now()
	var c cache
	c.remove("a", now)
	c.put(request("a", accessrequest.Pending, 0), now)
	if _, doubtful := c.replace([]accessrequest.Request{request("a", accessrequest.Pending, 0)}, now); doubtful {
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
