package track_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper/keepertest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// newRequest is one that is worked on, of which the record is given.
func newRequest(t *testing.T, id, text string) *track.Request {
	t.Helper()
	k, err := keeper.New(id, "me", &keepertest.Store{}, func() record.Owner { return record.Owner{} }, text)
	if err != nil {
		t.Fatal(err)
	}
	return track.New(id, k, track.Planner{Can: plan.CanEdit | plan.CanFind, Writer: "me"})
}

// show makes Teleport's own view of a request what is to be shown.
func show(r *track.Request, state accessrequest.State) {
	request := accessrequest.Request{ID: r.ID, User: "eve", State: state}
	r.Show(track.Truth{Request: request, Mark: track.MarkOf(request), Certainty: track.Current}, accessrequest.Cluster{})
}

// invite makes addresses all that should hear of a pending request.
func invite(r *track.Request, extent track.Extent, addresses ...string) {
	found := track.Audience{Extent: extent}
	for _, id := range addresses {
		found.Guests = append(found.Guests, track.Guest{To: messenger.Address{ID: id}, Name: id})
	}
	r.Invite(found, true, nil)
}

// posted has a request learn that an address was told, and what it was shown.
func posted(r *track.Request, address string) {
	r.Keeper.Learn(func(have *record.Record) {
		have.Posted(address, []messenger.Ref{{Channel: address, ID: "1"}}, "d", 0)
	})
}

// TestEachGuestIsToldOnce covers the jobs of a request, and the one call that each address has
// at a time.
func TestEachGuestIsToldOnce(t *testing.T) {
	r := newRequest(t, "r1", "")
	show(r, accessrequest.Pending)
	invite(r, track.Whole, "a", "b")
	jobs, again, _ := r.Next()
	if len(jobs) != 2 || again != 0 || jobs[0].Method != dispatch.Post || jobs[0].Requester != "eve" {
		t.Errorf("got the jobs %+v, again after %s", jobs, again)
	}
	w := r.Begin("a")
	if w == nil || r.Begin("a") != nil || r.Begin("b") == nil || r.Begin("c") != nil {
		t.Fatal("want one call at each address of a guest")
	}
	w.End()
	next := r.Begin("a")
	if next == nil {
		t.Fatal("a call that has ended keeps the next one from being made")
	}
	// It was ended before: this is about the call that went on in its place.
	if w.End(); r.Begin("a") != nil {
		t.Error("the end of a call before ended the one that is under way")
	}
	posted(r, "a")
	if next.End(); r.Begin("a") == nil {
		t.Error("a message that shows something else is not edited")
	}
}

// TestTheRulesSayWhoIsWanted covers recipients that are not named any more.
func TestTheRulesSayWhoIsWanted(t *testing.T) {
	for name, tt := range map[string]struct {
		extent track.Extent
		jobs   int
	}{
		"all are known":          {track.Whole, 1},
		"some are not known yet": {track.Partial, 2},
	} {
		r := newRequest(t, "r1", "")
		show(r, accessrequest.Pending)
		invite(r, track.Whole, "a", "b")
		invite(r, tt.extent, "b")
		if jobs, _, _ := r.Next(); len(jobs) != tt.jobs {
			t.Errorf("%s: %d jobs, want %d", name, len(jobs), tt.jobs)
		}
	}
}

// TestANewRecipientHasNotWaitedSinceTheRequestWasMade covers what is counted once rules name more
// recipients than before.
func TestANewRecipientHasNotWaitedSinceTheRequestWasMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRequest(t, "r1", "")
		heard := time.Now()
		show(r, accessrequest.Pending)
		time.Sleep(time.Minute)
		invite(r, track.Whole, "a")
		if got := r.Count().Oldest.Since; !got.Equal(heard) {
			t.Errorf("found a minute later, waits since %s", got.Sub(heard))
		}
		w := r.Begin("a")
		r.Keeper.Learn(func(have *record.Record) {
			have.Posted("a", []messenger.Ref{{Channel: "a", ID: "1"}}, w.Digest, 0)
		})
		w.End()
		for _, named := range [][]string{{"a", "b"}, {"a"}, {"a", "b"}} {
			time.Sleep(time.Hour)
			changed := time.Now()
			invite(r, track.Whole, named...)
			time.Sleep(time.Minute)
			invite(r, track.Whole, named...)
			w := r.Begin("b")
			if len(named) == 1 {
				if got := r.Count().Oldest.Since; !got.IsZero() || w != nil {
					t.Errorf("none waits, since %s", got.Sub(heard))
				}
				continue
			}
			if got := r.Count().Oldest.Since; !got.Equal(changed) || !w.Heard().Equal(changed) {
				t.Errorf("named after %s, waits since %s", changed.Sub(heard), got.Sub(heard))
			}
			w.End()
		}
		show(r, accessrequest.Approved)
		if got := r.Count().Oldest.Since; !got.Equal(time.Now()) {
			t.Errorf("decided now, waits since %s", got.Sub(heard))
		}
	})
}

