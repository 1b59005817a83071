package reminder

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/accesslist"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/metrics"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

const (
	// interval is how often access lists are read.
	interval = time.Hour
	// retryBase and retryCap bound the wait after what may go away by itself.
	retryBase, retryCap = 10 * time.Second, 10 * time.Minute
	// maxFailures is how many reminders may fail in a row before the others wait, too.
	maxFailures = 3
)

// Lists are the access lists of one Teleport cluster.
type Lists interface {
	// AccessLists returns those whose owners should hear of their review at a time. The
	// error wraps accessrequest.ErrNotAllowed if they may not be read. With
	// accesslist.ErrTooMany they are not all.
	AccessLists(ctx context.Context, at time.Time) ([]accesslist.List, error)
	// Cluster describes the cluster to readers.
	Cluster() accessrequest.Cluster
}

// Options is what a Reminder is made of. All but Metrics and Timing are required.
type Options struct {
	Log       logr.Logger
	Lists     Lists
	Store     Store
	Messenger messenger.Messenger
	// Find finds an owner by the name of the Teleport user.
	Find func(ctx context.Context, owner string) (messenger.Address, error)
	// Words words the reminder about lists.
	Words func([]accesslist.List, accessrequest.Cluster) message.Message
	// KeySecret makes the keys of posts unguessable to others.
	KeySecret []byte
	// Metrics counts calls; nothing does by default.
	Metrics *metrics.Notifier
	Timing  timing.Timing
	// Notice is called once with each owner who cannot be reminded. It must return quickly.
	Notice func(status.Notice)
	// Changed is called after Problem may have changed. It must return quickly.
	Changed func()
}

// Reminder reminds owners of access lists. Make one with New and run it once.
type Reminder struct {
	options Options
	// finder is nil if the messenger cannot look for messages.
	finder messenger.Finder
	writer string
	memory memory
	// blocked is until when owners are left alone who cannot be told.
	blocked map[string]time.Time
	// failures is how many rounds in a row have failed.
	failures int
	// stopped is the owner at whom the last round has ended early, "" if it has not.
	stopped string
	// tooMany is set if not all access lists are read.
	tooMany bool

	mu      sync.Mutex
	problem string
}

// New makes a Reminder. It does nothing until Run.
func New(o Options) *Reminder {
	o.Timing = o.Timing.WithDefaults()
	finder, _ := o.Messenger.(messenger.Finder)
	return &Reminder{
		options: o,
		finder:  finder,
		writer:  rand.Text()[:8],
		memory: memory{
			store: o.Store, timeout: o.Timing.StoreTimeout, foreign: o.Timing.Foreign,
			unsure: map[string]time.Time{}, learned: map[string]posting{},
		},
		blocked: map[string]time.Time{},
	}
}

// Run reminds owners until ctx ends, and returns when the call in flight has ended.
func (r *Reminder) Run(ctx context.Context) {
	for ctx.Err() == nil {
		wait, err := r.round(ctx)
		switch {
		case err == nil:
			r.failures = 0
		case ctx.Err() == nil:
			r.failures++
			wait = max(wait, backoff.Delay(retryBase, retryCap, r.failures))
			r.options.Log.V(1).Info("Could not remind owners of access lists", "cause", err.Error(), "retryIn", wait.String())
		}
		backoff.Sleep(ctx, wait)
	}
}

// Problem says in a sentence why owners are not reminded, or not all; "" if they are.
func (r *Reminder) Problem() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.problem
}

func (r *Reminder) setProblem(problem string) {
	r.mu.Lock()
	changed := r.problem != problem
	r.problem = problem
	r.mu.Unlock()
	if changed {
		r.options.Changed()
	}
}

// notReadable is what to do about access lists that may not be read.
const notReadable = "owners of access lists are not reminded, because the role of the identity does not allow list and read " +
	"on access_list, or Teleport has no access lists"

// round reminds all owners who should be by now. It returns when to look again, and an error
// if that should be soon.
func (r *Reminder) round(ctx context.Context) (wait time.Duration, err error) {
	now := time.Now()
	lists, err := r.options.Lists.AccessLists(ctx, now)
	if errors.Is(err, accessrequest.ErrNotAllowed) {
		r.setProblem(notReadable)
		return retryCap, nil
	}
	if r.tooMany = errors.Is(err, accesslist.ErrTooMany); err != nil && !r.tooMany {
		return 0, err
	}
	if err := r.memory.settle(ctx); err != nil {
		r.storeFailed(err)
		return 0, err
	}
	due := accesslist.Batches(lists, now)
	if len(due) == 0 {
		r.sayWhoLacks(due)
		return backoff.Around(interval), nil
	}
	if err := r.memory.load(ctx); err != nil {
		r.storeFailed(err)
		return 0, err
	}
	return r.remindAll(ctx, due)
}

// storeFailed says why a store cannot be used, unless that may pass by itself.
func (r *Reminder) storeFailed(err error) {
	if errors.Is(err, ErrStoreDenied) || errors.Is(err, errFull) {
		r.setProblem("owners of access lists are not reminded: " + err.Error())
	}
}
