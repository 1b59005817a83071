package teleport

import (
	"context"

	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
)

// eventWatcher reads an event stream. The API module's own converts events of
// every kind on a goroutine that nothing guards: one that was made to break it
// would end the process.
type eventWatcher struct {
	ctx    context.Context //nolint:containedctx // it is the stream's, whose end the watcher reports
	cancel context.CancelCauseFunc
	events chan types.Event
}

// NewWatcher implements Client. Of all kinds it knows access requests and
// Access Monitoring Rules only.
func (c *apiClient) NewWatcher(ctx context.Context, watch types.Watch) (types.Watcher, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	stream, err := c.auth.WatchEvents(ctx, &proto.Watch{Kinds: watch.Kinds, AllowPartialSuccess: watch.AllowPartialSuccess})
	if err != nil {
		cancel(err)
		return nil, err
	}
	w := &eventWatcher{ctx: ctx, cancel: cancel, events: make(chan types.Event)}
	go func() {
		_, err := protect(func() (any, error) { return nil, w.receive(stream) })
		w.cancel(err)
	}()
	return w, nil
}

func (w *eventWatcher) receive(stream proto.AuthService_WatchEventsClient) error {
	for {
		in, err := stream.Recv()
		if err != nil {
			return err
		}
		event, ok := readEvent(in)
		if !ok {
			continue
		}
		select {
		case w.events <- event:
		case <-w.ctx.Done():
			return context.Cause(w.ctx)
		}
	}
}

// readEvent returns false for what is not about access requests or rules.
func readEvent(in *proto.Event) (types.Event, bool) {
	switch in.GetType() {
	case proto.Operation_INIT:
		init := types.Event{Type: types.OpInit}
		if accepted := in.GetWatchStatus(); accepted != nil {
			init.Resource = accepted
		}
		return init, true
	case proto.Operation_PUT:
		if r := in.GetAccessRequest(); r != nil {
			return types.Event{Type: types.OpPut, Resource: r}, true
		}
		if r := in.GetAccessMonitoringRule(); r != nil {
			return types.Event{Type: types.OpPut, Resource: types.Resource153ToLegacy(r)}, true
		}
	case proto.Operation_DELETE:
		if header := in.GetResourceHeader(); header != nil {
			return types.Event{Type: types.OpDelete, Resource: header}, true
		}
	}
	return types.Event{}, false
}

// Events implements types.Watcher.
func (w *eventWatcher) Events() <-chan types.Event { return w.events }

// Done implements types.Watcher.
func (w *eventWatcher) Done() <-chan struct{} { return w.ctx.Done() }

// Error implements types.Watcher.
func (w *eventWatcher) Error() error { return trace.Wrap(context.Cause(w.ctx)) }

// Close implements types.Watcher.
func (w *eventWatcher) Close() error {
	w.cancel(context.Canceled)
	return nil
}
