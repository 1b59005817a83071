package teleporttest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/gravitational/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Errors for [Server.FailUpdates].
var (
	// ErrConflict is what the loser of a race for plugin data gets.
	ErrConflict error = &trace.CompareFailedError{Message: `expectations not met for field "record"`}
	// ErrUnavailable is what a call gets from a server that cannot serve it now.
	ErrUnavailable error = &trace.ConnectionProblemError{Message: "service is unavailable"}
)

// faults are the faults that are switched on.
type faults struct {
	mu          sync.Mutex
	delay       time.Duration
	unavailable bool
	// resume is closed when a hanging server goes on; nil while it does not hang.
	resume chan struct{}

	// updates and reviews are those of UpdatePluginData and SubmitAccessReview.
	updates, reviews callFaults
	// dropAuthors makes reviews for users come back without who has submitted them.
	dropAuthors bool
}

// callFaults are those of one call. They are guarded by faults.mu.
type callFaults struct {
	failNext  int
	failShare float64
	failDebt  float64
	failWith  error
	loseNext  int
}

func newFaults() *faults {
	return &faults{}
}

// DropStreams ends every open watch with the error that clients see when a
// server stops. Connections stay, and new watches start.
func (s *Server) DropStreams() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := range s.watchers {
		w.drop(status.Error(codes.Unavailable, "error reading from server: EOF"))
	}
}

// RefuseConnections closes the listener and every connection, as a server does
// that stops, or listens again on the same port. What the server has stored
// stays. It fails if another process took the port meanwhile.
func (s *Server) RefuseConnections(on bool) error {
	s.netMu.Lock()
	lis, addr := s.lis, s.addr
	if on {
		s.lis = nil
	}
	s.netMu.Unlock()

	if on == (lis == nil) {
		return nil
	}
	s.conns.refuse(on)
	if !on {
		return s.listen(addr)
	}
	if err := lis.Close(); err != nil {
		return fmt.Errorf("close listener: %w", err)
	}
	return nil
}

// Slow delays every answer by d; 0 ends that.
func (s *Server) Slow(d time.Duration) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.delay = d
}

// Unavailable makes every new call, watches included, answer Unavailable, or
// ends that. Open watches go on.
func (s *Server) Unavailable(on bool) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.unavailable = on
}

// Hang makes the server accept calls without answering them, and watches send
// nothing. When it ends, the calls that still wait are answered.
func (s *Server) Hang(on bool) {
	f := s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case on && f.resume == nil:
		f.resume = make(chan struct{})
	case !on && f.resume != nil:
		close(f.resume)
		f.resume = nil
	}
}

// FailUpdates makes the next n calls of UpdatePluginData fail with err and
// change nothing; a nil err stands for [ErrUnavailable], n = 0 ends it.
func (s *Server) FailUpdates(n int, err error) {
	f := s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.updates.failNext, f.updates.failShare, f.updates.failWith = n, 0, err
}

// FailUpdatesShare makes a share of the calls of UpdatePluginData fail with
// err, evenly spread: 0.5 is every second one, 0 ends it.
func (s *Server) FailUpdatesShare(share float64, err error) {
	f := s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.updates.failNext, f.updates.failShare, f.updates.failDebt, f.updates.failWith = 0, share, 0, err
}

// LoseUpdateAnswers makes the next n calls of UpdatePluginData store their
// update but answer [ErrUnavailable], as when a connection breaks in between.
func (s *Server) LoseUpdateAnswers(n int) {
	f := s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.updates.loseNext = n
}

// FailReviews makes the next n calls of SubmitAccessReview fail with err and change nothing; a
// nil err stands for [ErrUnavailable], n = 0 ends it.
func (s *Server) FailReviews(n int, err error) {
	f := s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reviews.failNext, f.reviews.failWith = n, err
}

// LoseReviewAnswers makes the next n calls of SubmitAccessReview count the review but answer
// [ErrUnavailable], as when a connection breaks in between.
func (s *Server) LoseReviewAnswers(n int) {
	f := s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reviews.loseNext = n
}

// DropAuthors makes the server count reviews that are submitted for users as those of who
// submits them, as none should, or ends that.
func (s *Server) DropAuthors(on bool) {
	f := s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropAuthors = on
}

// dropsAuthors reports whether DropAuthors is on.
func (f *faults) dropsAuthors() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dropAuthors
}

// admit holds a call for as long as the faults say and returns its error.
func (f *faults) admit(ctx context.Context) error {
	if err := f.wait(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	delay, unavailable := f.delay, f.unavailable
	f.mu.Unlock()
	if delay > 0 {
		if err := sleep(ctx, delay); err != nil {
			return err
		}
	}
	if unavailable {
		return ErrUnavailable
	}
	return nil
}

// wait returns once the server does not hang.
func (f *faults) wait(ctx context.Context) error {
	f.mu.Lock()
	resume := f.resume
	f.mu.Unlock()
	if resume == nil {
		return nil
	}
	select {
	case <-resume:
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}

// fail returns the error that a call about to be carried out fails with.
func (f *faults) fail(c *callFaults) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.failDebt += c.failShare
	switch {
	case c.failNext > 0:
		c.failNext--
	case c.failDebt >= 1:
		c.failDebt--
	default:
		return nil
	}
	if c.failWith == nil {
		return ErrUnavailable
	}
	return c.failWith
}

// loseAnswer reports whether the answer to a call just carried out is lost.
func (f *faults) loseAnswer(c *callFaults) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.loseNext <= 0 {
		return false
	}
	c.loseNext--
	return true
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}
