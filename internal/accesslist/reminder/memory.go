package reminder

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Store keeps a text outside of this process.
type Store interface {
	// Load returns the text, "" if there is none. The error wraps ErrStoreDenied if that is
	// refused.
	Load(ctx context.Context) (string, error)
	// Swap replaces the text: old by new. The error wraps accessrequest.ErrConflict if it
	// is another one by now, and ErrStoreDenied if that is refused. After any other
	// error it may or may not have been written.
	Swap(ctx context.Context, old, new string) error
}

// ErrStoreDenied means that the store cannot be used until an operator acts. Its text says how.
var ErrStoreDenied = errors.New("when they were cannot be kept")

// errLost means that another writer is about to remind the owner.
var errLost = errors.New("claimed by another writer")

// swapAttempts is how often in a row another writer may come first.
const swapAttempts = 8

// memory is what is known of the record.
type memory struct {
	store   Store
	timeout time.Duration
	// foreign is how long claims of other writers are left alone after they were seen.
	foreign time.Duration

	loaded bool
	text   string
	record record
	// unsure is from when on a claim may be settled of which it is not known whether its
	// message was posted.
	unsure map[string]time.Time
	// learned are the reminders that are posted, which is not stored yet.
	learned map[string]posting
}

// load reads the record, unless it is known.
func (m *memory) load(ctx context.Context) error {
	if m.loaded {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	text, err := m.store.Load(ctx)
	if err != nil {
		return fmt.Errorf("reading when owners of access lists were reminded: %w", err)
	}
	before := m.record
	m.loaded, m.text, m.record = true, text, decode(text, time.Now())
	for id, e := range m.record.Owners {
		switch {
		case e.Since == 0:
			delete(m.unsure, id)
		case e != before.Owners[id]:
			m.unsure[id] = time.Now().Add(m.foreign)
		}
	}
	return nil
}

// change stores what it makes of the record, with all that was learned. It makes nothing of
// one in which there is nothing to change.
func (m *memory) change(ctx context.Context, change func(record) bool) error {
	for range swapAttempts {
		if err := m.load(ctx); err != nil {
			return err
		}
		next := decode(m.text, time.Now())
		for id, p := range m.learned {
			next.Owners[id] = next.Owners[id].posted(p)
		}
		if !change(next) {
			return errLost
		}
		text, err := next.encode()
		if err != nil {
			return err
		}
		err = m.swap(ctx, text)
		if errors.Is(err, accessrequest.ErrConflict) {
			m.loaded = false
			continue
		}
		if err != nil {
			// It may have been written.
			m.loaded = false
			return fmt.Errorf("keeping when owners of access lists were reminded: %w", err)
		}
		m.text, m.record = text, next
		clear(m.learned)
		return nil
	}
	return errLost
}

func (m *memory) swap(ctx context.Context, text string) error {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	return m.store.Swap(ctx, m.text, text)
}

// of returns what is known of an owner.
func (m *memory) of(id string) entry {
	e := m.record.Owners[id]
	if p, ok := m.learned[id]; ok {
		e = e.posted(p)
	}
	if !e.matters(time.Now()) {
		return entry{}
	}
	return e
}

// claim makes this process the one that is about to remind an owner.
func (m *memory) claim(ctx context.Context, id, by string) (entry, error) {
	over := m.of(id)
	var claimed entry
	err := m.change(ctx, func(r record) bool {
		if r.Owners[id] != over {
			return false
		}
		claimed = over.claimed(by, time.Now())
		r.Owners[id] = claimed
		return true
	})
	return claimed, err
}

// posted stores that an owner was reminded as it was claimed.
func (m *memory) posted(ctx context.Context, id string, claimed entry) error {
	m.learned[id] = posting{since: claimed.Since, at: time.Now().Unix()}
	delete(m.unsure, id)
	return m.settle(ctx)
}

// settle stores what was learned, so that no other process has to find it out. If that fails,
// it is to be called again.
func (m *memory) settle(ctx context.Context) error {
	if len(m.learned) == 0 {
		return nil
	}
	return m.change(ctx, func(record) bool { return true })
}
