package notifier

import (
	"context"
	"errors"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// claimAttempts is how often in a row a claim may turn out to be too old when the call
// could begin.
const claimAttempts = 3

// errSlowStore means that claims take so long to be stored that no call can begin.
var errSlowStore = errors.New("storing a claim takes too long")

// claimed makes a call under a claim that is fresh when the call begins. It returns
// keeper.ErrLost when something else is to be done by now.
func (d *deliverer) claimed(ctx context.Context, w *work, what record.What, key string, call func(context.Context, record.Claim) error) error {
	for range claimAttempts {
		h, err := d.claim(ctx, w, what, key)
		if err != nil {
			return err
		}
		if !w.t.due(w) {
			return keeper.ErrLost
		}
		if time.Since(h.sent) < d.options.Timing.IntentFresh {
			return call(ctx, h.claim)
		}
	}
	return errSlowStore
}

// claim returns a claim of this process, a standing one if it is young.
func (d *deliverer) claim(ctx context.Context, w *work, what record.What, key string) (held, error) {
	if h, ok := w.t.standing(w, what, key, d.options.Timing.IntentFresh); ok {
		return h, nil
	}
	if d.stores.wait() > 0 {
		return held{}, errSlowStore
	}
	c := record.Claim{What: what, Key: key, By: d.writer, Gen: d.claims.Add(1), Since: time.Now().Unix()}
	over := w.entry.Make
	if what == record.Edit {
		over = w.entry.Edit
	}
	sent, err := w.t.keeper.Claim(ctx, func(r *record.Record) bool {
		if _, known := r.Entry(w.to.ID); !known && formerID(*r, guest{w.to, w.name}, w.wanted) != "" {
			// Another operator knows the address by another id.
			return false
		}
		r.Introduce(w.to, w.name)
		e, _ := r.Entry(w.to.ID)
		if e.Ref != w.entry.Ref || what == record.Reply && e.Replies != w.entry.Replies {
			return false
		}
		return r.Claim(w.to.ID, c, over)
	})
	if err != nil {
		return held{}, err
	}
	if time.Since(sent) < d.options.Timing.IntentFresh {
		d.stored(w.t, nil)
	}
	h := held{claim: c, sent: sent}
	w.t.remember(w, func(d *delivery) {
		if what == record.Edit {
			d.editing = h
		} else {
			d.making = h
		}
	})
	return h, nil
}

// standing returns the claim that this process holds, if it is young and still stored.
func (t *tracked) standing(w *work, what record.What, key string, fresh time.Duration) (held, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.keeper.Record()
	e, _ := r.Entry(w.to.ID)
	h, have := w.d.making, e.Make
	if what == record.Edit {
		h, have = w.d.editing, e.Edit
	}
	ok := have != nil && have.By == h.claim.By && have.Gen == h.claim.Gen &&
		h.claim.What == what && h.claim.Key == key && time.Since(h.sent) < fresh
	return h, ok
}

// call bounds a call to the messenger in time.
func (d *deliverer) call(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d.options.Timing.CallTimeout)
	defer cancel()
	return call(ctx)
}

// settle stores what was learned by a call, which ends with it, and closes the record if
// nothing is left to do.
func (d *deliverer) settle(ctx context.Context, w *work, change func(*record.Record)) {
	w.t.keeper.Learn(change)
	d.conclude(ctx, w)
}

// conclude ends a call and stores what there is to store.
func (d *deliverer) conclude(ctx context.Context, w *work) {
	w.t.end(w)
	w.t.close()
	d.lookAgain(w.t.id, d.store(ctx, w.t, false))
}

// made notes how a post, follow-up or reply ended. One that may have been made although
// it failed is settled once it cannot be made any more; where that cannot be found out,
// the recipient may have been told.
func (d *deliverer) made(w *work, err error) {
	unclear := err != nil && messenger.AsError(err).Unclear
	w.t.remember(w, func(m *delivery) {
		switch {
		case unclear:
			m.memory.GaveUp = time.Now()
			m.memory.MayBeTold = d.chat.finder == nil && w.decision.Action == plan.Post
		case err == nil:
			m.memory.GaveUp, m.memory.MayBeTold = time.Time{}, false
		}
	})
}