// TestARequestIsUnannouncedOnlyOnceThatIsKnown covers what the owner reads of a request.
func TestARequestIsUnannouncedOnlyOnceThatIsKnown(t *testing.T) {
	for name, tt := range map[string]struct {
		found track.Audience
		want  track.Counts
	}{
		"nothing known":          {track.Audience{}, track.Counts{Open: true}},
		"looked up":              {track.Audience{Extent: track.Partial}, track.Counts{Open: true}},
		"no recipient":           {track.Audience{Extent: track.Whole}, track.Counts{Open: true, Unannounced: true}},
		"a recipient is broken":  {track.Audience{Extent: track.Whole, Unresolved: 1}, track.Counts{Open: true, Undelivered: 1}},
		"a recipient is to hear": {track.Audience{Extent: track.Whole, Guests: []track.Guest{{To: messenger.Address{ID: "a"}}}}, track.Counts{Open: true, Undelivered: 1}},
	} {
		r := newRequest(t, "r1", "")
		show(r, accessrequest.Pending)
		r.Invite(tt.found, true, nil)
		got := r.Count()
		same := got.Open == tt.want.Open && got.Unannounced == tt.want.Unannounced && got.Undelivered == tt.want.Undelivered
		if !same || len(got.Failing) > 0 || got.Failure != nil || got.RuleFailure != nil {
			t.Errorf("%s: got %+v, want %+v", name, got, tt.want)
		}
	}
}

// TestADecidedRequestIsClosedOnceAllAreShownIt covers what is left to do after a decision.
func TestADecidedRequestIsClosedOnceAllAreShownIt(t *testing.T) {
	r := newRequest(t, "r1", "")
	show(r, accessrequest.Pending)
	invite(r, track.Whole, "a")
	posted(r, "a")
	show(r, accessrequest.Approved)
	if r.Close() {
		t.Error("closed although a message shows another state")
	}
	w := r.Begin("a")
	if w == nil || w.Decision.Action != plan.Edit {
		t.Fatalf("got the call %+v, want an edit", w)
	}
	claim := record.Claim{What: record.Edit, By: "me", Gen: 1}
	r.Keeper.Learn(func(have *record.Record) {
		have.Claim("a", claim, nil)
		have.Edited("a", claim, w.Entry, w.Digest)
	})
	if r.Close() {
		t.Error("closed while a call is under way")
	}
	w.End()
	if _, err := r.Keeper.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !r.Close() || r.Keeper.Record().Status != record.Closed || !r.Closed() {
		t.Errorf("not closed: %+v", r.Keeper.Record())
	}
}

// TestAFollowUpOfAnotherOperatorIsEdited covers what is remembered of a message that could not be
// edited: it says nothing of the one that another operator has posted in its place.
func TestAFollowUpOfAnotherOperatorIsEdited(t *testing.T) {
	r := newRequest(t, "r1", "")
	show(r, accessrequest.Pending)
	invite(r, track.Whole, "a")
	posted(r, "a")
	w := r.Begin("a")
	w.Remember(func(d *track.Delivery) {
		d.Memory.End, d.Memory.Thread, d.Memory.Tried = plan.Final, plan.Closed, plan.UnknownDigest
	})
	w.End()
	if next := r.Begin("a"); next.Decision.Action != plan.Follow {
		t.Fatalf("got %+v of a message that cannot be edited", next.Decision)
	} else {
		next.End()
	}
	r.Keeper.Learn(func(have *record.Record) {
		have.Followed("a", w.Entry.Ref, []messenger.Ref{{Channel: "a", ID: "2"}}, w.Digest)
	})
	invite(r, track.Whole, "a")
	if jobs, _, idle := r.Next(); len(jobs) > 0 || !idle {
		t.Errorf("got the jobs %+v, want none: it shows the state", jobs)
	}
	show(r, accessrequest.Approved)
	if next := r.Begin("a"); next == nil || next.Decision.Action != plan.Edit {
		t.Errorf("got %+v, want an edit", next)
	}
}

