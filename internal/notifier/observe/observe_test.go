package observe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper/keepertest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/observe"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// feed is a view of one request.
type feed struct {
	request  accessrequest.Request
	presence accessrequest.Presence
	// refresh is what happens when Teleport is asked, nothing if it is nil.
	refresh   func(*feed) error
	refreshes int
}

func (f *feed) Get(string) (accessrequest.Request, accessrequest.Presence) {
	return f.request, f.presence
}

func (f *feed) Refresh(context.Context, string) error {
	f.refreshes++
	if f.refresh == nil {
		return nil
	}
	return f.refresh(f)
}

func (f *feed) Cluster() accessrequest.Cluster { return accessrequest.Cluster{Name: "prod"} }

func (f *feed) Describe(_ context.Context, r accessrequest.Request, _ time.Duration) (accessrequest.Request, bool) {
	return r, true
}

func (f *feed) show(r accessrequest.Request) { f.request, f.presence = r, accessrequest.Present }

// drop makes the request gone, which was heard or not.
func (f *feed) drop(heard bool) {
	f.request, f.presence = accessrequest.Request{}, accessrequest.Unlisted
	if heard {
		f.presence = accessrequest.Deleted
	}
}

// bench is an observer of one feed.
type bench struct {
	t     *testing.T
	feed  feed
	store keepertest.Store
	observe.Observer
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t}
	b.Observer = observe.Observer{Feed: &b.feed, Timing: timing.Timing{}.WithDefaults()}
	return b
}

// text is the record as it is stored.
func (b *bench) text() string {
	b.t.Helper()
	text, err := b.store.Load(b.t.Context(), "r1")
	if err != nil {
		b.t.Fatal(err)
	}
	return text
}

// track begins with the request as the store knows it.
func (b *bench) track() *track.Request {
	b.t.Helper()
	k, err := keeper.New("r1", "me", &b.store, func() record.Owner { return record.Owner{} }, b.text())
	if err != nil {
		b.t.Fatal(err)
	}
	return track.New("r1", k, track.Planner{Writer: "me"})
}

// record makes the store hold what is shown.
func (b *bench) record(t *track.Request) {
	b.t.Helper()
	t.Keeper.Learn(func(r *record.Record) { r.Introduce(messenger.Address{ID: "a"}, "", record.Reviewer) })
	if _, err := t.Keeper.Flush(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// settle observes until there is nothing to find out.
func (b *bench) settle(t *track.Request) {
	for range 10 {
		again := b.Observe(b.t.Context(), t)
		if again == 0 {
			return
		}
		time.Sleep(again)
	}
	b.t.Error("there is no end to it")
}

// lasting is a request with an hour to decide and two hours of access.
func lasting(state accessrequest.State) accessrequest.Request {
	now := time.Now()
	return accessrequest.Request{
		ID: "r1", User: "eve", State: state, Created: now,
		Expires: now.Add(time.Hour), AccessExpires: now.Add(2 * time.Hour),
	}
}

// TestAbsenceSaysNoMoreThanIsKnown covers how a request is gone, and when, for a process that
// saw it and for one that has read its record.
func TestAbsenceSaysNoMoreThanIsKnown(t *testing.T) {
	for _, tt := range []struct {
		name  string
		gone  time.Duration
		heard bool
		edit  func(*accessrequest.Request)
		want  accessrequest.State
	}{
		{name: "heard before its time", gone: 30 * time.Minute, heard: true, want: accessrequest.Removed},
		{name: "heard at its time", gone: time.Hour, heard: true, want: accessrequest.Expired},
		{name: "heard, no time known", gone: time.Hour, heard: true, want: accessrequest.Gone,
			edit: func(r *accessrequest.Request) { r.Expires, r.AccessExpires = time.Time{}, time.Time{} }},
		{name: "missed before its time", gone: 30 * time.Minute, want: accessrequest.Removed},
		{name: "missed after its time, access would go on", gone: 90 * time.Minute, want: accessrequest.Expired},
		{name: "missed after its access", gone: 150 * time.Minute, want: accessrequest.Gone},
		{name: "missed after its time, no access known", gone: 90 * time.Minute, want: accessrequest.Gone,
			edit: func(r *accessrequest.Request) { r.AccessExpires = time.Time{} }},
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, restarts %t", tt.name, restarts), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t)
					r := lasting(accessrequest.Pending)
					if tt.edit != nil {
						tt.edit(&r)
					}
					b.feed.show(r)
					request := b.track()
					b.Observe(t.Context(), request)
					b.record(request)
					if restarts {
						request = b.track()
					}
					time.Sleep(tt.gone)
					b.feed.drop(tt.heard)
					b.settle(request)
					if got := request.Truth(); got.Request.State != tt.want || got.Certainty != track.Ended || got.Retold != restarts {
						t.Errorf("shows %s with certainty %d, retold %t, want %s, ended", got.Request.State, got.Certainty, got.Retold, tt.want)
					}
				})
			})
		}
	}
}

// TestAViewThatContradictsTheRecordIsAskedForAgain covers a view that is older than what
// another operator has seen.
func TestAViewThatContradictsTheRecordIsAskedForAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		refresh func(*feed) error
		state   accessrequest.State
		want    track.Certainty
	}{
		"Teleport is away": {func(*feed) error { return errors.New("unavailable") }, accessrequest.Pending, track.Behind},
		"the view was late": {func(f *feed) error {
			f.request.State = accessrequest.Approved
			return nil
		}, accessrequest.Approved, track.Current},
		"the record is wrong": {func(*feed) error { return nil }, accessrequest.Pending, track.Current},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.feed.show(lasting(accessrequest.Approved))
				other := b.track()
				b.Observe(t.Context(), other)
				b.record(other)
				b.feed.show(lasting(accessrequest.Pending))
				b.feed.refresh = tt.refresh
				request := b.track()
				b.Observe(t.Context(), request)
				got := request.Truth()
				if got.Request.State != tt.state || got.Certainty != tt.want || b.feed.refreshes != 1 {
					t.Errorf("shows %s with certainty %d after %d questions, want %s with %d",
						got.Request.State, got.Certainty, b.feed.refreshes, tt.state, tt.want)
				}
				if behind := got.IsBehind(request.Keeper.Record().Mark); behind != (tt.want == track.Behind) {
					t.Errorf("is behind the record: %t", behind)
				}
			})
		})
	}
}

