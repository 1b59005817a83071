package registry_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper/keepertest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/registry"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// told is the record of a request that waits for a decision, of which the address "a" was told.
const told = `{"v":2,"own":{"m":"pigeon"},"state":"PENDING","to":{"a":{"ref":"c/1"}}}`

// pendingRequest is one of which all is known that there is to know.
func pendingRequest(t *testing.T, text string) *track.Request {
	t.Helper()
	owner := func() record.Owner { return record.Owner{Messenger: "pigeon"} }
	k, err := keeper.New("r1", "me", &keepertest.Store{}, owner, text)
	if err != nil {
		t.Fatal(err)
	}
	r := track.New("r1", k, track.Planner{Can: plan.CanFind, Writer: "me"})
	request := accessrequest.Request{ID: "r1", User: "eve", State: accessrequest.Pending}
	r.Show(track.Truth{Request: request, Mark: track.MarkOf(request), Certainty: track.Current}, accessrequest.Cluster{})
	r.Invite(track.Audience{Extent: track.Whole, Guests: []track.Guest{{To: messenger.Address{ID: "a"}, Name: "a"}}}, true, nil)
	return r
}

// TestWhatWaitsForADecisionRests covers what is kept of a request of which nothing is due, and
// that no call begins for it until it is opened again.
func TestWhatWaitsForADecisionRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, began := registry.New(), time.Now()
		r := all.Open(pendingRequest(t, told))
		recipient := routing.Recipient{Name: "a"}
		all.WaitFor("r1", []routing.Recipient{recipient})
		time.Sleep(time.Second)
		all.Rest(r)
		known, rests := all.Resting("r1")
		if !rests || known.Text != told || !known.At.Equal(began) || all.Get("r1") != nil || len(all.Rested()) != 1 {
			t.Fatalf("rests: %t, as %+v", rests, known)
		}
		if got := all.Concerned(recipient); len(got) != 1 {
			t.Errorf("the recipient concerns %v", got)
		}
		if r.Begin("a") != nil {
			t.Error("a call has begun")
		}
		again := all.Open(pendingRequest(t, known.Text))
		if _, rests := all.Resting("r1"); rests || all.Get("r1") != again || len(all.Rested()) != 0 {
			t.Error("it still rests")
		}
	})
}

// TestARecordThatWasReadRestsUntilItIsLookedAt covers those that a process finds when it starts.
func TestARecordThatWasReadRestsUntilItIsLookedAt(t *testing.T) {
	all := registry.New()
	all.NoteClosed("r1", record.Mark{State: accessrequest.Denied}, time.Now())
	all.Lay("r1", keeper.Snapshot{Text: told})
	if _, closed := all.ClosedAs("r1"); closed || len(all.Rested()) != 1 || len(all.All()) > 0 {
		t.Errorf("closed: %t, resting: %v", closed, all.Rested())
	}
	r := all.Open(pendingRequest(t, told))
	all.Lay("r1", keeper.Snapshot{Text: "older"})
	if len(all.Rested()) > 0 || all.Get("r1") != r {
		t.Error("a request that is worked on rests")
	}
}

// TestWhatOnlyThisProcessKnowsIsKept covers requests that do not rest.
func TestWhatOnlyThisProcessKnowsIsKept(t *testing.T) {
	for name, tt := range map[string]struct {
		text   string
		change func(*track.Request)
	}{
		"a claim": {`{"v":2,"own":{"m":"pigeon"},"state":"PENDING","to":{"a":{"ref":"c/1","edit":{"do":"edit","by":"other","gen":1}}}}`, nil},
		"something that is stored not yet": {told, func(r *track.Request) {
			r.Keeper.Learn(func(have *record.Record) { have.Introduce(messenger.Address{ID: "b"}, "b", record.Reviewer) })
		}},
		"another plugin's data": {`{"v":2,"state":"PENDING","to":{"a":{"ref":"c/1"}}}`, nil},
		"a doubt":               {told, func(r *track.Request) { r.Doubt.Missed = time.Now() }},
		"a failure to store":    {told, func(r *track.Request) { r.NoteFailure(accessrequest.ErrConflict) }},
		"a recipient that does not work": {told, func(r *track.Request) {
			r.Invite(track.Audience{Extent: track.Whole, Unresolved: 1}, true, nil)
		}},
		"a decision": {told, func(r *track.Request) {
			request := accessrequest.Request{ID: "r1", User: "eve", State: accessrequest.Denied}
			r.Show(track.Truth{Request: request, Mark: track.MarkOf(request), Certainty: track.Current}, accessrequest.Cluster{})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			all := registry.New()
			r := all.Open(pendingRequest(t, tt.text))
			if tt.change != nil {
				tt.change(r)
			}
			all.Rest(r)
			if all.Get("r1") != r || len(all.Rested()) > 0 {
				t.Error("it rests")
			}
		})
	}
}

// TestRecordsThatAreLikeOthersRest covers that each record comes back as it was, whichever was
// kept before it.
func TestRecordsThatAreLikeOthersRest(t *testing.T) {
	all := registry.New()
	record := func(i int) string {
		if i%5 == 4 {
			return strings.Repeat("unlike the others ", i)
		}
		return fmt.Sprintf(`{"v":2,"own":{"m":"pigeon"},"state":"PENDING","req":{"user":"user-%d"},"to":{"a":{"ref":"c/%d"}}}`, i, i*7)
	}
	at := time.Now()
	for i := range 100 {
		all.Lay(fmt.Sprint(i), keeper.Snapshot{Text: record(i), At: at.Add(time.Duration(i))})
	}
	for i := range 100 {
		if known, rests := all.Resting(fmt.Sprint(i)); !rests || known.Text != record(i) || !known.At.Equal(at.Add(time.Duration(i))) {
			t.Errorf("%d is kept as %+v", i, known)
		}
	}
	if known, rests := all.Resting("100"); rests || known != (keeper.Snapshot{}) {
		t.Errorf("got %+v of a request that does not rest", known)
	}
}
