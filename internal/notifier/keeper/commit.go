package keeper

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// committer writes the record of a Keeper, one write at a time.
type committer struct {
	*Keeper
	// retries says that what the store had no room for is written as well.
	retries bool
}

// commit writes all that waits to be written. It reports whether it found something that
// another writer has stored.
func (k committer) commit(ctx context.Context) (news bool, err error) {
	select {
	case k.writing <- struct{}{}:
		defer func() { <-k.writing }()
	case <-ctx.Done():
		return false, fmt.Errorf("waiting to store record: %w", ctx.Err())
	}
	if before, mode := k.known(); mode == unread {
		if err := k.reload(ctx); err != nil {
			k.refuse(err)
			return false, err
		}
		now, _ := k.known()
		news = now != before
	}
	for range maxConflicts {
		w := k.prepare()
		if w == nil {
			return news, nil
		}
		err := w.err
		if err == nil && w.text != w.old {
			w.sent = time.Now()
			err = k.store.Swap(ctx, k.id, w.old, w.text)
		}
		if err == nil {
			k.stored(w)
			return news, nil
		}
		if !errors.Is(err, accessrequest.ErrConflict) {
			k.failed(w, err)
			return news, fmt.Errorf("storing record: %w", err)
		}
		if err = k.reload(ctx); err != nil {
			k.failed(w, err)
			return news, err
		}
		if text, _ := k.known(); text == w.text {
			// The answer to an earlier attempt was lost.
			k.stored(w)
			return news, nil
		}
		news = true
		w.lost(&k.mu)
	}
	return news, fmt.Errorf("storing record: %w", accessrequest.ErrConflict)
}

// known returns what the store holds as far as is known, and how the next write begins.
func (k committer) known() (text string, m mode) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state.text, k.state.mode
}

// refuse ends all claims that wait.
func (k committer) refuse(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, g := range k.state.claims {
		g.result = &result{err: err}
	}
	k.state.claims = nil
}

// reload reads the record.
func (k committer) reload(ctx context.Context) error {
	text, err := k.store.Load(ctx, k.id)
	if err != nil {
		return fmt.Errorf("reading record: %w", err)
	}
	// A damaged record is repaired by the next write.
	_ = k.adopt(text)
	return nil
}

// write is one attempt to store.
type write struct {
	old, text string
	next      record.Record
	// changes is how many changes are in next.
	changes int
	grants  []*grant
	sent    time.Time
	err     error
}

// end gives the claims of an attempt their result. The caller holds mu: who has claimed may
// wait no longer, and look.
func (w *write) end(err error) {
	for _, g := range w.grants {
		g.result = &result{w.sent, err}
	}
	w.grants = nil
}

// lost ends an attempt that another writer has won.
func (w *write) lost(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
	w.end(ErrLost)
}

// prepare returns what to write, nil for nothing.
func (k committer) prepare() *write {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := &k.state
	if s.mode.inMemory() {
		s.grant()
		if s.mode == detached || !k.retries {
			return nil
		}
	}
	if !s.unwritten() && len(s.claims) == 0 {
		return nil
	}
	w := &write{old: s.text, next: s.base.Clone(), changes: len(s.changes)}
	if s.relation == record.Foreign {
		w.err = ErrForeign
	}
	if !s.mode.inMemory() {
		w.next.See(s.sighting)
	}
	for _, change := range s.changes {
		change(&w.next)
	}
	for _, g := range s.claims {
		if next := w.next.Clone(); g.apply(&next) {
			w.next = next
			w.grants = append(w.grants, g)
		} else {
			g.result = &result{err: ErrLost}
		}
	}
	s.claims = nil
	if !s.unwritten() && len(w.grants) == 0 {
		return nil
	}
	w.next.Owner = w.next.Owner.Fill(k.owner())
	w.text = w.next.Encode()
	if w.err == nil && !record.Fits(w.text) {
		w.err = accessrequest.ErrRecordTooLarge
	}
	return w
}

// stored notes that an attempt has succeeded.
func (k committer) stored(w *write) {
	k.mu.Lock()
	defer k.mu.Unlock()
	w.end(nil)
	s := &k.state
	if s.mode == detached {
		return
	}
	s.text, s.attempt, s.written = w.text, "", time.Now()
	s.changes = s.changes[w.changes:]
	s.owner, s.relation = w.next.Owner, record.Own
	s.mode = current
	s.rebase(w.next, k.writer)
}

// failed notes that an attempt may or may not have succeeded.
func (k committer) failed(w *write, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	w.end(err)
	s := &k.state
	switch {
	case Impossible(err):
	case s.mode == current:
		s.mode = unread
	case s.mode == crowded:
		s.attempt = w.text
	}
}
