package supervisor

import (
	"context"
	"errors"
	"fmt"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
)

// feed shows a Teleport session to an engine.
type feed struct {
	*teleport.Session
	// statusChanged is called when the session's status has changed.
	statusChanged func()
}

// Cluster implements notifier.Feed.
func (f feed) Cluster() message.Cluster {
	c := f.Session.Cluster()
	return message.Cluster{Name: c.Name, ProxyAddr: c.ProxyAddr, WebReviews: c.WebReviews}
}

// Subscribe implements notifier.Feed.
func (f feed) Subscribe(s notifier.Subscriber) (unsubscribe func()) {
	return f.Session.Subscribe(subscriber{Subscriber: s, statusChanged: f.statusChanged})
}

type subscriber struct {
	notifier.Subscriber
	statusChanged func()
}

// StatusChanged implements teleport.Subscriber.
func (s subscriber) StatusChanged() {
	s.statusChanged()
}

// records stores an engine's records under the notifier's plugin name.
type records struct {
	session *teleport.Session
	plugin  string
}

// Load implements notifier.Records.
func (r records) Load(ctx context.Context, id string) (string, error) {
	return r.session.Load(ctx, r.plugin, id)
}

// LoadAll implements notifier.Records.
func (r records) LoadAll(ctx context.Context) (map[string]string, error) {
	return r.session.LoadAll(ctx, r.plugin)
}

// Swap implements notifier.Records.
func (r records) Swap(ctx context.Context, id, old, text string) error {
	err := r.session.Swap(ctx, r.plugin, id, old, text)
	switch {
	case errors.Is(err, teleport.ErrConflict):
		return fmt.Errorf("%w: %w", notifier.ErrConflict, err)
	case errors.Is(err, teleport.ErrUnknownRequest):
		return fmt.Errorf("%w: %w", notifier.ErrUnknownRequest, err)
	case errors.Is(err, teleport.ErrTooLarge):
		return fmt.Errorf("%w: %w", notifier.ErrRecordTooLarge, err)
	default:
		return err
	}
}
