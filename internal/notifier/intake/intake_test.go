package intake_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/announce"
	"github.com/accessnotifier/accessnotifier/internal/notifier/intake"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper/keepertest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recorder"
	"github.com/accessnotifier/accessnotifier/internal/notifier/registry"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// feed holds what Teleport has.
type feed map[string]accessrequest.Request

func (f feed) Get(id string) (accessrequest.Request, accessrequest.Presence) {
	if r, trails := f["list: "+id]; trails {
		return r, accessrequest.Present
	}
	r, ok := f[id]
	if _, gone := f["gone: "+id]; gone || !ok {
		return r, accessrequest.Unlisted
	}
	return r, accessrequest.Present
}

func (f feed) Refresh(_ context.Context, id string) error {
	if _, down := f["down"]; down {
		return errors.New("unavailable")
	}
	delete(f, "list: "+id)
	return nil
}

// list makes a list name a request that is another one in Teleport.
func (f feed) list(r accessrequest.Request) { f["list: "+r.ID] = r }

// records are those that a list finds.
type records struct {
	keepertest.Store
	all map[string]string
	// until is when lists begin to be answered.
	until time.Time
	// plugin is what another plugin has kept, after when lists of that begin to be answered.
	plugin map[string]map[string]string
	after  time.Time
}

func (r *records) LoadAll(context.Context) (map[string]string, error) {
	if time.Now().Before(r.until) {
		return nil, errors.New("unavailable")
	}
	return maps.Clone(r.all), nil
}

func (r *records) LoadPredecessor(context.Context) (map[string]map[string]string, error) {
	if time.Now().Before(r.after) {
		return nil, errors.New("unavailable")
	}
	return r.plugin, nil
}

// bench is an intake, and what it tells others.
type bench struct {
	*intake.Intake
	feed         feed
	records      records
	requests     *registry.Registry
	reads, fails atomic.Int32
	again        []string
}

func newBench() *bench {
	b := &bench{feed: feed{}, records: records{all: map[string]string{}}, requests: registry.New()}
	delays := timing.Timing{}.WithDefaults()
	b.Intake = intake.New(intake.Options{
		Log:      logr.Discard(),
		Feed:     b.feed,
		Records:  &b.records,
		Owner:    func() record.Owner { return record.Owner{Installation: "mine", Messenger: "Slack"} },
		Planner:  track.Planner{Writer: "me"},
		Timing:   delays,
		Requests: b.requests,
		Recorder: recorder.New(recorder.Options{
			Timing: delays, Announcer: announce.New(func(status.Notice) {}, (*messenger.Error).Error), Changed: func() {}, Again: func(string) {},
		}),
		Problems: func() map[string]*messenger.Error { return nil },
		Read:     func() { b.reads.Add(1) },
		Failed:   func() { b.fails.Add(1) },
		Again:    func(id string) { b.again = append(b.again, id) },
	})
	return b
}

// run lets the intake run while test does something.
func (b *bench) run(t *testing.T, test func()) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Run(ctx)
	}()
	test()
	stop()
	<-ended
}

