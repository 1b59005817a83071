package teleport

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gravitational/teleport/api/types"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

const (
	// healthyAfter is how long a connection must last for the next loss to count
	// as the first one again.
	healthyAfter = 10 * time.Second
	// workedAfter is the same for a connection that worked until the server ended
	// it. A server that ends each one is called no more often than by the shortest
	// back-off.
	workedAfter = minDelay
)

// runner drives a session. Its fields belong to the goroutine that runs it.
type runner struct {
	*Session
	attempts attempts
	repeats  repeats
	// greeted is true once a connection was logged, told while the last thing
	// logged is a problem.
	greeted, told bool
	// current is the connection in use; nil while there is none. lost is true
	// when the last one was lost.
	current *connection
	lost    bool
	// next is a connection with a newer identity, whose first list is being read
	// while current goes on; nil if there is none.
	next *connection
	// unlisted is true when the last connection ended before it had a list. The
	// one after it has to read one to count as connected.
	unlisted bool

	// opening is the identity that a connection is being made with, nil while
	// none is being made; abandon ends the attempt and opened gets its result.
	opening *Identity
	abandon context.CancelFunc
	opened  chan result

	// waiting is true until retry fires.
	waiting bool
	retry   *time.Timer
	relist  *time.Timer
	// doubts counts the doubtful lists in a row.
	doubts  int
	retired sync.WaitGroup
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
		if _, err := protect(func() (any, error) { r.step(ctx); return nil, nil }); err != nil {
			r.afterPanic(ctx, err)
		}
	}
	r.shutdown()
}

// step waits for one thing to happen and handles it. A nil channel never
// happens.
func (r *runner) step(ctx context.Context) {
	r.openIfNeeded(ctx)
	var current, next <-chan news
	if r.current != nil {
		current = r.current.news
	}
	if r.next != nil {
		next = r.next.news
	}
	select {
	case <-ctx.Done():
	case <-r.replaced:
		r.identityReplaced(ctx)
	case <-r.retry.C:
		r.waiting = false
	case res := <-r.opened:
		r.finishOpening(ctx, res)
	case n := <-current:
		r.hearCurrent(ctx, n)
	case n := <-next:
		r.hearNext(ctx, n)
	case <-r.relist.C:
		if r.current != nil {
			r.current.relist()
		}
	}
}

// hearCurrent handles news of the connection in use.
func (r *runner) hearCurrent(ctx context.Context, n news) {
	switch {
	case n.err != nil && r.next != nil:
		// There is no gap: the events of the other one are heard already.
		r.adopt(ctx, r.next)
	case n.err != nil:
		r.disconnect(classify(n.err, r.current.remote), r.current.listed)
	case n.list != nil:
		r.applyList(r.current, n.list)
	case n.denied != nil:
		r.setUnread(time.Now(), n.denied...)
	default:
		r.apply(r.current, n.event)
	}
}

// hearNext handles news of the connection that is to take the place of current.
func (r *runner) hearNext(ctx context.Context, n news) {
	l := r.next
	switch {
	case n.err != nil:
		r.next = nil
		l.close()
		r.failed(classify(n.err, l.remote))
	case n.list != nil:
		r.adopt(ctx, l)
		r.applyList(l, n.list)
	default:
		r.apply(l, n.event)
	}
}

// adopt puts a connection into use and closes the one before it, if any.
func (r *runner) adopt(ctx context.Context, l *connection) {
	old := r.current
	r.current, r.next = l, nil
	r.use(l)
	if !r.unlisted || old != nil {
		r.connected()
	}
	if old != nil {
		r.retire(ctx, old)
	}
}

// connected notes that the connection in use works.
func (r *runner) connected() {
	l := r.current
	r.unlisted = false
	r.setStatus(func(s *status.Teleport) {
		s.Connected, s.Problem = true, nil
		s.User, s.IdentityNotBefore, s.IdentityNotAfter, s.Cluster = l.id.User, l.id.NotBefore, l.id.NotAfter, l.cluster
		if r.lost {
			s.Reconnects++
		}
	})
	r.lost = false
	r.sayConnected(l)
}

func (r *runner) retire(ctx context.Context, l *connection) {
	r.retired.Go(func() { l.retire(ctx) })
}

// failed notes that no connection could be made, and waits.
func (r *runner) failed(err *Error) {
	r.setStatus(func(s *status.Teleport) { s.Problem = &err.Problem })
	delay := r.wait()
	r.sayProblem("Could not connect to Teleport", err, delay)
}

