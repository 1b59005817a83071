package teleport

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// The rules by which the mirror believes one source against another, as steps of
// a story each.
func TestCacheBelieves(t *testing.T) {
	const (
		pending  = accessrequest.Pending
		approved = accessrequest.Approved
		denied   = accessrequest.Denied
		promoted = accessrequest.Promoted
	)
	start := time.Now()
	at := func(after time.Duration) time.Time { return start.Add(after) }
	event := func(state accessrequest.State, after time.Duration) func(*cache) {
		return func(c *cache) { c.put(request("a", state, 0), at(after)) }
	}
	older := func(state accessrequest.State, after time.Duration) func(*cache) {
		return func(c *cache) { c.putOlder(request("a", state, 0), at(after)) }
	}
	list := func(state accessrequest.State, began time.Duration) func(*cache) {
		return func(c *cache) {
			c.replaceWith([]accessrequest.Request{request("a", state, 0), request("other", pending, 0)}, at(began))
		}
	}
	listWithout := func(began time.Duration) func(*cache) {
		return func(c *cache) { c.replaceWith([]accessrequest.Request{request("other", pending, 0)}, at(began)) }
	}
	asked := func(state accessrequest.State, began time.Duration) func(*cache) {
		return func(c *cache) {
			r := request("a", state, 0)
			c.answered("a", &r, at(began))
		}
	}
	askedInVain := func(began time.Duration) func(*cache) {
		return func(c *cache) { c.answered("a", nil, at(began)) }
	}
	deleted := func(after time.Duration, continuous bool) func(*cache) {
		return func(c *cache) { c.remove("a", at(after), continuous) }
	}
	const (
		present  = accessrequest.Present
		unlisted = accessrequest.Unlisted
		gone     = accessrequest.Deleted
	)
	type steps = []func(*cache)
	tests := map[string]struct {
		steps    steps
		state    accessrequest.State
		presence accessrequest.Presence
	}{
		"denied after approved, by events":        {steps{event(approved, 0), event(denied, 1)}, denied, present},
		"approved after denied, by events":        {steps{event(denied, 0), event(approved, 1)}, approved, present},
		"denied after approved, by a list":        {steps{event(approved, 0), list(denied, time.Hour)}, denied, present},
		"denied after approved, by lists":         {steps{list(approved, 0), list(denied, time.Hour)}, denied, present},
		"a trailing list that has it approved":    {steps{event(approved, 0), event(denied, 1), list(approved, time.Second)}, denied, present},
		"a late event after a list has it denied": {steps{list(denied, 0), event(approved, 1)}, denied, present},
		"promoted, and a list has it approved":    {steps{event(promoted, 0), list(approved, time.Second)}, promoted, present},
		"approved by a list that is much later":   {steps{event(promoted, 0), list(approved, time.Hour)}, approved, present},

		"approved, and a list trails":               {steps{event(approved, 0), list(pending, time.Second)}, approved, present},
		"approved, and lists trail long":            {steps{event(approved, 0), list(pending, time.Second), list(pending, time.Hour)}, approved, present},
		"approved, and the answer is pending":       {steps{event(approved, 0), list(pending, time.Second), asked(pending, 2*time.Second)}, pending, present},
		"approved while the question was under way": {steps{event(approved, time.Second), asked(pending, 0)}, approved, present},
		"denied by the answer":                      {steps{list(approved, 0), asked(denied, 1)}, denied, present},

		"pending, and a list lacks it":             {steps{list(pending, 0), listWithout(time.Minute)}, pending, unlisted},
		"pending, and lists lack it":               {steps{list(pending, 0), listWithout(time.Minute), listWithout(time.Hour)}, pending, unlisted},
		"shown by an event, and a list lacks it":   {steps{event(pending, 0), listWithout(time.Second)}, pending, present},
		"shown while the list was read":            {steps{list(pending, 0), event(pending, time.Hour+1), listWithout(time.Hour)}, pending, present},
		"unlisted, and then listed":                {steps{list(pending, 0), listWithout(time.Minute), list(pending, time.Hour)}, pending, present},
		"unlisted, and then approved":              {steps{list(pending, 0), listWithout(time.Minute), event(approved, time.Hour)}, approved, present},
		"unlisted, and an answer has it":           {steps{list(pending, 0), listWithout(time.Minute), asked(approved, time.Hour)}, approved, present},
		"approved, and a list lacks it":            {steps{event(approved, 0), listWithout(time.Minute)}, approved, unlisted},
		"asked for in vain":                        {steps{list(pending, 0), askedInVain(1)}, pending, unlisted},
		"asked for in vain, but shown meanwhile":   {steps{list(pending, 0), event(pending, 2), askedInVain(1)}, pending, present},
		"asked for in vain, but deleted meanwhile": {steps{list(pending, 0), deleted(2, true), askedInVain(1)}, pending, gone},

		"deleted":                                   {steps{list(pending, 0), deleted(1, true)}, pending, gone},
		"deleted after a gap":                       {steps{list(pending, 0), deleted(1, false)}, pending, unlisted},
		"deleted on the stream that has no gap":     {steps{list(pending, 0), deleted(1, false), deleted(2, true)}, pending, gone},
		"deleted on the other stream, too":          {steps{list(pending, 0), deleted(1, true), deleted(2, false)}, pending, gone},
		"deleted, and a list trails":                {steps{list(pending, 0), deleted(time.Minute, true), list(pending, 2*time.Minute)}, pending, gone},
		"deleted after a gap, and a list trails":    {steps{list(pending, 0), deleted(time.Minute, false), list(pending, 2*time.Minute)}, pending, unlisted},
		"deleted, and an answer has it":             {steps{list(pending, 0), deleted(1, true), asked(pending, 2)}, pending, present},
		"deleted, and an older stream shows it":     {steps{list(pending, 0), deleted(1, true), older(pending, 2)}, pending, gone},
		"an older stream that is late":              {steps{event(denied, 0), older(approved, 1)}, denied, present},
		"an older stream that is first":             {steps{list(pending, 0), older(approved, 1)}, approved, present},
		"deleted before it was known, then created": {steps{deleted(0, false), event(pending, 1)}, pending, present},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var c cache
			for _, step := range tt.steps {
				step(&c)
			}
			if r, presence := c.get("a"); r.State != tt.state || presence != tt.presence {
				t.Errorf("%q, presence %v, want %q, %v", r.State, presence, tt.state, tt.presence)
			}
		})
	}
}