// TestWhichRequestsAreTakenUp goes through what Teleport and the record say of a request.
func TestWhichRequestsAreTakenUp(t *testing.T) {
	const (
		open    = `{"v":2,"own":{"i":"mine","m":"Slack"},"state":"PENDING"}`
		closed  = `{"v":2,"own":{"i":"mine","m":"Slack"},"state":"APPROVED","closed":true}`
		foreign = `{"v":2,"own":{"i":"other","m":"Slack"},"state":"PENDING"}`
	)
	for name, tt := range map[string]struct {
		state  accessrequest.State
		dryRun bool
		text   string
		// told are the messages of another plugin, over is how they say that it ended.
		told, over string
		// restored is set where the record alone is reason enough.
		restored, taken bool
	}{
		"pending, new":                    {state: accessrequest.Pending, taken: true},
		"resolved, never announced":       {state: accessrequest.Approved},
		"a dry run":                       {state: accessrequest.Pending, dryRun: true},
		"pending, recorded":               {state: accessrequest.Pending, text: open, restored: true, taken: true},
		"gone, recorded":                  {text: open, restored: true, taken: true},
		"closed":                          {state: accessrequest.Approved, text: closed},
		"closed, but it has changed":      {state: accessrequest.Denied, text: closed, taken: true},
		"closed and gone":                 {text: closed},
		"of another installation":         {state: accessrequest.Pending, text: foreign},
		"a record that cannot be read":    {state: accessrequest.Pending, text: "{", restored: true, taken: true},
		"a dry run with a record":         {state: accessrequest.Pending, dryRun: true, text: open},
		"gone, with a record that is bad": {text: "{", restored: true, taken: true},

		"pending, told by another plugin":           {state: accessrequest.Pending, told: "C1/1", restored: true, taken: true},
		"pending, not told by it":                   {state: accessrequest.Pending, told: "carol@example.com/", taken: true},
		"pending, told by it as over":               {state: accessrequest.Pending, told: "C1/1", over: "DENIED", restored: true, taken: true},
		"resolved, told by it as pending":           {state: accessrequest.Approved, told: "C1/1", restored: true, taken: true},
		"resolved, told by it as such":              {state: accessrequest.Approved, told: "C1/1", over: "APPROVED"},
		"gone, told by it as pending":               {told: "C1/1", restored: true, taken: true},
		"gone, told by it as over":                  {told: "C1/1", over: "EXPIRED"},
		"a dry run, told by it":                     {state: accessrequest.Pending, dryRun: true, told: "C1/1"},
		"of another installation, told by it":       {state: accessrequest.Pending, text: foreign, told: "C1/1"},
		"closed, told by it, which has not seen it": {state: accessrequest.Approved, text: closed, told: "C1/1"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench()
				if tt.told != "" {
					b.records.plugin = map[string]map[string]string{"r1": {"messages": tt.told, "resolution": tt.over}}
				}
				if tt.state != "" {
					b.feed["r1"] = accessrequest.Request{ID: "r1", State: tt.state, DryRun: tt.dryRun}
				}
				if tt.text != "" {
					b.records.all["r1"] = tt.text
					if err := b.records.Swap(t.Context(), "r1", "", tt.text); err != nil {
						t.Fatal(err)
					}
				}
				b.run(t, func() {
					b.ReadAgain()
					synctest.Wait()
				})
				_, rests := b.requests.Resting("r1")
				if got := rests || b.requests.Get("r1") != nil; got != tt.restored {
					t.Errorf("restored from its record: %t, want %t", got, tt.restored)
				}
				got, again := b.Take(t.Context(), "r1")
				if (got != nil) != tt.taken || again != 0 {
					t.Errorf("taken up: %t, again after %s, want %t", got != nil, again, tt.taken)
				}
			})
		})
	}
}

// TestNothingIsKnownUntilTheRecordsWereRead covers a start while Teleport is away.
func TestNothingIsKnownUntilTheRecordsWereRead(t *testing.T) {
	testUnread(t, func(r *records, until time.Time) { r.until = until })
}

// TestNothingIsKnownUntilThePredecessorsWereRead covers one while the data of another plugin
// cannot be read: whom it has told must not be told again.
func TestNothingIsKnownUntilThePredecessorsWereRead(t *testing.T) {
	testUnread(t, func(r *records, until time.Time) { r.after = until })
}

func testUnread(t *testing.T, away func(r *records, until time.Time)) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		away(&b.records, time.Now().Add(10*time.Minute+time.Second))
		b.run(t, func() {
			b.ReadAgain()
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			select {
			case <-b.Known():
				t.Error("the records are known although they could not be read")
			default:
			}
			if b.reads.Load() != 0 || b.fails.Load() < 10 {
				t.Errorf("read %d times, failed %d times", b.reads.Load(), b.fails.Load())
			}
			time.Sleep(time.Minute)
			<-b.Known()
			b.ReadAgain()
			synctest.Wait()
		})
		if n := b.reads.Load(); n != 2 {
			t.Errorf("read %d times, want 2", n)
		}
	})
}