// TestWhatIsRetoldTakesThePlaceOfNothingBetter covers a request that is known from its record
// only, whose message shows its state, or an earlier one.
func TestWhatIsRetoldTakesThePlaceOfNothingBetter(t *testing.T) {
	for shows, edits := range map[accessrequest.State]bool{accessrequest.Pending: true, accessrequest.Denied: false} {
		r := newRequest(t, "r1", "")
		known := accessrequest.Request{
			ID: "r1", User: "eve", State: shows,
			Reviews: []accessrequest.Review{{Author: "amy", State: accessrequest.Denied}},
		}
		digest := message.New(known, accessrequest.Cluster{}).Digest()
		r.Keeper.Learn(func(have *record.Record) {
			have.Posted("a", []messenger.Ref{{Channel: "a", ID: "1"}}, digest, 1)
		})
		retold := accessrequest.Request{ID: "r1", User: "eve", State: accessrequest.Denied}
		mark := record.Mark{State: accessrequest.Denied, Reviews: 1}
		r.Show(track.Truth{Request: retold, Mark: mark, Certainty: track.Ended, Retold: true}, accessrequest.Cluster{})
		r.Invite(track.Audience{}, false, nil)
		if jobs, _, _ := r.Next(); (len(jobs) == 1) != edits {
			t.Errorf("%d calls are due for a message that shows %s", len(jobs), shows)
		}
	}
}

// TestAFailureToStoreIsNews covers when the owner sees it: at once as what holds a message up,
// and later as trouble with Teleport.
func TestAFailureToStoreIsNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRequest(t, "r1", "")
		down := errors.New("unavailable")
		for i, tt := range []struct {
			err  error
			news bool
		}{{nil, false}, {down, true}, {down, false}, {down, true}, {down, false}, {nil, true}, {nil, false}} {
			if got := r.NoteFailure(tt.err); got != tt.news {
				t.Errorf("%d: %v is news: %t, want %t", i, tt.err, got, tt.news)
			}
			// Those that waited for one write hear of its failure at once.
			if r.NoteFailure(tt.err) {
				t.Errorf("%d: %v is news twice", i, tt.err)
			}
			time.Sleep(track.Patience / 2)
		}
		r.NoteFailure(down)
		time.Sleep(time.Minute)
		if r.NoteFailure(down); r.Failing() != time.Minute {
			t.Errorf("failing for %s, want a minute", r.Failing())
		}
		if r.LostBefore() || !r.LostBefore() {
			t.Error("a claim is lost again and again only the second time")
		}
	})
}

// TestAnAddressThatBecomesKnownIsNoOther covers one that is known by its name when the request is
// made, and is told later, while it is not known of all who should hear. A claim has no part in it.
func TestAnAddressThatBecomesKnownIsNoOther(t *testing.T) {
	for _, recorded := range []bool{false, true} {
		r := newRequest(t, "r1", "")
		show(r, accessrequest.Pending)
		invite(r, track.Partial, "ops", "dev")
		if recorded {
			// Another operator knows the address.
			r.Keeper.Learn(func(have *record.Record) { have.Introduce(messenger.Address{ID: "c1"}, "ops", record.Reviewer) })
		}
		known := track.Audience{Extent: track.Partial, Guests: []track.Guest{{To: messenger.Address{ID: "c1"}, Name: "ops"}}}
		r.Invite(known, true, nil)
		if jobs, _, _ := r.Next(); len(jobs) != 2 || r.Begin("ops") != nil || r.Begin("c1") == nil {
			t.Errorf("recorded: %t: the jobs are %+v, want one for the address, and one for the other", recorded, jobs)
		}
	}
}

// TestNoAddressIsMadeBesideOneThatIsBusy covers one that becomes known while it is told by its
// name.
func TestNoAddressIsMadeBesideOneThatIsBusy(t *testing.T) {
	r := newRequest(t, "r1", "")
	show(r, accessrequest.Pending)
	invite(r, track.Partial, "ops")
	w := r.Begin("ops")
	known := func() track.Audience {
		return track.Audience{Extent: track.Whole, Guests: []track.Guest{{To: messenger.Address{ID: "c1"}, Name: "ops"}}}
	}
	r.Invite(known(), true, nil)
	if r.Begin("c1") != nil {
		t.Error("told twice at a time")
	}
	w.End()
	r.Invite(known(), true, nil)
	if r.Begin("c1") == nil {
		t.Error("not told once it is not busy")
	}
}
