package teleport

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gravitational/teleport/api/types"
)

// healthyAfter is how long a connection must last for the next loss to count
// as the first one again.
const healthyAfter = time.Minute

// runner drives a session. Its fields belong to the goroutine that runs it.
type runner struct {
	*Session
	backoff backoff
	// current is the connection in use; nil while there is none. lost is true
	// when the last one was lost.
	current *link
	lost    bool
	// shown are the requests that current has shown, by a list or an event, and
	// not deleted.
	shown map[string]struct{}

	// opening is the identity that a connection is being made with, nil while
	// none is being made; abandon ends the attempt and opened gets its result.
	opening *Identity
	abandon context.CancelFunc
	opened  chan result

	// waiting is true until retry fires.
	waiting bool
	retry   *time.Timer
	relist  *time.Timer
	retired sync.WaitGroup
}

// result is how an attempt to connect ended.
type result struct {
	link *link
	err  *Error
}

// run keeps the session up until ctx ends. Everything it started has ended when
// it returns.
func (s *Session) run(ctx context.Context) {
	r := &runner{
		Session: s,
		opened:  make(chan result, 1),
		retry:   stoppedTimer(),
		relist:  stoppedTimer(),
	}
	for ctx.Err() == nil {
		r.step(ctx)
	}
	r.shutdown()
}

// step waits for one thing to happen and handles it. A nil channel never
// happens.
func (r *runner) step(ctx context.Context) {
	r.openIfNeeded(ctx)
	var (
		events <-chan types.Event
		ended  <-chan struct{}
		dead   <-chan error
	)
	if r.current != nil {
		events, ended, dead = r.current.watcher.Events(), r.current.watcher.Done(), r.current.dead
	}
	select {
	case <-ctx.Done():
	case <-r.replaced:
		r.identityReplaced()
	case <-r.retry.C:
		r.waiting = false
	case res := <-r.opened:
		r.finishOpening(ctx, res)
	case event := <-events:
		r.apply(event)
	case <-ended:
		r.lose(watchError(r.current.watcher))
	case err := <-dead:
		r.lose(err)
	case <-r.relist.C:
		r.listAgain(ctx)
	}
}

// openIfNeeded starts to connect when there is no connection, or only one with
// an older identity.
func (r *runner) openIfNeeded(ctx context.Context) {
	id := r.newestIdentity()
	if id == nil || r.opening != nil || r.waiting {
		return
	}
	if r.current != nil && r.current.id.Fingerprint == id.Fingerprint {
		return
	}
	linkCtx, cancel := context.WithCancel(ctx)
	r.opening, r.abandon = id, cancel
	p := peer{address: r.key.Address, id: id}
	connect := open
	if r.current != nil {
		connect = openSuccessor
	}
	go func() {
		l, err := connect(linkCtx, cancel, r.connect, p)
		r.opened <- result{l, err}
	}()
}

// identityReplaced tries the newest identity at once, in place of any other.
func (r *runner) identityReplaced() {
	r.backoff.reset()
	r.retry.Stop()
	r.waiting = false
	newest := r.newestIdentity()
	if r.opening != nil && r.opening != newest {
		r.abandon()
	}
	if r.current != nil && r.current.id.Fingerprint == newest.Fingerprint {
		// The one in use is back: what was wrong with another does not matter.
		r.setStatus(func(s *Status) { s.Reason, s.Message = "", "" })
	}
}

func (r *runner) finishOpening(ctx context.Context, res result) {
	tried := r.opening
	r.opening = nil
	if tried != r.newestIdentity() || ctx.Err() != nil {
		if res.link != nil {
			res.link.close()
		}
		return
	}
	if res.err != nil {
		r.failed(res.err)
		return
	}
	r.adopt(ctx, res.link)
}