// TestWhatHadNoRoomIsStoredWithTheNextRead covers the records of an open request, of one that
// is closed, and of one to whose record another operator has added.
func TestWhatHadNoRoomIsStoredWithTheNextRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		approved := record.Mark{State: accessrequest.Approved}
		crowd := func(id string, closed bool) *track.Request {
			b.feed[id] = accessrequest.Request{ID: id, State: accessrequest.Pending}
			r, _ := b.Take(t.Context(), id)
			r.Keeper.Crowd()
			r.Keeper.Learn(func(r *record.Record) { r.Posted("a", []messenger.Ref{{Channel: "a", ID: id}}, "d", 0) })
			if closed {
				b.feed[id] = accessrequest.Request{ID: id, State: accessrequest.Approved}
				r.Keeper.See(record.Sighting{Mark: approved})
				known := r.Keeper.Record().To
				r.Keeper.Learn(func(r *record.Record) { r.Close(approved, known) })
				b.requests.Close(r)
			}
			return r
		}
		crowd("open", false)
		crowd("closed", true)
		crowd("other", true)
		theirs := `{"v":2,"own":{"i":"mine","m":"Slack"},"state":"APPROVED","closed":true,"to":{"b":{"ref":"b/1"}}}`
		if err := b.records.Swap(t.Context(), "other", "", theirs); err != nil {
			t.Fatal(err)
		}
		b.records.all["other"] = theirs
		b.run(t, func() {
			b.ReadAgain()
			synctest.Wait()
		})
		for _, id := range []string{"open", "closed", "other"} {
			text, _ := b.records.Load(t.Context(), id)
			r, err := record.Decode(text)
			if err != nil || r.To["a"].Ref != "a/"+id || (r.Status == record.Closed) != (id == "closed") || id == "other" && r.To["b"].Ref == "" {
				t.Errorf("the store holds of %s: %s", id, text)
			}
		}
		if c, closed := b.requests.ClosedAs("closed"); !closed || c.Kept != nil || c.Mark != approved {
			t.Errorf("the closed request is kept as %+v", c)
		}
		if b.requests.Get("open") == nil || b.requests.Get("other") == nil {
			t.Error("a request is not worked on of which something is left to do")
		}
		if slices.Sort(b.again); !slices.Equal(b.again, []string{"closed", "open", "other"}) {
			t.Errorf("looked again at %v", b.again)
		}
	})
}

// TestAViewThatGoesBackIsAskedForAgain covers requests that are closed, with a record or, as
// no recipient has heard of them, without one.
func TestAViewThatGoesBackIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		const id = "r1"
		b.feed[id] = accessrequest.Request{ID: id, State: accessrequest.Pending}
		r, _ := b.Take(t.Context(), id)
		denied := accessrequest.Request{ID: id, State: accessrequest.Denied}
		r.Show(track.Truth{Request: denied, Mark: track.MarkOf(denied), Certainty: track.Current}, accessrequest.Cluster{})
		b.requests.Close(r)
		trails := b.feed[id]
		b.feed[id] = denied
		b.feed.list(trails)
		b.feed["down"] = trails
		if r, again := b.Take(t.Context(), id); r != nil || again == 0 {
			t.Errorf("took up %v, again after %s, while Teleport cannot be asked", r, again)
		}
		delete(b.feed, "down")
		if r, again := b.Take(t.Context(), id); r != nil || again != 0 {
			t.Errorf("took up %v, again after %s, which is denied", r, again)
		}
		b.feed[id] = trails
		if r, _ := b.Take(t.Context(), id); r == nil {
			t.Error("did not take up what Teleport says when it is asked")
		}
	})
}

// TestADecisionIsShownOfARequestThatIsGone covers one that was closed, decided otherwise, and gone
// before its record could be read.
func TestADecisionIsShownOfARequestThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const closed = `{"v":2,"own":{"i":"mine","m":"Slack"},"state":"APPROVED","closed":true}`
		for state, taken := range map[accessrequest.State]bool{
			accessrequest.Approved: false, accessrequest.Denied: true, accessrequest.Pending: false,
		} {
			b := newBench()
			b.feed["r1"] = accessrequest.Request{ID: "r1", State: state}
			b.feed["gone: r1"] = accessrequest.Request{}
			b.records.all["r1"] = closed
			b.run(t, func() {
				b.ReadAgain()
				synctest.Wait()
			})
			if r, again := b.Take(t.Context(), "r1"); (r != nil) != taken || again != 0 {
				t.Errorf("%s when it was heard of last: taken up: %t, again after %s, want %t", state, r != nil, again, taken)
			}
		}
	})
}
