package track

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
)

// Counts is how one request is doing.
type Counts struct {
	Open, Unannounced bool
	Undelivered       int
	// Oldest is what has been undelivered for longest, its zero value if nothing is.
	Oldest Undelivered
	// Failing are those that are undelivered after a call has failed.
	Failing []Undelivered
	// Failure is why the record could not be stored, nil if it could.
	Failure error
	// FailedFor is for how long every write of it has failed.
	FailedFor time.Duration
	// RuleFailure is why it is not known of all who should hear of it, nil if it is.
	RuleFailure error
}

// Count tells how the request is doing.
func (t *Request) Count() Counts {
	var c Counts
	for _, u := range t.Undelivered() {
		if c.Undelivered++; c.Undelivered == 1 || u.Since.Before(c.Oldest.Since) {
			c.Oldest = u
		}
		if u.Failure.Err != nil {
			c.Failing = append(c.Failing, u)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c.RuleFailure = t.s.audience.RuleFailure
	if t.s.failure != nil {
		c.Failure, c.FailedFor = t.s.failure.err, t.s.failure.lasted()
	}
	concerned := t.s.audience.Unresolved
	for _, d := range t.s.deliveries {
		if d.Memory.Named != plan.Unnamed {
			concerned++
		}
	}
	c.Open = t.s.truth.Certainty == Current && t.s.truth.Request.State == accessrequest.Pending
	c.Unannounced = c.Open && concerned == 0 && t.s.audience.Extent == Whole && !t.s.audience.Suppressed
	return c
}

// Patience is for how long writes that fail may do so by chance.
const Patience = 2 * time.Second

// NoteFailure notes why the record cannot be stored, nil if it can, and reports whether
// that is news: that it fails, that it is no chance, that it works again.
func (t *Request) NoteFailure(err error) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, now := t.s.failure, time.Now()
	switch {
	case err == nil:
		t.s.failure = nil
		return f != nil
	case f == nil:
		t.s.failure = &storeFailure{err: err, since: now, last: now}
		return true
	}
	chance := f.lasted() < Patience
	f.err, f.last = err, now
	return chance && f.lasted() >= Patience
}

// Failing returns for how long the record could not be stored.
func (t *Request) Failing() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.s.failure == nil {
		return 0
	}
	return time.Since(t.s.failure.since)
}

// LostBefore notes that a claim was not granted, and reports whether that happens again
// and again.
func (t *Request) LostBefore() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.s.lost
	t.s.lost = time.Now()
	return t.s.lost.Sub(before) < time.Second
}

// GiveUp gives up on addresses that do not work, if Teleport does not have the request.
func (t *Request) GiveUp(problems map[string]*messenger.Error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for address, d := range t.s.deliveries {
		if t.s.truth.Certainty == Ended && problems[address] != nil {
			d.Memory.End = plan.Gone
		}
	}
}