// Doubt about lists ends, so that they are not read again and again.
func TestCacheDoubts(t *testing.T) {
	start := time.Now()
	var c cache
	list := func(after time.Duration, requests ...accessrequest.Request) bool {
		return c.replaceWith(requests, start.Add(after)).doubtful
	}
	other := request("other", accessrequest.Pending, 0)
	a := request("a", accessrequest.Pending, 0)
	if list(0, other, a) {
		t.Error("doubt about the first list")
	}
	if !list(time.Minute, other) || !list(time.Minute+doubtFor/2, other) {
		t.Error("no doubt about a list that lacks a pending request")
	}
	if list(time.Minute+2*doubtFor, other) {
		t.Error("doubt for ever about what lists lack again and again")
	}

	c.put(request("a", accessrequest.Approved, 0), start.Add(time.Hour))
	if !list(time.Hour+time.Second, other, a) {
		t.Error("no doubt about a list that has an approved request pending")
	}
	if list(time.Hour+2*doubtFor, other, a) {
		t.Error("doubt for ever about it")
	}
}

func TestCacheForgetsWhatIsOver(t *testing.T) {
	start := time.Now()
	var c cache
	for i := range 3 * maxFormer {
		id := fmt.Sprint(i)
		c.put(request(id, accessrequest.Pending, 0), start)
		c.remove(id, start.Add(time.Duration(i)), true)
	}
	if n := len(c.entries); n > 2*maxFormer {
		t.Errorf("%d deleted requests are remembered", n)
	}
	newest := fmt.Sprint(3*maxFormer - 1)
	if _, presence := c.get(newest); presence != accessrequest.Deleted {
		t.Errorf("the newest is %v", presence)
	}
	c.replaceWith([]accessrequest.Request{request("other", accessrequest.Pending, 0)}, start.Add(rememberFor+time.Hour))
	if n := len(c.entries); n != 1 || c.former != 0 {
		t.Errorf("%d requests are remembered for more than a day", n-1)
	}
}

