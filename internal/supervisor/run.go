package supervisor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accesslist/reminder"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/wording"
)

// Bounds of the wait after an engine has panicked.
const (
	crashBase = 2 * time.Second
	crashCap  = 5 * time.Minute
)

// run is one spec in effect: one engine at a time, until another run replaces it. What
// it reports dies with it.
type run struct {
	spec Spec
	// router has the rules of the newest spec.
	router *routing.RuleRouter
	// wording is that of the newest spec.
	wording *wording.Wording
	// session is held from the beginning, so that it is shared with the run
	// before, if that has the same.
	session *teleport.SessionHandle
	// before is closed when the run that this one replaces has ended; nil for none.
	before <-chan struct{}
	// cancel ends the run, done is closed when it has ended.
	cancel context.CancelFunc
	done   chan struct{}

	mu sync.Mutex
	s  runState
}

// runState is guarded by run.mu.
type runState struct {
	// engine is the one that runs, nil if none does; failure is why.
	engine  *notifier.Notifier
	failure error
	// reminder reminds owners of access lists beside it, nil if they are not reminded.
	reminder *reminder.Reminder
	// clicks are those on its messages, nil if it has no buttons.
	clicks *clicks
}

// report notes what runs, or why nothing does.
func (r *run) report(state runState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.s = state
}

func (r *run) state() runState {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.s
}

// supervise runs the engines of a run, one after the other, until ctx ends.
func (s *Supervisor) supervise(ctx context.Context, w *worker, r *run) {
	defer s.ended(w, r)
	tell := func() { s.tell(w.key) }
	defer r.session.WatchStatus(tell)()
	if r.before != nil {
		// Two engines never deliver the same requests.
		<-r.before
	}
	for inARow := 0; ctx.Err() == nil; {
		started := time.Now()
		err := protect(func() error { return s.runEngine(ctx, w, r) })
		if err == nil {
			return
		}
		if time.Since(started) > 2*crashCap {
			inARow = 0
		}
		inARow++
		w.crashed()
		s.log.Error(err, "Restarting a notifier", "namespace", w.key.Namespace, "name", w.key.Name, "crashesInARow", inARow)
		r.report(runState{failure: err})
		tell()
		backoff.Sleep(ctx, backoff.Ceiling(crashBase, crashCap, inARow))
	}
}

// ended lets go what a run has held.
func (s *Supervisor) ended(w *worker, r *run) {
	r.session.Release()
	s.forget(w, r)
	close(r.done)
}

// runEngine runs an engine until ctx ends, and returns after the engine has ended. An
// error means that it has to be started again.
func (s *Supervisor) runEngine(ctx context.Context, w *worker, r *run) error {
	tell := func() { s.tell(w.key) }
	bot, release, err := s.bot(r.spec.Messenger)
	if err != nil {
		// Nothing but a change of the spec can help.
		r.report(runState{failure: err})
		tell()
		<-ctx.Done()
		return nil
	}
	defer release()
	var clicks *clicks
	engine := notifier.New(notifier.Options{
		Log:       s.log.WithValues("namespace", w.key.Namespace, "name", w.key.Name),
		Feed:      r.session.Session,
		Records:   r.session.Records(w.key.plugin()).After(r.spec.Predecessor),
		Messenger: bot.Messenger,
		Shared: notifier.Shared{
			Name: bot.resolve, Person: bot.personResolver(), User: bot.userResolver(), Group: bot.group, Probe: bot.probe,
			Remote: s.Remote(r.spec.Messenger),
		},
		Router: r.router,
		Describe: func(request accessrequest.Request, cluster accessrequest.Cluster) message.Message {
			return r.wording.Describe(request, cluster).Offer(clicks.buttons(request))
		},
		Owner:   notifier.Owner{Installation: r.spec.Installation, Messenger: r.spec.Messenger.Type, KeySecret: r.spec.keySecret(w.key)},
		Metrics: s.metrics.Notifier(w.key.Namespace, w.key.Name, r.spec.Messenger.Type),
		Timing:  s.timing,
		Changed: tell,
		Notice:  func(n status.Notice) { s.give(w.key, n) },
	})
	clicks = s.newClicks(w, r, bot, engine)
	defer r.session.WatchStatus(clicks.check)()
	owners := s.newReminder(w.key, r, bot)
	r.report(runState{engine: engine, reminder: owners, clicks: clicks})
	tell()
	if owners != nil {
		defer s.runReminder(ctx, w.key, owners)()
	}
	return runAll(ctx, engine.Run, r.router.Follow, clicks.follow)
}

// runAll runs an engine, and what follows changes of its rules, until ctx ends, or one of them
// panics.
func runAll(ctx context.Context, engine func(context.Context) error, follow ...func(context.Context)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	followed := make(chan error, len(follow))
	for _, f := range follow {
		go func() {
			err := protect(func() error { f(ctx); return nil })
			if err != nil {
				stop()
			}
			followed <- err
		}()
	}
	err := protect(func() error { return engine(ctx) })
	stop()
	for range follow {
		err = errors.Join(err, <-followed)
	}
	return err
}

// errPanic is returned for an engine that panicked where it could not be
// recovered inside, or before there was one.
var errPanic = errors.New("engine panicked")

// protect runs f and turns a panic into an error without its value, which may
// hold what people typed.
func protect(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("%w with a %T", errPanic, value)
		}
	}()
	return f()
}
