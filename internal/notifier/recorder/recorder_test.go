package recorder_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/announce"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper/keepertest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recorder"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// patience is how many failures in a row hold up all records.
const patience = 3

// bench is a recorder, and what it tells others.
type bench struct {
	*recorder.Recorder
	store            keepertest.Store
	again            []string
	changes, notices int
}

func newBench() *bench {
	b := &bench{}
	b.Recorder = recorder.New(recorder.Options{
		Timing:    timing.Timing{}.WithDefaults(),
		Announcer: announce.New(func(status.Notice) { b.notices++ }, (*messenger.Error).Error),
		Changed:   func() { b.changes++ },
		Again:     func(id string) { b.again = append(b.again, id) },
	})
	return b
}

// request is the request as one writer works on it.
func (b *bench) request(t *testing.T, id, writer string) *track.Request {
	t.Helper()
	text, err := b.store.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	k, err := keeper.New(id, writer, &b.store, func() record.Owner { return record.Owner{Installation: "i"} }, text)
	if err != nil {
		t.Fatal(err)
	}
	return track.New(id, k, track.Planner{Writer: writer})
}

// posted has a request learn that an address was told.
func posted(r *track.Request, address string) {
	r.Keeper.Learn(func(have *record.Record) {
		have.Posted(address, []messenger.Ref{{Channel: address, ID: "1"}}, "d", 0)
	})
}

// TestWhatTwoWritersLearnedIsMerged covers the compare-and-swap that one of them loses.
func TestWhatTwoWritersLearnedIsMerged(t *testing.T) {
	b := newBench()
	one, other := b.request(t, "r1", "one"), b.request(t, "r1", "other")
	posted(one, "a")
	posted(other, "b")
	for _, r := range []*track.Request{one, other} {
		if again := b.Store(t.Context(), r, false); again != 0 || r.Keeper.Dirty() {
			t.Errorf("tried again after %s, something left: %t", again, r.Keeper.Dirty())
		}
	}
	if r := b.request(t, "r1", "third").Keeper.Record(); r.To["a"].Ref == "" || r.To["b"].Ref == "" {
		t.Errorf("the store holds %+v", r)
	}
	if n := b.store.Swaps(); n != 3 {
		t.Errorf("%d writes, want 3: the second writer merges and tries again", n)
	}
	if !slices.Equal(b.again, []string{"r1"}) {
		t.Errorf("looked again at %v, want that for the writer that found another's record", b.again)
	}
}

// TestWhatIsFoundAfterAnUnclearWriteIsLookedAt covers another writer's record that is read before
// the next write.
func TestWhatIsFoundAfterAnUnclearWriteIsLookedAt(t *testing.T) {
	b := newBench()
	r := b.request(t, "r1", "me")
	posted(r, "a")
	b.store.Decide(func(func() error) error { return errors.New("unavailable") })
	b.Store(t.Context(), r, false)
	b.store.Decide(nil)
	other := b.request(t, "r1", "other")
	posted(other, "a")
	b.Store(t.Context(), other, false)
	if b.Store(t.Context(), r, false); !slices.Equal(b.again, []string{"r1"}) {
		t.Errorf("looked again at %v, want that once", b.again)
	}
}

// TestWhatBecomesOfARecordThatCannotBeWritten goes through what a store answers.
func TestWhatBecomesOfARecordThatCannotBeWritten(t *testing.T) {
	foreign := keeper.ErrForeign
	for name, tt := range map[string]struct {
		answer error
		// told is set where a recipient was told already.
		told bool
		// retries says that it is tried again, inMemory that it is kept there from now on,
		// failing that the owner sees it.
		retries, inMemory, failing bool
		notices, again             int
	}{
		"down":                       {answer: errors.New("unavailable"), told: true, retries: true, failing: true},
		"no room":                    {answer: accessrequest.ErrRecordTooLarge, retries: true, inMemory: true, notices: 1},
		"no request, nothing posted": {answer: accessrequest.ErrUnknownRequest, retries: true, failing: true},
		"no request, posted":         {answer: accessrequest.ErrUnknownRequest, told: true, retries: true, inMemory: true},
		"of another installation":    {answer: foreign, told: true, again: 2},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench()
			r := b.request(t, "r1", "me")
			if tt.told {
				posted(r, "a")
			}
			for range 2 {
				if again := b.Stored(r, tt.answer); again > 0 != tt.retries {
					t.Errorf("tried again after %s, want that: %t", again, tt.retries)
				}
			}
			if got := r.Keeper.InMemory(); got != tt.inMemory {
				t.Errorf("kept in memory: %t, want %t", got, tt.inMemory)
			}
			if got := r.Count().Failure != nil; got != tt.failing || b.changes > 1 {
				t.Errorf("shown as failing: %t, want %t; changed %d times", got, tt.failing, b.changes)
			}
			if b.notices != tt.notices || len(b.again) != tt.again {
				t.Errorf("%d notices and %d looks, want %d and %d", b.notices, len(b.again), tt.notices, tt.again)
			}
		})
	}
}

