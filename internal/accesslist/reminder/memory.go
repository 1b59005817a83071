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
	// not allowed.
	Load(ctx context.Context) (string, error)
	// Swap replaces the text: old by new. The error wraps accessrequest.ErrConflict if it
	// is another one by now, and ErrStoreDenied if that is not allowed. After any other
	// error it may or may not have been written.
	Swap(ctx context.Context, old, new string) error
}

// ErrStoreDenied means that the store may not be used. Its text says what to allow.
var ErrStoreDenied = errors.New("not allowed")

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
	// learned is when reminders were claimed that are posted now, which is not stored yet.
	learned map[string]int64
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
	m.loaded, m.text, m.record = true, text, decode(text)
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
		next := decode(m.text)
		for id, since := range m.learned {
			next.Owners[id] = next.Owners[id].posted(since)
		}
		if !change(next) {
			return errLost
		}
		text := next.encode(time.Now())
		err := m.swap(ctx, text)
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
	if since, ok := m.learned[id]; ok {
		e = e.posted(since)
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

// posted stores that an owner was reminded as it was claimed. If that fails, it is stored with
// what comes next.
func (m *memory) posted(ctx context.Context, id string, claimed entry) error {
	m.learned[id] = claimed.Since
	delete(m.unsure, id)
	return m.change(ctx, func(record) bool { return true })
}
