package track

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// Work is one call that is due, as it was decided.
type Work struct {
	Request  *Request
	To       messenger.Address
	Name     string
	Reader   record.Reader
	Decision plan.Decision
	Entry    record.Entry
	Message  message.Message
	Digest   string
	// Created is when the request was made, TookOver until when edits may take effect
	// that another writer has begun.
	Created, TookOver time.Time
	// Wanted are the addresses that should be told.
	Wanted map[string]bool
	d      *Delivery
}

// Begin returns the call that is due at an address, nil if none is.
func (t *Request) Begin(address string) *Work {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := t.s.deliveries[address]
	if d == nil || d.busy() {
		return nil
	}
	r := t.Keeper.Record()
	v := t.view(address, r)
	decision := plan.Next(v)
	if !decision.Call() {
		return nil
	}
	w := &Work{
		Request: t, d: d, To: d.To, Name: d.Name, Reader: d.Reader, Decision: decision, Entry: v.Entry,
		Message: t.s.to(d).message, Digest: t.s.to(d).digest, Created: t.s.truth.Request.Created,
	}
	w.Message.Mentions = d.mentions
	if decision.Action == plan.MakeNote {
		w.Message = note(v.Memory.Notes, w.Message, decision.Due)
	}
	w.Message.Plain = d.Rejected > 0
	w.Wanted = t.s.wanted()
	w.TookOver = plan.TookOver(v)
	d.call = w
	return w
}

// End makes room for the next call at the address.
func (w *Work) End() {
	w.Request.mu.Lock()
	defer w.Request.mu.Unlock()
	if w.d.call == w {
		w.d.call = nil
	}
}

// Due reports whether the call is still to be made now that it is claimed.
func (w *Work) Due() bool {
	w.Request.mu.Lock()
	defer w.Request.mu.Unlock()
	next := plan.Next(w.Request.view(w.To.ID, w.Request.Keeper.Record()))
	return next.Action == w.Decision.Action && (next.Action != plan.MakeNote || next.Due.Equal(w.Decision.Due))
}

// Remember changes what this process knows of the address.
func (w *Work) Remember(change func(*Delivery)) {
	w.Request.mu.Lock()
	defer w.Request.mu.Unlock()
	change(w.d)
}

// Job is the job of a call that was not made.
func (w *Work) Job() dispatch.Job {
	w.Request.mu.Lock()
	defer w.Request.mu.Unlock()
	return w.Request.job(w.To.ID, w.Decision)
}

// Following returns the job that is due next at the address, false if none is.
func (w *Work) Following() (dispatch.Job, bool) {
	w.Request.mu.Lock()
	defer w.Request.mu.Unlock()
	if w.Request.s.deliveries[w.To.ID] != w.d {
		return dispatch.Job{}, false
	}
	decision := plan.Next(w.Request.view(w.To.ID, w.Request.Keeper.Record()))
	if !decision.Call() {
		return dispatch.Job{}, false
	}
	return w.Request.job(w.To.ID, decision), true
}

// Standing returns the claim that this process holds, if it is young and still stored.
func (w *Work) Standing(what record.What, key string, fresh time.Duration) (Held, bool) {
	w.Request.mu.Lock()
	defer w.Request.mu.Unlock()
	r := w.Request.Keeper.Record()
	e, _ := r.Entry(w.To.ID)
	h, have := w.d.Making, e.Make
	if what == record.Edit {
		h, have = w.d.Editing, e.Edit
	}
	ok := have != nil && have.By == h.Claim.By && have.Gen == h.Claim.Gen &&
		h.Claim.What == what && h.Claim.Key == key && time.Since(h.Sent) < fresh
	return h, ok
}

// StillWanted reports whether a message that was not found is to be posted.
func (w *Work) StillWanted(what record.What) bool {
	w.Request.mu.Lock()
	defer w.Request.mu.Unlock()
	r := w.Request.Keeper.Record()
	v := w.Request.view(w.To.ID, r)
	v.Entry.Make = nil
	next := plan.Next(v)
	switch what {
	case record.Follow:
		return next.Action == plan.Follow
	case record.Note:
		return next.Action == plan.MakeNote
	default:
		return next.Action == plan.Post
	}
}

// Heard is since when the recipient should see what is to be shown.
func (w *Work) Heard() time.Time {
	w.Request.mu.Lock()
	defer w.Request.mu.Unlock()
	return w.d.since(w.Request.s.heard, w.Decision)
}

// Since is when a search begins. What the record says of it may be nonsense.
func (w *Work) Since() time.Time {
	since := w.Created
	if c := w.Entry.Make; c != nil && c.Since > 0 {
		if claimed := time.Unix(c.Since, 0); claimed.After(w.Created) {
			since = claimed
		}
	}
	if now := time.Now(); since.After(now) {
		return now
	}
	return since
}
