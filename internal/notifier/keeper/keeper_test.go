package keeper

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

func ref(id string) messenger.Ref { return messenger.Ref{Channel: "c", ID: id} }

// memory is a store of one record whose writes can be given a fate.
type memory struct {
	mu   sync.Mutex
	text string
	fate func(write func() error) error
}

func (m *memory) Load(context.Context, string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.text, nil
}

func (m *memory) Swap(_ context.Context, _, old, text string) error {
	write := func() error {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.text != old {
			return fmt.Errorf("swapping: %w", accessrequest.ErrConflict)
		}
		m.text = text
		return nil
	}
	if m.fate != nil {
		fate := m.fate
		m.fate = nil
		return fate(write)
	}
	return write()
}

func newKeeper(t *testing.T, m *memory, writer string) *Keeper {
	t.Helper()
	k, err := New("r", writer, m, func() record.Owner { return record.Owner{Installation: "i"} }, m.text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func claimPost(gen int64, by string) func(*record.Record) bool {
	return func(r *record.Record) bool {
		r.Introduce(messenger.Address{ID: "a"}, "", record.Reviewer)
		return r.Claim("a", record.Claim{What: record.Post, Key: "k", By: by, Gen: gen}, nil)
	}
}

// TestOneOfTwoClaims lets two keepers claim the same.
func TestOneOfTwoClaims(t *testing.T) {
	m := &memory{}
	a, b := newKeeper(t, m, "a"), newKeeper(t, m, "b")
	if _, err := a.Claim(t.Context(), claimPost(1, "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Claim(t.Context(), claimPost(1, "b")); !errors.Is(err, ErrLost) {
		t.Errorf("the second claim got %v, want %v", err, ErrLost)
	}
	if c := b.Record().To["a"].Make; c == nil || c.By != "a" || b.Seen(*c).IsZero() {
		t.Errorf("the loser does not know the claim of the other: %+v", c)
	}
}

// TestWhatWasLearnedSurvivesAConflict applies it to what another writer has stored.
func TestWhatWasLearnedSurvivesAConflict(t *testing.T) {
	m := &memory{}
	a, b := newKeeper(t, m, "a"), newKeeper(t, m, "b")
	learn := func(k *Keeper, address string) {
		k.Learn(func(r *record.Record) { r.Posted(address, []messenger.Ref{ref(address)}, "d", 0) })
		if _, err := k.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	}
	learn(a, "1")
	learn(b, "2")
	for _, address := range []string{"1", "2"} {
		if r := b.Record(); r.To[address].Ref != "c/"+address || b.Dirty() {
			t.Errorf("unexpected record %+v", r)
		}
	}
}

// TestAnUnclearWriteIsReadBeforeTheNext covers a write that lands although it failed, at
// once or only after the record was read.
func TestAnUnclearWriteIsReadBeforeTheNext(t *testing.T) {
	for name, late := range map[string]bool{"at once": false, "late": true} {
		t.Run(name, func(t *testing.T) {
			m := &memory{}
			k := newKeeper(t, m, "a")
			var land func() error
			m.fate = func(write func() error) error {
				if land = write; !late {
					_ = write()
				}
				return context.DeadlineExceeded
			}
			if _, err := k.Claim(t.Context(), claimPost(1, "a")); err == nil {
				t.Fatal("an unclear claim was granted")
			}
			m.fate = func(write func() error) error {
				if late {
					_ = land()
				}
				return write()
			}
			_, err := k.Claim(t.Context(), claimPost(2, "a"))
			if late && !errors.Is(err, ErrLost) || !late && err != nil {
				t.Errorf("the next claim got %v", err)
			}
			if !late && !strings.Contains(m.text, `"gen":2`) {
				t.Errorf("the store holds %s", m.text)
			}
		})
	}
}

func TestARecordOfOthersIsNotWritten(t *testing.T) {
	theirs := `{"v":2,"own":{"i":"other"},"state":"PENDING","to":{"a":{"ref":"c/1"}}}`
	m := &memory{text: theirs}
	k := newKeeper(t, m, "a")
	if _, err := k.Claim(t.Context(), claimPost(1, "a")); err == nil {
		t.Error("the claim was granted")
	}
	k.Learn(func(r *record.Record) { r.Posted("b", []messenger.Ref{ref("1")}, "d", 0) })
	if _, err := k.Flush(t.Context()); !errors.Is(err, ErrForeign) {
		t.Errorf("got %v, want %v", err, ErrForeign)
	}
	if m.text != theirs || k.Relation() != record.Foreign {
		t.Errorf("the store holds %s", m.text)
	}
}

// TestARecordInMemoryTakesInWhatIsLearned covers one that the store does not know any more.
func TestARecordInMemoryTakesInWhatIsLearned(t *testing.T) {
	m := &memory{fate: func(func() error) error { return errors.New("the store was asked") }}
	k := newKeeper(t, m, "a")
	k.Detach()
	denied := record.Mark{State: accessrequest.Denied}
	k.See(record.Sighting{Mark: denied})
	k.Learn(func(r *record.Record) { r.Close(denied, r.To) })
	if _, err := k.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if r := k.Record(); r.Status != record.Closed || r.Mark != denied {
		t.Errorf("unexpected record %+v", r)
	}
}

func TestADamagedRecordIsRepaired(t *testing.T) {
	m := &memory{}
	k := newKeeper(t, m, "a")
	k.Learn(func(r *record.Record) { r.Posted("a", []messenger.Ref{ref("1")}, "d", 0) })
	if _, err := k.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.text = "garbage"
	k.Learn(func(r *record.Record) { r.Below("a", nil, 1, 0) })
	if _, err := k.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := record.Decode(m.text); err != nil || r.To["a"].Ref != "c/1" || r.To["a"].Replies != 1 || r.Status == record.Damaged {
		t.Errorf("the store holds %s", m.text)
	}
}

// contested is a store in which other writers win each compare-and-swap.
type contested struct{ writes atomic.Int64 }

func (c *contested) Load(context.Context, string) (string, error) {
	return fmt.Sprintf(`{"v":2,"exp":%d}`, c.writes.Load()), nil
}

func (c *contested) Swap(context.Context, string, string, string) error {
	c.writes.Add(1)
	runtime.Gosched()
	return fmt.Errorf("swapping: %w", accessrequest.ErrConflict)
}

// TestWhoGivesUpWaitingIsNotWrittenTo covers claims that are written together with that of
// another caller, and whose own callers wait no longer when that is refused. The race
// detector looks on.
func TestWhoGivesUpWaitingIsNotWrittenTo(t *testing.T) {
	k, err := New("r", "w", &contested{}, func() record.Owner { return record.Owner{} }, "")
	if err != nil {
		t.Fatal(err)
	}
	var gen atomic.Int64
	for range 100 {
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), rand.N(500*time.Microsecond))
				defer cancel()
				address := fmt.Sprint("a", gen.Add(1))
				_, err := k.Claim(ctx, func(r *record.Record) bool {
					r.Introduce(messenger.Address{ID: address}, "", record.Reviewer)
					return r.Claim(address, record.Claim{What: record.Post, Key: "k", By: "w", Gen: 1}, nil)
				})
				if err == nil {
					t.Error("a claim was granted although each write is refused")
				}
			})
		}
		callers.Wait()
	}
}