// TestWhatWasSeenOutlivesWhatWasConcludedWithoutIt covers a request of which one operator saw how
// it ended, before another one concluded that from its absence and recorded it first.
func TestWhatWasSeenOutlivesWhatWasConcludedWithoutIt(t *testing.T) {
	for state, missed := range map[accessrequest.State]time.Duration{
		accessrequest.Approved: 0,
		// By then it may have been approved as well, for all that the other one knows.
		accessrequest.Expired: 90 * time.Minute,
	} {
		t.Run(string(state), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.feed.show(lasting(accessrequest.Pending))
				witness := b.track()
				b.Observe(t.Context(), witness)
				b.record(witness)
				other := b.track()
				if state.Certainty() > accessrequest.Removed.Certainty() {
					b.feed.show(lasting(state))
				} else {
					time.Sleep(time.Hour)
					b.feed.drop(true)
				}
				b.Observe(t.Context(), witness)
				time.Sleep(missed)
				b.feed.drop(false)
				b.settle(other)
				b.record(other)
				if _, err := witness.Keeper.Adopt(b.text(), time.Now().Add(time.Nanosecond)); err != nil {
					t.Fatal(err)
				}
				b.feed.drop(true)
				b.settle(witness)
				b.record(witness)
				r, err := record.Decode(b.text())
				if concluded := other.Truth().Mark.State; err != nil || r.State != state || concluded == state || witness.Truth().IsBehind(r.Mark) {
					t.Errorf("the record says %v (%v) after %s, the witness shows %v", r.Mark, err, concluded, witness.Truth().Mark)
				}
			})
		})
	}
}

// TestWhatWasHeardToTheLastGoesBeforeTheRecord covers a decision that was changed, of a request that
// is gone by the time that its record can be read: two decisions cannot be told apart by it.
func TestWhatWasHeardToTheLastGoesBeforeTheRecord(t *testing.T) {
	for presence, want := range map[accessrequest.Presence]accessrequest.State{
		accessrequest.Deleted: accessrequest.Denied, accessrequest.Unlisted: accessrequest.Approved,
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.feed.show(lasting(accessrequest.Approved))
			before := b.track()
			b.Observe(t.Context(), before)
			b.record(before)
			b.feed.show(lasting(accessrequest.Denied))
			b.feed.presence = presence
			after := b.track()
			b.settle(after)
			b.record(after)
			r, err := record.Decode(b.text())
			if err != nil || r.State != want || after.Truth().IsBehind(r.Mark) {
				t.Errorf("shows %v, the record says %v (%v), want %s", after.Truth().Mark, r.Mark, err, want)
			}
		})
	}
}

// TestAMissedRequestIsAskedForTwice covers a list that trails behind the events.
func TestAMissedRequestIsAskedForTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		r := lasting(accessrequest.Pending)
		b.feed.show(r)
		request := b.track()
		b.Observe(t.Context(), request)
		b.record(request)
		b.feed.drop(false)
		if again := b.Observe(t.Context(), request); again != b.Timing.AbsenceDelay || request.Truth().Certainty != track.Current {
			t.Errorf("asked again after %s, shows %+v", again, request.Truth())
		}
		b.feed.refresh = func(f *feed) error { f.show(r); return nil }
		time.Sleep(b.Timing.AbsenceDelay)
		b.Observe(t.Context(), request)
		b.Observe(t.Context(), request)
		if got := request.Truth(); got.Certainty != track.Current || b.feed.refreshes != 2 {
			t.Errorf("shows %+v after %d questions", got, b.feed.refreshes)
		}
	})
}

// TestWhatIsGoneIsAskedForNoMore covers a record that still says less than what is shown, for
// its message cannot be edited, and one in which another operator notes a view meanwhile.
func TestWhatIsGoneIsAskedForNoMore(t *testing.T) {
	for _, heard := range []bool{true, false} {
		t.Run(fmt.Sprintf("heard %t", heard), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				r := lasting(accessrequest.Pending)
				b.feed.show(r)
				request, other := b.track(), b.track()
				b.Observe(t.Context(), request)
				b.record(request)
				b.feed.drop(heard)
				b.settle(request)
				asked := b.feed.refreshes
				b.feed.drop(false)
				b.settle(request)
				if b.feed.refreshes != asked || request.Truth().Certainty != track.Ended {
					t.Errorf("asked %d times for what was believed to be gone, shows %+v", b.feed.refreshes-asked, request.Truth())
				}
				r.Reviews = []accessrequest.Review{{Author: "rev"}}
				b.feed.show(r)
				b.Observe(t.Context(), other)
				b.record(other)
				if _, err := request.Keeper.Adopt(b.text(), time.Now().Add(time.Nanosecond)); err != nil {
					t.Fatal(err)
				}
				b.feed.drop(false)
				b.settle(request)
				if b.feed.refreshes != asked+2 {
					t.Errorf("asked %d times for what another operator has seen, want 2", b.feed.refreshes-asked)
				}
			})
		})
	}
}