// disconnect gives up the connection. If it has worked, the next is made at once: most
// streams that end do so because a server or a load balancer is replaced. The
// back-off begins with the second failure in a row.
func (r *runner) disconnect(err *Error, worked bool) {
	l := r.current
	r.current, r.lost, r.unlisted = nil, true, !l.listed
	r.use(nil)
	r.relist.Stop()
	l.close()
	if lasted := time.Since(l.opened); l.listed && (lasted >= healthyAfter || worked && lasted >= workedAfter) {
		r.attempts.reset()
	}
	r.setStatus(func(s *status.Teleport) { s.Connected, s.Problem = false, &err.Problem })
	var delay time.Duration
	if !worked || !r.attempts.first() {
		delay = r.wait()
	}
	r.sayProblem("Lost the connection to Teleport", err, delay)
}

func (r *runner) wait() time.Duration {
	delay := r.attempts.next()
	r.waiting = true
	r.retry.Reset(delay)
	return delay
}

// applyList compares the mirror with a full list, and gives the connection up when it
// no longer lists what it has shown: only the start of a watch tells whether the
// permission is gone. What a connection has not shown itself is no reason: a role that
// allows read but not list lets watches start, so the next connection would lack it as
// well, and the next.
func (r *runner) applyList(l *connection, found *list) {
	l.listed = true
	if r.unlisted {
		r.connected()
	}
	r.sayMalformed(found.malformed, found.named)
	r.monitoring.replace(found.rules)
	compared := r.requests.replace(found.requests, found.began)
	for _, id := range compared.changed {
		r.subscribers.each(func(sub accessrequest.Subscriber) { sub.Changed(id) })
	}
	r.subscribers.each(accessrequest.Subscriber.Synced)
	r.planList(compared.doubtful || found.rules.passing)
	switch {
	case r.overflowed(l):
	case slices.ContainsFunc(compared.missing, func(id string) bool { _, shown := l.shown[id]; return shown }):
		r.disconnect(l.accessRevoked(), false)
	default:
		for _, request := range found.requests {
			l.shown[request.id] = struct{}{}
		}
	}
}

// planList says when to read the next list: soon, and then less and less so,
// while lists are doubtful.
func (r *runner) planList(doubtful bool) {
	if !doubtful {
		r.doubts = 0
		r.relist.Reset(backoff.Around(r.resync))
		return
	}
	r.doubts++
	r.relist.Reset(min(soon(r.doubts), backoff.Around(r.resync)))
}

// overflowed gives the connection up if it shows more than is kept, and reports
// whether it did.
func (r *runner) overflowed(l *connection) bool {
	if !r.requests.overflowed() || l != r.current {
		return false
	}
	r.disconnect(classify(errTooMany, l.remote), false)
	return true
}

// apply mirrors one event. A delete event carries no more than the id.
func (r *runner) apply(l *connection, event types.Event) {
	if about, _ := protect(func() (bool, error) { return r.applyRule(event), nil }); about {
		return
	}
	id, changed := r.mirror(l, event)
	if changed {
		r.subscribers.each(func(sub accessrequest.Subscriber) { sub.Changed(id) })
	}
	r.overflowed(l)
}

func (r *runner) mirror(l *connection, event types.Event) (id string, changed bool) {
	var request accessrequest.Request
	_, err := protect(func() (any, error) {
		if event.Resource == nil || event.Resource.GetKind() != types.KindAccessRequest {
			return nil, nil //nolint:nilnil // it is about something else
		}
		id = event.Resource.GetName()
		if event.Type != types.OpPut {
			return nil, nil //nolint:nilnil // there is no more to read
		}
		put, ok := event.Resource.(*types.AccessRequestV3)
		if !ok {
			return nil, errMalformed
		}
		var err error
		request, err = convert(put)
		return nil, err
	})
	if err != nil || id != "" && !isID(id) {
		r.sayMalformed(1, slices.DeleteFunc([]string{id}, func(id string) bool { return !isID(id) }))
		return "", false
	}
	if id == "" || event.Type != types.OpPut && event.Type != types.OpDelete {
		return "", false
	}
	r.countEvent()
	if event.Type == types.OpDelete {
		_, continuous := l.shown[id]
		delete(l.shown, id)
		r.requests.remove(id, time.Now(), continuous)
		return id, true
	}
	l.shown[id] = struct{}{}
	put := r.requests.put
	if r.next != nil && l != r.next {
		put = r.requests.putOlder
	}
	return id, put(request, time.Now())
}

// afterPanic gives up the connection after a panic: what is mirrored is read anew.
func (r *runner) afterPanic(ctx context.Context, cause error) {
	r.sayPanic(cause)
	p := remote{address: r.key.Address, id: r.newestIdentity()}
	if r.next != nil {
		r.retire(ctx, r.next)
		r.next = nil
	}
	if r.current != nil {
		r.disconnect(classify(cause, p), false)
		return
	}
	r.failed(classify(cause, p))
}

// shutdown ends what still runs. The context of all of it has ended.
func (r *runner) shutdown() {
	r.use(nil)
	if r.opening != nil {
		if res := <-r.opened; res.connection != nil {
			res.connection.close()
		}
	}
	for _, l := range []*connection{r.current, r.next} {
		if l != nil {
			l.close()
		}
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
