package teleport

import (
	"context"

	"github.com/accessnotifier/accessnotifier/internal/status"
)

// result is how an attempt to connect ended.
type result struct {
	connection *connection
	err        *Error
}

// openIfNeeded starts to connect when there is no connection, or only one with
// an older identity.
func (r *runner) openIfNeeded(ctx context.Context) {
	id := r.newestIdentity()
	if id == nil || r.opening != nil || r.waiting {
		return
	}
	for _, l := range []*connection{r.current, r.next} {
		if l != nil && l.id.Fingerprint == id.Fingerprint {
			return
		}
	}
	connectionCtx, cancel := context.WithCancel(ctx)
	r.opening, r.abandon = id, cancel
	p := remote{address: r.key.Address, id: id}
	connect := open
	if r.current != nil {
		connect = openSuccessor
	}
	go func() {
		var failure *Error
		l, err := protect(func() (l *connection, _ error) {
			l, failure = connect(connectionCtx, cancel, r.connect, p)
			return l, nil
		})
		if err != nil {
			cancel()
			failure = classify(err, p)
		}
		r.opened <- result{l, failure}
	}()
}

// identityReplaced tries the newest identity at once, in place of any other.
func (r *runner) identityReplaced(ctx context.Context) {
	r.attempts.reset()
	r.retry.Stop()
	r.waiting = false
	newest := r.newestIdentity()
	if r.opening != nil && r.opening != newest {
		r.abandon()
	}
	if r.next != nil && r.next.id.Fingerprint != newest.Fingerprint {
		r.retire(ctx, r.next)
		r.next = nil
	}
	if r.current != nil && r.current.id.Fingerprint == newest.Fingerprint {
		// The one in use is back: what was wrong with another does not matter.
		r.setStatus(func(s *status.Teleport) { s.Problem = nil })
	}
}

// finishOpening takes a new connection into use. Beside one that works it has to read
// a list first.
func (r *runner) finishOpening(ctx context.Context, res result) {
	tried := r.opening
	r.opening = nil
	if tried != r.newestIdentity() || ctx.Err() != nil {
		if res.connection != nil {
			res.connection.close()
		}
		return
	}
	switch {
	case res.err != nil:
		r.failed(res.err)
	case r.current != nil:
		r.next = res.connection
	default:
		r.adopt(ctx, res.connection)
	}
}
