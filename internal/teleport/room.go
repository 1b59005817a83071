package teleport

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

const (
	// maxMirror bounds what a session keeps, in bytes as counted by sizeOf and
	// sharedTerms: ten thousand requests as long as Teleport lets them be, or seventy
	// thousand usual ones. A cluster that shows more costs its own notifiers, not those
	// of others.
	maxMirror = 48 << 20
	// requestOverhead is about what a request takes besides its texts, with what a notifier
	// keeps of it, entryOverhead
	// what an entry of another kind does, itemOverhead what an item of a list does.
	requestOverhead = 512
	entryOverhead   = 320
	itemOverhead    = 24
	// heldOverhead is about what terms take besides their texts.
	heldOverhead = 320
	// maxFormer bounds the requests to remember that are not present, and
	// rememberFor for how long.
	maxFormer   = 2048
	rememberFor = 24 * time.Hour
	// digestItems bounds the lists of a digest, digestText its texts.
	digestItems = 4
	digestText  = 64
)

// sizeOf returns about how many bytes a request takes in memory besides its terms.
func sizeOf(r accessrequest.Request) int {
	n := requestOverhead + len(r.ID) + len(r.User) + len(r.Reason) + len(r.ResolveReason) + len(r.PromotedTo)
	for _, res := range r.Resources {
		n += 4*itemOverhead + len(res.Cluster) + len(res.Kind) + len(res.Name) + len(res.SubResource)
		if res.Constraint != nil {
			n += 2*itemOverhead + sizeOfTexts(res.Constraint.RoleARNs) + sizeOfTexts(res.Constraint.Logins)
		}
	}
	for _, review := range r.Reviews {
		n += 6*itemOverhead + len(review.Author) + len(review.SubmittedBy) + len(review.Reason) + 4*len(review.Thresholds)
	}
	return n
}

func sizeOfTexts(list []string) int {
	n := 0
	for _, s := range list {
		n += itemOverhead + len(s)
	}
	return n
}

// digest returns what is kept of a resolved request where there is no room for
// all of it: who asked for what, and how it went. It is r itself for a pending
// one.
func digest(r accessrequest.Request) accessrequest.Request {
	if !r.State.Resolved() {
		return r
	}
	out := accessrequest.Request{
		ID: r.ID, User: cut(r.User, digestText), State: r.State, PromotedTo: cut(r.PromotedTo, digestText), Kind: r.Kind, DryRun: r.DryRun,
		Created: r.Created, Expires: r.Expires, AccessExpires: r.AccessExpires, Incomplete: true,
	}
	for _, role := range r.Roles[:min(len(r.Roles), digestItems)] {
		out.Roles = append(out.Roles, cut(role, digestText))
	}
	for _, review := range r.Reviews[:min(len(r.Reviews), digestItems)] {
		out.Reviews = append(out.Reviews, accessrequest.Review{Author: cut(review.Author, digestText), State: review.State, Created: review.Created})
	}
	return out
}

// set makes r present, with the rest of the entry as in next. It reports whether
// there was room for it. The caller holds mu.
func (c *cache) set(r accessrequest.Request, next entry) bool {
	next.presence = accessrequest.Present
	old := c.entries[r.ID]
	if old != nil {
		c.drop(old)
	}
	if !c.full {
		c.store(r, &next)
		if c.taken() <= maxMirror || c.makeRoom(&next) {
			return true
		}
		c.drop(&next)
		c.full = true
	}
	if old != nil {
		c.store(old.request(), old)
	}
	return false
}

// taken is about how many bytes the mirror takes.
func (c *cache) taken() int {
	return c.size + c.terms.size
}

// store adds an entry with a request that is not there yet. The caller holds mu.
func (c *cache) store(r accessrequest.Request, e *entry) {
	if c.entries == nil {
		c.entries = map[string]*entry{}
	}
	c.entries[r.ID] = e
	c.keep(e, r)
	if e.presence != accessrequest.Present {
		c.former++
	}
}

func (c *cache) drop(e *entry) {
	delete(c.entries, e.id)
	c.release(e)
	if e.presence != accessrequest.Present {
		c.former--
	}
}

// keep has an entry hold r, and counts it.
func (c *cache) keep(e *entry, r accessrequest.Request) {
	e.kept = c.terms.keep(r)
	e.size = int32(min(sizeOf(r), math.MaxInt32)) //nolint:gosec // bounded
	c.size += int(e.size)
}

func (c *cache) release(e *entry) {
	c.terms.release(e.terms)
	c.size -= int(e.size)
}

// setPresent reports whether the entry was not present before.
func (c *cache) setPresent(e *entry) bool {
	if e.presence == accessrequest.Present {
		return false
	}
	e.presence, e.gone = accessrequest.Present, false
	c.former--
	return true
}

func (c *cache) setFormer(e *entry, presence accessrequest.Presence, now time.Time) {
	if e.presence == accessrequest.Present {
		c.former++
	}
	e.presence, e.since, e.byEvent = presence, now, false
	if c.former > 2*maxFormer {
		c.forgetFormer(maxFormer)
	}
}

// forget drops what was over long ago. The caller holds mu.
func (c *cache) forget(now time.Time) {
	for _, e := range c.entries {
		if e.presence != accessrequest.Present && now.Sub(e.since) > rememberFor {
			c.drop(e)
		}
	}
	if c.former > maxFormer {
		c.forgetFormer(maxFormer)
	}
}

// forgetFormer keeps only the newest of the requests that are not present.
func (c *cache) forgetFormer(keep int) {
	former := make([]*entry, 0, c.former)
	for _, e := range c.entries {
		if e.presence != accessrequest.Present {
			former = append(former, e)
		}
	}
	slices.SortFunc(former, func(a, b *entry) int { return cmp.Or(b.since.Compare(a.since), cmp.Compare(a.id, b.id)) })
	for _, e := range former[min(keep, len(former)):] {
		c.drop(e)
	}
}

// makeRoom keeps less of what is over: nothing of requests that are not present,
// and digests of those that are resolved, but for the newest entry. It reports
// whether that is enough. The caller holds mu.
func (c *cache) makeRoom(newest *entry) bool {
	c.forgetFormer(0)
	if c.taken() <= maxMirror {
		return true
	}
	for _, e := range c.entries {
		if e != newest && e.rest.state.Resolved() {
			r := e.request()
			c.release(e)
			c.keep(e, digest(r))
		}
	}
	return c.taken() <= maxMirror
}

// overflowed reports, once, that there was no room for a request.
func (c *cache) overflowed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.full
	c.full = false
	return was
}
