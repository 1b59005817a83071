// Package intake takes access requests up to be worked on: those that Teleport names, and
// those that only records name.
//
// It knows which requests are none of this notifier's business, because others wrote their
// records, and which were finished with and have not changed since.
package intake

import (
	"context"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recorder"
	"github.com/accessnotifier/accessnotifier/internal/notifier/registry"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/signal"
)

// Feed is a live view of the access requests of one Teleport cluster.
type Feed interface {
	// Get returns the latest known state of a request, and whether Teleport has it.
	Get(id string) (accessrequest.Request, accessrequest.Presence)
	// Refresh asks Teleport for one request: what Get says afterwards is as new as the answer.
	Refresh(ctx context.Context, id string) error
}

// Records keeps one text per access request, outside of this process.
type Records interface {
	keeper.Store
	// LoadAll returns all records by request id.
	LoadAll(ctx context.Context) (map[string]string, error)
	// LoadPredecessor returns what another plugin has kept whose messages are to be kept
	// true from now on, by request id; nothing if there is none.
	LoadPredecessor(ctx context.Context) (map[string]map[string]string, error)
}

// Options is what an Intake is made of.
type Options struct {
	Log     logr.Logger
	Feed    Feed
	Records Records
	// Owner tells whose the records of this notifier are, as far as is known.
	Owner    func() record.Owner
	Planner  track.Planner
	Timing   timing.Timing
	Requests *registry.Registry
	Recorder *recorder.Recorder
	// Problems returns why addresses refuse messages.
	Problems func() map[string]*messenger.Error
	// Read is called each time after the records have been read, Failed when they could
	// not be.
	Read, Failed func()
	// Again has a request looked at again.
	Again func(id string)
}

// Intake takes requests up. Make one with New.
type Intake struct {
	options Options
	// known is closed when the records have been read once, due is given when they have to
	// be read again.
	known chan struct{}
	due   signal.Signal
}

// New makes an Intake. It takes nothing up until the records were read.
func New(o Options) *Intake {
	return &Intake{options: o, known: make(chan struct{}), due: signal.New()}
}

// Known is closed when the records have been read once.
func (i *Intake) Known() <-chan struct{} { return i.known }

// Take returns the request as it is worked on, beginning with it if it is new or has
// changed since it was closed; nil if there is nothing to do, or not before again.
func (i *Intake) Take(ctx context.Context, id string) (t *track.Request, again time.Duration) {
	requests := i.options.Requests
	request, presence := i.options.Feed.Get(id)
	if known, rests := requests.Resting(id); rests {
		requests.Open(i.track(id, known))
	}
	if t = i.open(id, presence == accessrequest.Present && request.DryRun); t != nil {
		return t, 0
	}
	if requests.IsForeign(id) {
		return nil, 0
	}
	if closed, wasClosed := requests.ClosedAs(id); wasClosed {
		return i.again(ctx, id, closed)
	}
	if presence != accessrequest.Present || request.DryRun || request.State.Resolved() {
		return nil, 0
	}
	return requests.Open(i.track(id, keeper.Snapshot{})), 0
}

// again is Take for a request that was closed. One that was decided otherwise before it was gone
// is shown as such.
func (i *Intake) again(ctx context.Context, id string, closed registry.Closing) (t *track.Request, again time.Duration) {
	request, presence := i.options.Feed.Get(id)
	if presence == accessrequest.Present && track.MarkOf(request).Before(closed.Mark) {
		// A list may trail, and there may be no record that says more.
		if i.options.Feed.Refresh(ctx, id) != nil {
			return nil, i.options.Timing.RetryCap
		}
		request, presence = i.options.Feed.Get(id)
	}
	decided := request.ID != "" && request.State.Resolved()
	switch {
	case presence != accessrequest.Present && !decided, request.DryRun, closed.Mark == track.MarkOf(request):
		return nil, 0
	case closed.Kept != nil:
		return i.options.Requests.Open(closed.Kept), 0
	default:
		return i.reopen(ctx, id)
	}
}

// open returns the request as it is worked on, nil if it is not, or is none of this notifier's
// business any more.
func (i *Intake) open(id string, dryRun bool) *track.Request {
	t := i.options.Requests.Get(id)
	switch {
	case t == nil:
		return nil
	case t.Keeper.Relation() == record.Foreign:
		i.options.Requests.NoteForeign(t)
		return nil
	case dryRun:
		i.options.Requests.Close(t)
		return nil
	default:
		return t
	}
}

// reopen begins with a request that has changed since it was closed.
func (i *Intake) reopen(ctx context.Context, id string) (*track.Request, time.Duration) {
	if wait := i.options.Recorder.Wait(); wait > 0 {
		return nil, wait
	}
	text, err := i.store().Load(ctx, id)
	if err != nil {
		return nil, i.options.Recorder.Failed(err)
	}
	return i.options.Requests.Open(i.track(id, read(text))), 0
}

// read is the record that the store has just said to hold.
func read(text string) keeper.Snapshot { return keeper.Snapshot{Text: text, At: time.Now()} }

// track makes a request of its record.
func (i *Intake) track(id string, known keeper.Snapshot) *track.Request {
	return i.trackIn(i.store(), id, known)
}

func (i *Intake) trackIn(store keeper.Store, id string, known keeper.Snapshot) *track.Request {
	k, err := keeper.Resume(id, i.options.Planner.Writer, store, i.options.Owner, known)
	if err != nil {
		i.options.Log.Info("Found a damaged record and will repair it", "request", id)
	}
	return track.New(id, k, i.options.Planner)
}

// store is the store of records, each call of which is bounded in time.
func (i *Intake) store() keeper.Store {
	return recorder.Timed{Store: i.options.Records, Timeout: i.options.Timing.StoreTimeout}
}
