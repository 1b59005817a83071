package notifier

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// stores knows whether records can be read and written. While they cannot, all requests
// share one back-off.
type stores struct {
	timing Timing
	// ready is closed when the records have been read once, resync holds a token while
	// they have to be read again.
	ready  chan struct{}
	resync chan struct{}

	mu sync.Mutex
	s  storesState
}

// storesState is guarded by stores.mu.
type storesState struct {
	// unread is why the records could not be read, nil while they can.
	unread   error
	failures int
	until    time.Time
}

func newStores(timing Timing) *stores {
	return &stores{timing: timing, ready: make(chan struct{}), resync: make(chan struct{}, 1)}
}

// patience is how many failures in a row say that it is the store, and not one record.
const patience = 3

// wait returns how long nothing should be asked of the store.
func (s *stores) wait() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.s.failures < patience {
		return 0
	}
	return max(time.Until(s.s.until), 0)
}

// failed notes that the store does not work, and returns when to try again.
func (s *stores) failed(err error) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(err, ErrUnknownRequest) {
		return s.timing.Backoff(6)
	}
	if now := time.Now(); !now.Before(s.s.until) {
		s.s.failures++
		s.s.until = now.Add(s.timing.Backoff(s.s.failures))
	}
	return max(time.Until(s.s.until), time.Millisecond)
}

// works notes that the store works.
func (s *stores) works() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.s.failures, s.s.until = 0, time.Time{}
}

// read notes whether all records could be read, and returns when to try again.
func (s *stores) read(err error) time.Duration {
	s.mu.Lock()
	s.s.unread = err
	s.mu.Unlock()
	if err != nil {
		return s.failed(err)
	}
	s.works()
	return 0
}

// problem returns why records cannot be read, nil while they can.
func (s *stores) problem() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.s.unread
}

// again asks for the records to be read again.
func (s *stores) again() {
	select {
	case s.resync <- struct{}{}:
	default:
	}
}

// timedStore bounds each call to the store in time.
type timedStore struct {
	Records
	timeout time.Duration
}

func (n *Notifier) timedStore() timedStore {
	return timedStore{n.options.Records, n.options.Timing.StoreTimeout}
}

// Load implements keeper.Store.
func (s timedStore) Load(ctx context.Context, id string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.Records.Load(ctx, id)
}

// Swap implements keeper.Store.
func (s timedStore) Swap(ctx context.Context, id, old, text string) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.Records.Swap(ctx, id, old, text)
}

// store stores what is not stored yet, and returns when to try again. When that fails,
// the change is kept in memory: what readers see is right already. Idle says that
// nothing else is to be stored either, so that an earlier failure is over.
func (n *Notifier) store(ctx context.Context, t *track.Request, idle bool) (again time.Duration) {
	switch {
	case !t.Keeper.Dirty() && idle:
		if t.NoteFailure(nil) {
			n.options.Changed()
		}
		return 0
	case !t.Keeper.Dirty():
		return 0
	}
	if wait := n.stores.wait(); wait > 0 {
		return wait
	}
	return n.stored(t, t.Keeper.Flush(ctx))
}

// stored acts on the end of a write, and returns when to try again.
func (n *Notifier) stored(t *track.Request, err error) (again time.Duration) {
	switch {
	case err == nil:
		n.stores.works()
		if t.NoteFailure(nil) {
			n.options.Changed()
		}
		return 0
	case errors.Is(err, keeper.ErrForeign):
		n.queue.Add(t.ID)
		return 0
	case errors.Is(err, ErrRecordTooLarge):
		n.giveUpRecording(t)
		return time.Nanosecond
	case errors.Is(err, ErrUnknownRequest) && t.PastPosting():
		// The record has expired before its messages were final, or before it could
		// be closed without any.
		t.Keeper.Detach()
		return time.Nanosecond
	case errors.Is(err, ErrUnknownRequest):
		return n.stores.failed(err)
	default:
		if t.NoteFailure(err) {
			n.options.Changed()
		}
		return n.stores.failed(err)
	}
}

// giveUpRecording goes on without a record, because late and twice is better
// than never: other plugins have filled the space that Teleport allows.
func (n *Notifier) giveUpRecording(t *track.Request) {
	if !t.Keeper.Detach() {
		return
	}
	n.announcer.Give(Notice{
		Reason:  ReasonRecordImpossible,
		Text:    fmt.Sprintf("Teleport has no room for the record of access request %s; it may be announced again after a restart", t.ID),
		Warning: true,
	})
}
