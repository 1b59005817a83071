package email

import (
	"context"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	// maxConnections is how many connections are open at a time; Microsoft 365 allows 3.
	maxConnections = 3
	// maxCalls is how many calls are made over one, of which servers allow only so many.
	maxCalls = 20
)

// server is the way to a mail server. A connection that a call is done with goes on to the next
// call that waits, and is closed where none does: nothing stays open, and bursts are fast.
type server struct {
	settings settings
	network  messenger.Network
	// slots has an element for each connection.
	slots chan struct{}
	// handover gives a connection to a call that waits for it.
	handover chan *session
}

func newServer(s settings, n messenger.Network) server {
	// A little less than a caller waits, who is told then whether the call may have taken effect.
	n.Timeout = n.Timeout / 10 * 9
	return server{settings: s, network: n, slots: make(chan struct{}, maxConnections), handover: make(chan *session)}
}

// with makes a call over a connection. It ends with ctx, and after the network's time limit.
func (s *server) with(ctx context.Context, use func(context.Context, *session) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.network.Timeout, errTimeout)
	defer cancel()
	open, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	err = open.run(ctx, s, use)
	if open.isStale(err) {
		open.close()
		open = &session{}
		err = open.run(ctx, s, use)
	}
	if err == nil {
		s.release(open)
		return nil
	}
	if !open.kept {
		open.close()
	}
	<-s.slots
	return err
}

// acquire returns a connection that another call is done with, or one that is not open yet.
func (s *server) acquire(ctx context.Context) (*session, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	// Who waits for longer could only begin what there is no time for.
	ctx, cancel := withHalf(ctx)
	defer cancel()
	select {
	case open := <-s.handover:
		return open, nil
	case s.slots <- struct{}{}:
		return &session{}, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// withHalf returns a context that ends when half of the time is over. It always has an end.
func withHalf(ctx context.Context) (context.Context, context.CancelFunc) {
	end, _ := ctx.Deadline()
	return context.WithTimeoutCause(ctx, time.Until(end)/2, errBusy)
}

// release gives a connection to the next call that waits, or closes it.
func (s *server) release(open *session) {
	next := s.handover
	if open.worn() {
		// Nothing can be sent to it.
		next = nil
	}
	select {
	case next <- open:
	default:
		open.quit(time.Now().Add(quitTimeout))
		<-s.slots
	}
}
