package intake

import (
	"cmp"
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// ReadAgain asks for the records to be read again.
func (i *Intake) ReadAgain() { i.due.Give() }

// Run reads the records each time that it is asked for, until ctx ends.
func (i *Intake) Run(ctx context.Context) {
	for first := true; ; first = false {
		select {
		case <-ctx.Done():
			return
		case <-i.due:
		}
		for wait := i.read(ctx); wait > 0; wait = i.read(ctx) {
			i.options.Failed()
			if !backoff.Sleep(ctx, wait) {
				return
			}
		}
		if first {
			close(i.known)
		}
		i.options.Read()
		i.retry(ctx)
	}
}

// retry has records stored for which there was no room. What this process did meanwhile is
// known to no other one, and would be lost with it.
func (i *Intake) retry(ctx context.Context) {
	for _, t := range i.options.Requests.Crowded() {
		if i.options.Recorder.Retry(ctx, t) {
			i.options.Requests.Reconsider(t)
			i.options.Again(t.ID)
		}
	}
}

// read reads the records, and returns when to try again if it could not.
func (i *Intake) read(ctx context.Context) (again time.Duration) {
	return i.options.Recorder.Read(i.readAll(ctx))
}

// readAll reads the records: of requests that are worked on because another operator may
// have written them, of others because there may be something to do.
func (i *Intake) readAll(ctx context.Context) error {
	began := time.Now()
	records, err := i.options.Records.LoadAll(ctx)
	if err != nil {
		return err
	}
	inherited, err := i.inherited(ctx, records)
	if err != nil {
		return err
	}
	foreign := map[string]bool{}
	for id, text := range records {
		if i.restore(id, text, began) == record.Foreign {
			foreign[id] = true
		}
	}
	for id, text := range inherited {
		i.inherit(id, text)
		records[id] = text
	}
	i.options.Requests.Foreigners(foreign)
	i.giveUpForgotten(records)
	i.options.Requests.Forget(func(id string) bool {
		_, recorded := records[id]
		_, presence := i.options.Feed.Get(id)
		return recorded || presence == accessrequest.Present
	})
	return nil
}

// restore takes over the record of a request, which was read after began, and tells whose
// it is.
func (i *Intake) restore(id, text string, began time.Time) record.Relation {
	if relation, known := i.refresh(id, text, began); known {
		return relation
	}
	requests := i.options.Requests
	r, err := record.Decode(text)
	relation := r.Owner.Relation(i.options.Owner())
	closed, wasClosed := requests.ClosedAs(id)
	switch request, presence := i.options.Feed.Get(id); {
	case relation == record.Foreign, request.DryRun:
	case relation == record.Former && (presence != accessrequest.Present || request.State.Resolved()):
		// Its messages are out of reach.
	case wasClosed && closed.Kept != nil:
		// This process knows more, and tries to store that.
	case relation == record.Own && err == nil && r.Status == record.Closed:
		requests.NoteClosed(id, r.Mark, began)
	case wasClosed && !closed.At.Before(began):
		// The record was read before it was closed.
	default:
		// There may be tens of thousands. Each is looked at in its turn. The feed has the id of
		// most already.
		requests.Lay(cmp.Or(request.ID, id), read(text))
	}
	return relation
}

// refresh takes over the record of a request that is worked on, or rests, and tells whose it
// is.
func (i *Intake) refresh(id, text string, began time.Time) (relation record.Relation, known bool) {
	requests := i.options.Requests
	for t := requests.Get(id); t != nil; t = requests.Get(id) {
		if _, err := t.Keeper.Adopt(text, began); err != nil {
			i.options.Log.Info("Found a damaged record and will repair it", "request", id)
		}
		if requests.Get(id) == t {
			return t.Keeper.Relation(), true
		}
	}
	have, rests := requests.Resting(id)
	switch {
	case !rests:
		return 0, false
	case have.Text == text, !have.At.Before(began):
		return record.Own, true
	default:
		return requests.Open(i.track(id, read(text))).Keeper.Relation(), true
	}
}

// giveUpForgotten gives up on addresses that cannot work for requests that Teleport has
// forgotten together with their records. No other process would know of them.
func (i *Intake) giveUpForgotten(records map[string]string) {
	problems := i.options.Problems()
	for _, t := range i.options.Requests.All() {
		if _, recorded := records[t.ID]; !recorded {
			t.GiveUp(problems)
		}
	}
}