func TestCacheIsBounded(t *testing.T) {
	big := func(id string, state accessrequest.State) accessrequest.Request {
		r := request(id, state, 2)
		r.Reason, r.Roles = strings.Repeat("x", 4000), []string{"editor"}
		return r
	}
	now := time.Now()
	var c cache
	const n = 3 * maxMirror / 4000
	for i := range n {
		if !c.put(big(fmt.Sprint(i), accessrequest.Approved), now) {
			t.Fatalf("no room for request %d, although the others are over", i)
		}
	}
	if c.size > maxMirror || c.overflowed() {
		t.Errorf("%d bytes are kept, more than %d", c.size, maxMirror)
	}
	first, presence := c.get("0")
	if presence != accessrequest.Present || first.State != accessrequest.Approved || len(first.Reviews) != 2 ||
		first.Reason != "" || !first.Incomplete || first.Roles[0] != "editor" {
		t.Errorf("the digest is %+v, presence %v", first, presence)
	}
	// A list that has all of it again changes nothing.
	if changed := c.replaceWith([]accessrequest.Request{big("0", accessrequest.Approved)}, now.Add(time.Hour)).changed; len(changed) != n-1 {
		t.Errorf("%d changes, want those that are not listed", len(changed))
	}

	var full cache
	stored := 0
	for i := range n {
		if full.put(big(fmt.Sprint(i), accessrequest.Pending), now) {
			stored++
		}
	}
	if full.size > maxMirror || !full.overflowed() || full.overflowed() {
		t.Errorf("%d bytes of pending requests are kept", full.size)
	}
	if r, presence := full.get("0"); stored == n || presence != accessrequest.Present || r.Reason == "" {
		t.Errorf("%d are stored; the first is cut to %d bytes", stored, len(r.Reason))
	}
}

func TestSizeIsCounted(t *testing.T) {
	now := time.Now()
	var c cache
	for i := range 100 {
		id := fmt.Sprint(i % 10)
		switch i % 3 {
		case 0:
			r := request(id, accessrequest.Pending, i%7)
			r.Roles = []string{fmt.Sprint("role-", i%4)}
			c.put(r, now)
		case 1:
			c.remove(id, now, i%2 == 0)
		default:
			c.replaceWith([]accessrequest.Request{request(id, accessrequest.Approved, i%5)}, now.Add(time.Duration(i)*time.Minute))
		}
		size, former := 0, 0
		uses := map[*heldTerms]int{}
		for _, e := range c.entries {
			size += int(e.size)
			uses[e.terms]++
			if e.presence != accessrequest.Present {
				former++
			}
		}
		if size != c.size || former != c.former {
			t.Fatalf("step %d: size %d and %d former are counted, want %d and %d", i, c.size, c.former, size, former)
		}
		checkTerms(t, c.terms, uses)
	}
}

func checkTerms(t *testing.T, s sharedTerms, uses map[*heldTerms]int) {
	t.Helper()
	size := 0
	for held, n := range uses {
		size += heldOverhead + held.terms.size()
		if held.uses != n || s.bySum[held.sum] != held {
			t.Fatalf("%+v: %d uses are counted, want %d", held.terms, held.uses, n)
		}
	}
	if size != s.size || len(uses) != len(s.bySum) {
		t.Fatalf("%d terms of %d bytes are kept, want %d of %d", len(s.bySum), s.size, len(uses), size)
	}
}

// Requests for the same role have the same annotations, which may be longer than all else.
func TestTheSameTermsAreKeptOnce(t *testing.T) {
	const n = 1000
	var c cache
	for i := range n {
		r := request(fmt.Sprint(i), accessrequest.Pending, 0)
		r.Roles = []string{fmt.Sprint("role-", i%2)}
		r.Annotations = map[string][]string{"runbook": {strings.Repeat("x", 100_000)}}
		c.put(r, time.Now())
	}
	if most := 2*(100_000+1000) + n*1000; c.taken() > most || len(c.entries) != n {
		t.Errorf("%d requests take %d bytes, want %d at most", len(c.entries), c.taken(), most)
	}
	first, _ := c.get("0")
	other, _ := c.get("1")
	if first.Roles[0] != "role-0" || other.Roles[0] != "role-1" || len(other.Annotations["runbook"][0]) != 100_000 {
		t.Errorf("requests have the terms of others: %v, %v", first.Roles, other.Roles)
	}
}