// adopt puts a new link into use and closes the one before it, if any.
func (r *runner) adopt(ctx context.Context, l *link) {
	old := r.current
	r.current, r.shown = l, map[string]struct{}{}
	r.use(l)
	r.setStatus(func(s *Status) {
		s.Connected, s.Reason, s.Message = true, "", ""
		s.User, s.IdentityNotBefore, s.IdentityNotAfter, s.Cluster = l.id.User, l.id.NotBefore, l.id.NotAfter, l.cluster
		if r.lost {
			s.Reconnects++
		}
	})
	r.lost = false
	r.log.Info("Connected to Teleport", "cluster", l.cluster.Name, "version", l.cluster.ServerVersion, "user", l.id.User)
	r.applyList(l.first)
	l.first = snapshot{}
	if old != nil {
		r.retired.Go(func() { old.retire(ctx) })
	}
}

// failed notes that no connection could be made, and waits.
func (r *runner) failed(err *Error) {
	r.setStatus(func(s *Status) { s.Reason, s.Message = err.Reason, err.Message })
	delay := r.wait()
	r.log.Info("Could not connect to Teleport", "reason", err.Reason, "message", err.Message, "retryIn", delay.String())
}

// lose gives up the link and waits before the next.
func (r *runner) lose(cause error) {
	l := r.current
	err := classify(cause, l.peer)
	r.current, r.lost = nil, true
	r.use(nil)
	r.relist.Stop()
	l.close()
	if time.Since(l.opened) >= healthyAfter {
		r.backoff.reset()
	}
	r.setStatus(func(s *Status) { s.Connected, s.Reason, s.Message = false, err.Reason, err.Message })
	delay := r.wait()
	r.log.Info("Lost the connection to Teleport", "reason", err.Reason, "message", err.Message, "retryIn", delay.String())
}

func (r *runner) wait() time.Duration {
	delay := r.backoff.next()
	r.waiting = true
	r.retry.Reset(delay)
	return delay
}

// listAgain gives the link up when it no longer lists what it has shown: only
// the start of a watch tells whether the permission is gone. What a link has not
// shown itself is no reason: a role that allows read but not list lets watches
// start, so the next link would lack it as well, and the next.
func (r *runner) listAgain(ctx context.Context) {
	list, err := r.current.list(ctx)
	if err != nil {
		r.lose(err)
		return
	}
	if slices.ContainsFunc(r.applyList(list), r.hasShown) {
		r.lose(r.current.sightLost())
	}
}

func (r *runner) hasShown(id string) bool {
	_, ok := r.shown[id]
	return ok
}

// applyList returns the requests that were kept against an empty list. The
// events that came with the list, which may delete them, are applied by then.
func (r *runner) applyList(list snapshot) (missing []string) {
	for _, request := range list.requests {
		r.shown[request.ID] = struct{}{}
	}
	compared := r.requests.replace(list.requests, list.began)
	for _, id := range compared.changed {
		r.notify(func(sub Subscriber) { sub.Changed(id) })
	}
	for _, event := range list.events {
		r.apply(event)
	}
	r.notify(Subscriber.Synced)
	next := r.resync
	if compared.doubtful {
		next = eventGrace + time.Second
	}
	r.relist.Reset(jitter(next))
	return compared.missing
}

// apply mirrors one event. A delete event carries no more than the id.
func (r *runner) apply(event types.Event) {
	if event.Resource == nil || event.Resource.GetKind() != types.KindAccessRequest {
		return
	}
	r.countEvent()
	id := event.Resource.GetName()
	switch event.Type {
	case types.OpDelete:
		delete(r.shown, id)
		r.requests.remove(id, time.Now())
	case types.OpPut:
		r.shown[id] = struct{}{}
		request, ok := event.Resource.(types.AccessRequest)
		if !ok || !r.requests.put(fromTeleport(request), time.Now()) {
			return
		}
	default:
		return
	}
	r.notify(func(sub Subscriber) { sub.Changed(id) })
}

// shutdown ends what still runs. The context of all of it has ended.
func (r *runner) shutdown() {
	r.use(nil)
	if r.opening != nil {
		if res := <-r.opened; res.link != nil {
			res.link.close()
		}
	}
	if r.current != nil {
		r.current.close()
	}
	r.retired.Wait()
	r.retry.Stop()
	r.relist.Stop()
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}
