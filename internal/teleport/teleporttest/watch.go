package teleporttest

import (
	"context"
	"sync"
	"time"

	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/client/proto"
	"github.com/gravitational/teleport/api/types"
	"github.com/gravitational/trace"
	"google.golang.org/grpc/status"
)

// watcher is one open watch. It keeps every event until it is sent.
type watcher struct {
	kinds []types.WatchKind

	mu      sync.Mutex
	pending []dueEvent
	err     error
	// wake holds one token while there is something to do.
	wake chan struct{}
}

// dueEvent is an event and when it may be sent.
type dueEvent struct {
	event *proto.Event
	due   time.Time
}

// WatchEvents streams an init event, which names the accepted kinds, and then
// every event of those kinds.
func (a *authService) WatchEvents(req *proto.Watch, stream proto.AuthService_WatchEventsServer) error {
	ctx := stream.Context()
	kinds, err := a.s.acceptKinds(callerFrom(ctx), req)
	if err != nil {
		return err
	}
	init, err := client.EventToGRPC(types.Event{Type: types.OpInit, Resource: types.NewWatchStatus(kinds)})
	if err != nil {
		return err
	}
	w := a.s.addWatcher(kinds)
	defer a.s.removeWatcher(w)
	if err := stream.Send(init); err != nil {
		return err
	}
	for {
		event, err := w.next(ctx)
		if err != nil {
			return err
		}
		if err := a.s.faults.wait(ctx); err != nil {
			return err
		}
		if err := stream.Send(event); err != nil {
			return err
		}
	}
}

// acceptKinds returns the kinds of a watch that the server knows and the caller
// may read. Without AllowPartialSuccess, and when none is left, the first
// refusal is the watch's error.
func (s *Server) acceptKinds(c caller, req *proto.Watch) ([]types.WatchKind, error) {
	var accepted []types.WatchKind
	var refusal error
	for _, kind := range req.Kinds {
		err := s.acceptKind(c, kind)
		switch {
		case err == nil:
			accepted = append(accepted, kind)
		case refusal == nil:
			refusal = err
		}
	}
	if refusal != nil && (!req.AllowPartialSuccess || len(accepted) == 0) {
		return nil, refusal
	}
	if len(accepted) == 0 {
		return nil, trace.BadParameter("watch names no kinds")
	}
	return accepted, nil
}

// acceptKind refuses what the caller may not read, as recorded (step "watch ended" of
// the user without roles), and kinds that the server does not know, as measured with
// 15.1.9 for Access Monitoring Rules. A filter is checked as the API module does.
func (s *Server) acceptKind(c caller, kind types.WatchKind) error {
	switch {
	case kind.Kind == types.KindAccessRequest:
		var filter types.AccessRequestFilter
		if err := filter.FromMap(kind.Filter); err != nil {
			return err
		}
	case kind.Kind == types.KindAccessMonitoringRule && s.opts.modern():
	default:
		return trace.BadParameter("watching resource kind %q is not supported", kind.Kind)
	}
	return s.authorize(c, types.VerbRead, kind.Kind)
}

func (s *Server) addWatcher(kinds []types.WatchKind) *watcher {
	w := &watcher{kinds: kinds, wake: make(chan struct{}, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers[w] = struct{}{}
	return w
}

func (s *Server) removeWatcher(w *watcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watchers, w)
}

// publish hands an event to every watch that wants it. The caller holds s.mu,
// so that all watches see the same order.
func (s *Server) publish(op types.OpType, resource types.Resource) {
	event := types.Event{Type: op, Resource: resource}
	wire, err := client.EventToGRPC(event)
	if err != nil {
		panic("teleporttest: event of a resource that the API does not know: " + err.Error())
	}
	due := time.Now().Add(s.opts.EventDelay)
	for w := range s.watchers {
		if w.wants(event) {
			w.push(dueEvent{event: wire, due: due})
		}
	}
}

// publishDelete publishes the end of a resource: a header with its name only.
func (s *Server) publishDelete(kind, version, name string) {
	s.publish(types.OpDelete, &types.ResourceHeader{
		Kind:     kind,
		Version:  version,
		Metadata: types.Metadata{Name: name},
	})
}

func (w *watcher) wants(event types.Event) bool {
	for _, kind := range w.kinds {
		// Filters were checked when the watch was accepted.
		if ok, err := kind.Matches(event); err == nil && ok {
			return true
		}
	}
	return false
}

func (w *watcher) push(e dueEvent) {
	w.mu.Lock()
	w.pending = append(w.pending, e)
	w.mu.Unlock()
	w.signal()
}

// drop ends the watch with err; events not sent yet are lost.
func (w *watcher) drop(err error) {
	w.mu.Lock()
	w.err = err
	w.mu.Unlock()
	w.signal()
}

func (w *watcher) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// next returns the next event once it is due, or the error that ends the watch.
func (w *watcher) next(ctx context.Context) (*proto.Event, error) {
	for {
		event, wait, err := w.pop()
		if event != nil || err != nil {
			return event, err
		}
		if err := w.pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// pop takes the first event if it is due, or says how long to wait for it; 0
// means for the next signal.
func (w *watcher) pop() (*proto.Event, time.Duration, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return nil, 0, w.err
	}
	if len(w.pending) == 0 {
		return nil, 0, nil
	}
	first := w.pending[0]
	if wait := time.Until(first.due); wait > 0 {
		return nil, wait, nil
	}
	w.pending[0] = dueEvent{}
	w.pending = w.pending[1:]
	return first.event, 0, nil
}

// pause waits for a signal, and no longer than d unless d is 0.
func (w *watcher) pause(ctx context.Context, d time.Duration) error {
	var timeout <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-w.wake:
	case <-timeout:
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
	return nil
}
