package deliver

import (
	"context"
	"errors"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// claimAttempts is how often in a row a claim may turn out to be too old when the call
// could begin.
const claimAttempts = 3

// errSlowStore means that claims take so long to be stored that no call can begin.
var errSlowStore = errors.New("storing a claim takes too long")

// claimed makes a call under a claim that is fresh when the call begins. It returns
// keeper.ErrLost when something else is to be done by now.
func (d *caller) claimed(ctx context.Context, w *track.Work, what record.What, key string, call func(context.Context, record.Claim) error) error {
	c, err := d.fresh(ctx, w, what, key)
	if err != nil {
		return err
	}
	return call(ctx, c)
}

// fresh returns a claim under which a call may begin now.
func (d *caller) fresh(ctx context.Context, w *track.Work, what record.What, key string) (record.Claim, error) {
	for range claimAttempts {
		h, err := d.claim(ctx, w, what, key)
		if err != nil {
			return record.Claim{}, err
		}
		if !w.Due() {
			return record.Claim{}, keeper.ErrLost
		}
		if time.Since(h.Sent) < d.Timing.ClaimFresh {
			return h.Claim, nil
		}
	}
	return record.Claim{}, errSlowStore
}

// claim returns a claim of this process, a standing one if it is young. Another one takes
// the place of the one before only if no other writer has claimed, and ended, meanwhile.
func (d *caller) claim(ctx context.Context, w *track.Work, what record.What, key string) (track.Held, error) {
	if h, ok := w.Standing(what, key, d.Timing.ClaimFresh); ok {
		return h, nil
	}
	if d.Parts.Recorder.Wait() > 0 {
		return track.Held{}, errSlowStore
	}
	c := record.Claim{What: what, Key: key, By: d.Writer, Gen: d.claims.Add(1), Since: time.Now().Unix()}
	if what == record.Note {
		c.Due = w.Decision.Due.Unix()
	}
	over := w.Entry.Make
	if what == record.Edit {
		over = w.Entry.Edit
	}
	known, to, name, reader, wanted := w.Entry, w.To, w.Name, w.Reader, w.Wanted
	sent, err := w.Request.Keeper.Claim(ctx, func(r *record.Record) bool {
		if _, told := r.Entry(to.ID); !told && record.FormerID(*r, to, name, wanted) != "" {
			// Another operator knows the address by another id.
			return false
		}
		r.Introduce(to, name, reader)
		e, _ := r.Entry(to.ID)
		if e.Ref != known.Ref || what == record.Reply && e.Replies != known.Replies || what == record.Note && e.Noted != known.Noted {
			return false
		}
		return r.Claim(to.ID, c, over)
	})
	if err != nil {
		return track.Held{}, err
	}
	if time.Since(sent) < d.Timing.ClaimFresh {
		d.Parts.Recorder.Stored(w.Request, nil)
	}
	h := track.Held{Claim: c, Sent: sent}
	w.Remember(func(d *track.Delivery) {
		if what == record.Edit {
			d.Editing, w.Entry.Edit = h, &c
		} else {
			d.Making, w.Entry.Make = h, &c
		}
	})
	return h, nil
}

// call bounds a call to the messenger in time.
func (d *caller) call(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d.Timing.CallTimeout)
	defer cancel()
	return call(ctx)
}

// settle stores what was learned by a call, which ends with it, and closes the record if
// nothing is left to do.
func (d *caller) settle(ctx context.Context, w *track.Work, change func(*record.Record)) {
	w.Request.Keeper.Learn(change)
	d.conclude(ctx, w)
}

// conclude ends a call and stores what there is to store.
func (d *caller) conclude(ctx context.Context, w *track.Work) {
	w.End()
	w.Request.Close()
	d.Again(w.Request.ID, d.Parts.Recorder.Store(ctx, w.Request, false))
}

// made notes how a post, follow-up or reply ended. One that may have been made although
// it failed is settled once it cannot be made any more; where that cannot be found out,
// the recipient may have been told.
func (d *caller) made(w *track.Work, err error) {
	unclear := err != nil && messenger.AsError(err).Unclear
	post := w.Decision.Action == plan.Post
	message := post || w.Decision.Action == plan.Follow
	w.Remember(func(m *track.Delivery) {
		if d.chat.Pace > 0 && (err == nil || unclear) {
			m.Memory.Quiet = time.Now().Add(d.chat.Pace)
		}
		switch {
		case unclear:
			m.Memory.GaveUp, m.Memory.Posts = time.Now(), plan.Traced
			if d.chat.Finder == nil && post {
				m.Memory.Posts = plan.Unknowable
			}
			if message {
				m.Memory.Tried = either(m.Memory.Tried, w.Digest)
			}
			if d.chat.Amends && w.Decision.Action == plan.MakeNote {
				// Whatever is shown until it cannot come any more does not count, and is shown again.
				m.Memory.Tried = plan.UnknownDigest
				m.Memory.Landing = plan.Later(m.Memory.Landing, time.Now().Add(d.Timing.Waits().Land))
			}
		case err == nil:
			m.Memory.GaveUp, m.Memory.Posts = time.Time{}, plan.Traced
			if message {
				m.Memory.Tried = ""
			}
		}
	})
}

// either is the digest of a message that may show one thing or the other.
func either(digest, other string) string {
	if digest == "" || digest == other {
		return other
	}
	return plan.UnknownDigest
}
