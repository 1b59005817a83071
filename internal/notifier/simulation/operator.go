package simulation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// stopsWithin is for how long an engine may go on after it was told to stop.
const stopsWithin = 30 * time.Second

// operator is one process with one engine.
type operator struct {
	world *world
	// name is e1.2 for the second operator in the first slot.
	name string
	slot int

	bot string

	session *session
	engine  *notifier.Notifier
	quit    context.CancelFunc
	began   time.Duration
	router  *routing.RuleRouter
	// desk takes clicks; nil where messages have no buttons.
	desk *review.Desk
	// panicked is set once the engine has put a request aside.
	panicked bool
	// unnamed counts the last snapshots that did not name why something waits.
	unnamed int

	// dead is closed when the operator is killed, ended when Run has returned.
	dead, ended chan struct{}
	die         sync.Once

	mu sync.Mutex
	// rules are all that it ever had, the present ones last.
	rules []ruleSet
	// left is when it was told to stop, or was killed; zero before.
	left time.Time
	// made counts all calls.
	made int
	// glances counts how often the feed was looked at at the instant glanced.
	glances int
	glanced time.Time
	// calls counts the calls of each method.
	calls map[string]int
	// notices are the reasons of the notices that it gave.
	notices map[string]bool
	// pauses are the calls that the chat service does not want for now.
	pauses []pause
}

// start makes an operator in a slot and runs its engine.
func (w *world) start(slot int) {
	if w.running(slot) != nil {
		return
	}
	w.incarnations[slot]++
	o := &operator{
		world: w,
		name:  fmt.Sprintf("e%d.%d", slot, w.incarnations[slot]),
		slot:  slot,
		bot:   w.botOf(slot),
		began: w.now(),
		rules: []ruleSet{w.rules},
		dead:  make(chan struct{}),
		ended: make(chan struct{}),
		calls: map[string]int{},

		notices: map[string]bool{},
	}
	o.session = newSession(o)
	o.router = routing.NewMonitoringRouter(w.routingOf(w.rules), o.session)
	o.engine = notifier.New(notifier.Options{
		Log:       logr.Discard(),
		Feed:      o.session,
		Records:   store{o},
		Messenger: o.messenger(),
		Router:    o.router,
		Owner:     notifier.Owner{Installation: w.installation(slot), Messenger: w.plan.chat.name, KeySecret: []byte(w.installation(slot))},
		Describe:  o.describe,
		Changed:   func() {},
		Notice: func(n status.Notice) {
			w.trace.add(o.name, "notice %s: %s", n.Reason, n.Text)
			o.gives(n.Reason)
		},
	})
	o.desk = o.newDesk()
	ctx, quit := context.WithCancel(context.Background())
	o.quit = quit
	w.operators = append(w.operators, o)
	w.trace.add(o.name, "starts as %s of %s, %s", o.bot, w.installation(slot), w.rules)
	go o.run(ctx)
	if w.plan.monitors || w.plan.rules.trait != "" {
		go o.router.Follow(ctx)
	}
	go o.session.run()
}

// configure gives the operator other rules while it works.
func (o *operator) configure(rules ruleSet) {
	o.mu.Lock()
	o.rules = append(o.rules, rules)
	o.mu.Unlock()
	o.router.Replace(o.world.routingOf(rules))
}

// configured returns all rules that the operator ever had.
func (o *operator) configured() []ruleSet {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.rules)
}

// writer is the operator as the chat service knows it.
func (o *operator) writer() writer {
	return writer{o.name, o.bot}
}

// run lets the engine work until it is told to stop.
func (o *operator) run(ctx context.Context) {
	defer close(o.ended)
	defer func() {
		if value := recover(); value != nil {
			o.world.violate(ruleCrash, "%s panicked: %v\n%s", o.name, value, debug.Stack())
		}
	}()
	err := o.engine.Run(ctx)
	switch {
	case ctx.Err() == nil:
		o.world.violate(ruleCrash, "the engine of %s ended by itself: %v", o.name, err)
	case err != nil && !o.isDead():
		o.world.violate(ruleCrash, "the engine of %s ended with an error: %v", o.name, err)
	}
	o.world.trace.add(o.name, "has ended")
}

