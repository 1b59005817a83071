package intake

import (
	"context"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/predecessor"
)

// inherited returns what to begin with where there is no record, by request id: the messages
// that another plugin has posted, as a record would name them. It reads them all at once.
func (i *Intake) inherited(ctx context.Context, records map[string]string) (map[string]string, error) {
	all, err := i.options.Records.LoadPredecessor(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for id, data := range all {
		if records[id] != "" {
			continue
		}
		if told := predecessor.Parse(data); i.unfinished(id, told) {
			found[id] = told.Record().Encode()
		}
	}
	return found, nil
}

// unfinished reports whether the messages about a request are to be kept true. Where the
// other plugin has shown how it ended, they are, unless it is pending all the same.
func (i *Intake) unfinished(id string, told predecessor.Told) bool {
	request, presence := i.options.Feed.Get(id)
	switch {
	case len(told.Messages) == 0 || request.DryRun:
		return false
	case presence == accessrequest.Present && request.State == accessrequest.Pending:
		return true
	default:
		return !told.Resolved
	}
}

// inherit begins with a request of which only another plugin has told, unless it is worked on
// already: this notifier's own record wins.
func (i *Intake) inherit(id, text string) {
	requests := i.options.Requests
	_, closed := requests.ClosedAs(id)
	if _, rests := requests.Resting(id); closed || rests || requests.Get(id) != nil {
		return
	}
	i.options.Log.Info("Going on with the messages of another plugin", "request", id)
	requests.Open(i.trackIn(inheritance{i.store(), text}, id, read(text)))
}

// inheritance is a store in which one text stands for a record that is not there.
type inheritance struct {
	keeper.Store
	text string
}

// Load implements keeper.Store.
func (s inheritance) Load(ctx context.Context, id string) (string, error) {
	text, err := s.Store.Load(ctx, id)
	if err == nil && text == "" {
		text = s.text
	}
	return text, err
}

// Swap implements keeper.Store.
func (s inheritance) Swap(ctx context.Context, id, old, text string) error {
	if old == s.text {
		old = ""
	}
	return s.Store.Swap(ctx, id, old, text)
}