// TestARecordIsStoredOnceThereIsRoom goes through what a store answers when it is asked again.
func TestARecordIsStoredOnceThereIsRoom(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(write func() error) error
		// again says that the request is looked at again, crowded that there was no room
		// still, inMemory that nothing was stored.
		again, crowded, inMemory bool
		wait                     bool
	}{
		"room":       {answer: func(write func() error) error { return write() }, again: true},
		"no room":    {answer: func(func() error) error { return accessrequest.ErrRecordTooLarge }, crowded: true, inMemory: true},
		"no request": {answer: func(func() error) error { return accessrequest.ErrUnknownRequest }, inMemory: true},
		"down":       {answer: func(func() error) error { return errors.New("unavailable") }, crowded: true, inMemory: true, wait: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				r := b.request(t, "r1", "me")
				posted(r, "a")
				b.Stored(r, accessrequest.ErrRecordTooLarge)
				posted(r, "b")
				if wait := b.Store(t.Context(), r, false); wait != 0 || b.store.Swaps() != 0 {
					t.Errorf("%d writes before the retry, the next after %s", b.store.Swaps(), wait)
				}
				b.store.Decide(tt.answer)
				if again := b.Retry(t.Context(), r); again != tt.again {
					t.Errorf("looked at again: %t, want %t", again, tt.again)
				}
				for range patience - 1 {
					time.Sleep(time.Minute)
					b.Retry(t.Context(), r)
				}
				if r.Keeper.Crowded() != tt.crowded || r.Keeper.InMemory() != tt.inMemory || b.notices != 1 {
					t.Errorf("no room: %t, in memory: %t, %d notices", r.Keeper.Crowded(), r.Keeper.InMemory(), b.notices)
				}
				if wait := b.Wait(); wait > 0 != tt.wait || r.Count().Failure != nil {
					t.Errorf("all records wait for %s, and this fails with %v", wait, r.Count().Failure)
				}
				writes := b.store.Swaps()
				if b.Retry(t.Context(), r); tt.wait && b.store.Swaps() != writes {
					t.Error("a store that is down was asked again")
				}
			})
		})
	}
}

// TestAStoreThatIsDownIsSparedByAllRequests covers the back-off that they share, and its end.
func TestAStoreThatIsDownIsSparedByAllRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		b.store.Decide(func(func() error) error { return errors.New("unavailable") })
		r, other := b.request(t, "r1", "me"), b.request(t, "r2", "me")
		posted(r, "a")
		posted(other, "a")
		for range 3 {
			if wait := b.Wait(); wait != 0 {
				t.Errorf("one record that fails holds up all of them for %s", wait)
			}
			time.Sleep(b.Store(t.Context(), r, false))
		}
		b.Stored(r, errors.New("unavailable"))
		writes := b.store.Swaps()
		if wait := b.Store(t.Context(), other, false); wait == 0 || b.store.Swaps() != writes {
			t.Errorf("%d more writes, the next after %s", b.store.Swaps()-writes, wait)
		}
		b.store.Decide(nil)
		time.Sleep(time.Minute)
		if again := b.Store(t.Context(), r, false); again != 0 || b.Wait() != 0 || r.Count().Failure != nil {
			t.Errorf("after the outage: again after %s, spared for %s, failing with %v", again, b.Wait(), r.Count().Failure)
		}
	})
}

// TestRecordsThatCannotBeReadAreAProblem covers the list of all records.
func TestRecordsThatCannotBeReadAreAProblem(t *testing.T) {
	b := newBench()
	down := errors.New("unavailable")
	if wait := b.Read(down); wait == 0 || !errors.Is(b.Problem(), down) {
		t.Errorf("tried again after %s, with the problem %v", wait, b.Problem())
	}
	if wait := b.Read(nil); wait != 0 || b.Problem() != nil {
		t.Errorf("tried again after %s, with the problem %v", wait, b.Problem())
	}
}