// stop ends the operator as SIGTERM does.
func (o *operator) stop() {
	o.world.trace.add(o.name, "is told to stop")
	o.leave()
	o.quit()
	go func() {
		timer := time.NewTimer(stopsWithin)
		defer timer.Stop()
		select {
		case <-o.ended:
		case <-timer.C:
			o.world.violate(ruleCrash, "%s has not stopped after %s", o.name, stopsWithin)
		}
	}()
}

// kill ends the operator as SIGKILL does. What it has sent may still arrive.
func (o *operator) kill() {
	o.world.trace.add(o.name, "is killed")
	o.leave()
	o.die.Do(func() { close(o.dead) })
	o.quit()
}

func (o *operator) leave() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.left.IsZero() {
		o.left = time.Now()
	}
}

// isRunning reports whether the operator was neither stopped nor killed.
func (o *operator) isRunning() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.left.IsZero()
}

func (o *operator) isDead() bool {
	select {
	case <-o.dead:
		return true
	default:
		return false
	}
}

// over reports whether the operator hears of nothing any more.
func (o *operator) over() bool {
	select {
	case <-o.ended:
		return true
	default:
		return o.isDead()
	}
}

// wait lets time pass, until the operator is over.
func (o *operator) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-o.dead:
	case <-o.ended:
	}
}

// silence is how calls end that a dead operator would make: nothing happens, and it
// takes as long as its caller waits.
func (o *operator) silence(ctx context.Context, timeout time.Duration) error {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return errDead
}

// busyLoop is how often an engine may look at the feed at one instant.
const busyLoop = 20_000

// tooMany is how many calls no engine needs. Whoever makes more is slowed down, so that
// the world ends.
const tooMany = 10 * (1000 + 4*flooding)

// gives notes a notice.
func (o *operator) gives(reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.notices[reason] = true
}

// gave reports whether it gave a notice for a reason.
func (o *operator) gave(reason string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.notices[reason]
}

// spins notices an engine that does the same again and again without waiting for
// anything, and makes it wait: time would stand still.
func (o *operator) spins() {
	o.mu.Lock()
	if now := time.Now(); !o.glanced.Equal(now) {
		o.glances, o.glanced = 0, now
	}
	o.glances++
	glances := o.glances
	o.mu.Unlock()
	if glances < busyLoop {
		return
	}
	if glances == busyLoop {
		o.world.violate(ruleBusy, "%s is in a busy loop", o.name)
	}
	o.wait(time.Second)
}

// begins notes that a call begins.
func (o *operator) begins(c callID) {
	select {
	case <-o.ended:
		o.world.violate(ruleCrash, "%s calls %s after Run has returned", o.name, c)
	default:
	}
	o.world.trace.add(o.name, "%s ...", c)
	o.mu.Lock()
	o.calls[c.method]++
	if c.method != "traits" {
		// Those are remembered for a while, so that they seldom take a call.
		o.made++
	}
	made := o.made
	o.obeys(c)
	o.mu.Unlock()
	if made == tooMany {
		o.world.violate(ruleBusy, "%s makes call after call", o.name)
	}
	if made >= tooMany {
		o.wait(time.Minute)
	}
}

// ends notes what a call came back with.
func (o *operator) ends(c callID, err error, unclear bool) {
	o.world.trace.add(o.name, "%s: %v", c, said(err))
	if unclear && c.service == chatService {
		o.world.chat.doubt(c)
	}
	if c.method == "check" || c.method == "resolve" {
		return
	}
	if e, ok := errors.AsType[*messenger.Error](err); ok && e.Class == messenger.Throttled {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.pauses = append(o.pauses, pause{c, e.Scope, time.Now(), time.Now().Add(e.RetryAfter), 0})
	}
}

// total returns how many calls of the methods were made, of all if none is named.
func (o *operator) total(methods ...string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for method, count := range o.calls {
		if len(methods) == 0 {
			n += count
		}
		for _, m := range methods {
			if m == method {
				n += count
			}
		}
	}
	return n
}
