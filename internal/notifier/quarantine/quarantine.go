// Package quarantine puts requests aside that panic, so that the others go on.
package quarantine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/notifier/announce"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// ErrPanic is why a notifier stopped that found itself in an impossible state.
var ErrPanic = errors.New("notifier panicked")

// maxQuarantine bounds for how long a request is put aside.
const maxQuarantine = time.Hour

// Options is what a Quarantine is made of.
type Options struct {
	Log logr.Logger
	// First is for how long a request is put aside first; for twice as long each further
	// time.
	First     time.Duration
	Announcer *announce.Announcer
	// Again has a request looked at again after a time.
	Again func(id string, after time.Duration)
}

// Quarantine puts requests aside that panic, so that the others go on. Make one with New.
type Quarantine struct {
	options Options

	mu sync.Mutex
	s  state
}

// state is guarded by Quarantine.mu.
type state struct {
	crash    func()
	requests map[string]aside
}

// aside is one request that panicked.
type aside struct {
	panics int
	until  time.Time
}

// New makes a Quarantine that is empty.
func New(o Options) *Quarantine {
	return &Quarantine{options: o, s: state{crash: func() {}, requests: map[string]aside{}}}
}

// OnCrash sets what ends the notifier.
func (q *Quarantine) OnCrash(crash func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.s.crash = crash
}

// Stop ends the notifier, and not the process, when the function that defers it panics.
// The value is not reported: it may hold what people typed.
func (q *Quarantine) Stop() {
	value := recover()
	if value == nil {
		return
	}
	q.options.Log.Error(ErrPanic, "Notifier stopped", "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
	q.mu.Lock()
	crash := q.s.crash
	q.mu.Unlock()
	crash()
}

// Guard returns call, a panic of which ends the notifier and is an error.
func (q *Quarantine) Guard(call func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		err := ErrPanic
		func() {
			defer q.Stop()
			err = call(ctx)
		}()
		return err
	}
}

// Contain returns call, a panic of which is an error and nothing else: it is about what a
// requester typed, who could end the notifier again and again.
func (q *Quarantine) Contain(call func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) (err error) {
		defer func() {
			if value := recover(); value != nil {
				err = ErrPanic
				q.options.Log.Error(ErrPanic, "Left out what a requester typed", "type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
			}
		}()
		return call(ctx)
	}
}

// PutAside puts a request aside when the function that defers it panics.
func (q *Quarantine) PutAside(id string) {
	value := recover()
	if value == nil {
		return
	}
	q.options.Log.Error(ErrPanic, "Put an access request aside", "request", id,
		"type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
	wait, news := q.add(id)
	q.options.Again(id, wait)
	if news {
		q.options.Announcer.Give(status.Notice{
			Reason:  status.NoticeRequestFailed,
			Text:    fmt.Sprintf("Access request %s cannot be worked on because of a bug and is tried again later; please report it", id),
			Request: id,
			Warning: true,
		})
	}
}

// add notes a panic, and returns for how long the request is put aside and whether that is
// news.
func (q *Quarantine) add(id string) (wait time.Duration, news bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	a := q.s.requests[id]
	wait = min(q.options.First<<min(a.panics, 10), maxQuarantine)
	a.panics++
	a.until = time.Now().Add(wait)
	q.s.requests[id] = a
	return wait, a.panics == 1
}

// Left returns for how long a request is put aside.
func (q *Quarantine) Left(id string) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	return max(time.Until(q.s.requests[id].until), 0)
}

// Release forgets a request that works.
func (q *Quarantine) Release(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.s.requests, id)
}

// Count returns how many requests are put aside.
func (q *Quarantine) Count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.s.requests)
}
