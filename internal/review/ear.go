package review

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

const (
	// retryBase and retryCap bound the wait before clicks are listened for again.
	retryBase = time.Second
	retryCap  = time.Minute
	// deafAfter is how long clicks may not be heard of before messages lose their buttons: a
	// connection that is made, or made anew, should not have all of them edited.
	deafAfter = 2 * time.Minute
)

// Ear listens for the clicks of one bot.
type Ear struct {
	log      logr.Logger
	listener messenger.ClickListener
	// explain says in a sentence what a failure means, and changed is called when Heard
	// answers differently.
	explain func(*messenger.Error) string
	changed func()

	mu sync.Mutex
	s  earState
}

// earState is guarded by Ear.mu.
type earState struct {
	// heard is true from the first time that the connection was up, failure why it is not,
	// and since for how long, or from when the connection is waited for.
	heard   bool
	failure error
	since   time.Time
}

// NewEar makes an Ear, which hears nothing until Run.
func NewEar(log logr.Logger, l messenger.ClickListener, explain func(*messenger.Error) string, changed func()) *Ear {
	return &Ear{log: log, listener: l, explain: explain, changed: changed}
}

// Run hands clicks to the desk until ctx ends.
func (e *Ear) Run(ctx context.Context, desk messenger.Desk) {
	e.begin()
	// Nothing may have failed by then, and no connection come up either.
	defer time.AfterFunc(deafAfter, e.changed).Stop()
	for failures := 0; ctx.Err() == nil; {
		err := e.listen(ctx, desk, func() {
			failures = 0
			e.note(nil)
		})
		if err == nil || ctx.Err() != nil {
			return
		}
		failures++
		e.note(err)
		wait := backoff.Delay(retryBase, retryCap, failures)
		if failed, ok := errors.AsType[*messenger.Error](err); ok {
			wait = max(wait, failed.RetryAfter)
		}
		if !e.wait(ctx, wait) {
			return
		}
	}
}

// wait sleeps, and says so once clicks have not been heard of for too long.
func (e *Ear) wait(ctx context.Context, d time.Duration) bool {
	ok := backoff.Sleep(ctx, d)
	e.changed()
	return ok
}

// listen is Listen, of which a panic is an error: others live in this process. Its value may hold
// what people typed.
func (e *Ear) listen(ctx context.Context, desk messenger.Desk, up func()) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic with a %T", value)
			e.log.Error(err, "Could not listen for clicks", "stack", string(debug.Stack()))
		}
	}()
	return e.listener.Listen(ctx, desk, up)
}

// begin forgets how the connection was when clicks were last listened for.
func (e *Ear) begin() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.s = earState{since: time.Now()}
}

// note remembers how the connection is. It is called by one goroutine.
func (e *Ear) note(failure error) {
	e.mu.Lock()
	if failure == nil {
		e.s = earState{heard: true}
	} else {
		if e.s.failure == nil {
			e.s.since = time.Now()
		}
		e.s.failure = failure
	}
	e.mu.Unlock()
	e.changed()
}

// Heard reports whether clicks are heard of, as far as is known, and why not.
func (e *Ear) Heard() (known bool, problem *status.Problem) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.s
	failed, _ := errors.AsType[*messenger.Error](s.failure)
	refused := failed != nil && failed.Class == messenger.MessengerPermanent
	switch {
	case s.failure == nil && (s.heard || s.since.IsZero() || time.Since(s.since) < deafAfter):
		return s.heard, nil
	case s.heard && !refused && time.Since(s.since) < deafAfter:
		return true, nil
	}
	problem = &status.Problem{Reason: status.ReasonClicksUnavailable, Message: "The connection over which clicks are heard of cannot be made"}
	if failed != nil {
		problem.Message = e.explain(failed)
	}
	if refused {
		problem.Reason, problem.Permanent = status.ReasonAppTokenRefused, true
	}
	return true, problem
}
