// Package recorder stores what there is to record of requests, and knows whether records can
// be read and written. While they cannot, all requests share one back-off.
package recorder

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/announce"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// Options is what a Recorder is made of.
type Options struct {
	Timing    timing.Timing
	Announcer *announce.Announcer
	// Changed is called when a record can be stored, or cannot, other than before.
	Changed func()
	// Again has a request looked at again.
	Again func(id string)
}

// Recorder stores the records of requests. Make one with New.
type Recorder struct {
	options Options

	mu sync.Mutex
	s  state
}

// state is guarded by Recorder.mu.
type state struct {
	// unread is why the records could not be read, nil while they can.
	unread   error
	failures int
	until    time.Time
}

// New makes a Recorder.
func New(o Options) *Recorder { return &Recorder{options: o} }

// patience is how many failures in a row say that it is the store, and not one record.
const patience = 3

// Wait returns how long nothing should be asked of the store.
func (s *Recorder) Wait() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.s.failures < patience {
		return 0
	}
	return max(time.Until(s.s.until), 0)
}

// Failed notes that the store does not work, and returns when to try again.
func (s *Recorder) Failed(err error) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(err, accessrequest.ErrUnknownRequest) {
		return s.options.Timing.Backoff(6)
	}
	if now := time.Now(); !now.Before(s.s.until) {
		s.s.failures++
		s.s.until = now.Add(s.options.Timing.Backoff(s.s.failures))
	}
	return max(time.Until(s.s.until), time.Millisecond)
}

// works notes that the store works.
func (s *Recorder) works() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.s.failures, s.s.until = 0, time.Time{}
}

// Read notes whether all records could be read, and returns when to try again.
func (s *Recorder) Read(err error) time.Duration {
	s.mu.Lock()
	s.s.unread = err
	s.mu.Unlock()
	if err != nil {
		return s.Failed(err)
	}
	s.works()
	return 0
}

// Problem returns why records cannot be read, nil while they can.
func (s *Recorder) Problem() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.s.unread
}

// Timed bounds each call to a store in time.
type Timed struct {
	keeper.Store
	Timeout time.Duration
}

// Load implements keeper.Store.
func (s Timed) Load(ctx context.Context, id string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	return s.Store.Load(ctx, id)
}

// Swap implements keeper.Store.
func (s Timed) Swap(ctx context.Context, id, old, text string) error {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	return s.Store.Swap(ctx, id, old, text)
}

// Store stores what is not stored yet, and returns when to try again. When that fails,
// the change is kept in memory: what readers see is right already. Idle says that
// nothing else is to be stored either, so that an earlier failure is over.
func (s *Recorder) Store(ctx context.Context, t *track.Request, idle bool) (again time.Duration) {
	switch {
	case !t.Keeper.Dirty() && idle:
		if t.NoteFailure(nil) {
			s.options.Changed()
		}
		return 0
	case !t.Keeper.Dirty():
		return 0
	}
	if wait := s.Wait(); wait > 0 {
		return wait
	}
	news, err := t.Keeper.Flush(ctx)
	if news {
		// It was decided what is next before another writer was known to have stored it.
		s.options.Again(t.ID)
	}
	return s.Stored(t, err)
}

// Stored acts on the end of a write, and returns when to try again.
func (s *Recorder) Stored(t *track.Request, err error) (again time.Duration) {
	switch {
	case err == nil:
		s.works()
		if t.NoteFailure(nil) {
			s.options.Changed()
		}
		return 0
	case errors.Is(err, keeper.ErrForeign):
		s.options.Again(t.ID)
		return 0
	case errors.Is(err, accessrequest.ErrRecordTooLarge):
		s.giveUp(t)
		return time.Nanosecond
	case errors.Is(err, accessrequest.ErrUnknownRequest) && t.PastPosting():
		// The record has expired before its messages were final, or before it could
		// be closed without any.
		t.Keeper.Detach()
		return time.Nanosecond
	default:
		if t.NoteFailure(err) {
			s.options.Changed()
		}
		return s.Failed(err)
	}
}

// giveUp goes on without a record for now, because late and twice is better than never: other
// plugins have filled the space that Teleport allows.
func (s *Recorder) giveUp(t *track.Request) {
	if t.Keeper.Crowd() {
		s.options.Announcer.NoRoom(t.ID)
	}
}

// Retry stores a record for which there was no room, and reports whether the request is to be
// looked at again. While there is none, nothing waits for it.
func (s *Recorder) Retry(ctx context.Context, t *track.Request) (again bool) {
	if !t.Keeper.Crowded() || s.Wait() > 0 {
		return false
	}
	news, err := t.Keeper.Retry(ctx)
	if err == nil || keeper.Impossible(err) {
		s.Stored(t, err)
	} else {
		s.Failed(err)
	}
	return news || err == nil
}
