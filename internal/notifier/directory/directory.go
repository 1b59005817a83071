package directory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/guard"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/signal"
)

// State is what is known of a recipient.
type State int

const (
	// Unknown recipients have not been looked up successfully yet. Answer.Err says
	// why, nil if no look-up has ended.
	Unknown State = iota
	// Known recipients have an address. They keep it while a repeated look-up fails
	// for a reason that should pass; Answer.Err says why.
	Known
	// Broken recipients do not exist, or cannot be reached, as Answer.Err says.
	Broken
)

// Answer is what is known of a recipient.
type Answer struct {
	State   State
	Address messenger.Address
	// Err is why the last look-up failed, nil after a success.
	Err *messenger.Error
	// Stuck is set for an Unknown recipient of which look-ups have failed for a while.
	Stuck bool
}

// Options is what a Directory is made of. Resolve is required.
type Options struct {
	// Resolve looks one recipient up; a Person only as an e-mail address. It must
	// not panic. A MessengerPermanent error stops all look-ups until Retry, or for
	// SlowRetry: the caller has confirmed it, or has made it another class.
	Resolve func(ctx context.Context, r routing.Recipient) (messenger.Address, error)
	// Changed is called, without a lock, when the answer for a recipient has become
	// another, also when a look-up has failed for the first time. The caller knows
	// which requests wait for that recipient. It must return quickly.
	Changed func(r routing.Recipient, now Answer)
	// Forgotten is called, without a lock, with persons that had to make room for others.
	// It must return quickly.
	Forgotten func(persons []routing.Recipient)
	// Guard is deferred by every goroutine; default: nothing.
	Guard guard.Guard
	// RetryBase and RetryCap bound the back-off; defaults 500 ms and 30 s.
	RetryBase, RetryCap time.Duration
	// SlowRetry is about how often a broken recipient is looked up; default 5 min.
	SlowRetry time.Duration
	// TTL is for about how long an address is believed; default 1 h.
	TTL time.Duration
	// Width bounds the look-ups under way; default 8.
	Width int
	// MaxPersons bounds the persons that are remembered; default 4,096.
	MaxPersons int
}

func (o Options) withDefaults() Options {
	o.RetryBase = cmp.Or(o.RetryBase, 500*time.Millisecond)
	o.RetryCap = cmp.Or(o.RetryCap, 30*time.Second)
	o.SlowRetry = cmp.Or(o.SlowRetry, 5*time.Minute)
	o.TTL = cmp.Or(o.TTL, time.Hour)
	o.Width = cmp.Or(o.Width, 8)
	o.MaxPersons = cmp.Or(o.MaxPersons, 4096)
	if o.Changed == nil {
		o.Changed = func(routing.Recipient, Answer) {}
	}
	if o.Forgotten == nil {
		o.Forgotten = func([]routing.Recipient) {}
	}
	return o
}

// Directory knows recipients. Make one with New. Its methods are safe for concurrent
// use and never wait for a look-up.
type Directory struct {
	// news has Run look for what to look up.
	news signal.Signal

	mu    sync.Mutex
	state // guarded by mu, but for its options
}

// New makes a Directory. It looks nothing up until Run.
func New(o Options) *Directory {
	d := &Directory{news: signal.New()}
	o = o.withDefaults()
	d.state = state{
		options: o,
		alarm:   d.alarm,
		entries: map[routing.Recipient]*entry{},
		persons: persons{most: o.MaxPersons, unanswered: map[string]int{}},
	}
	return d
}

// Run makes look-ups until ctx ends, and waits for those under way. It must be called
// once.
func (d *Directory) Run(ctx context.Context) {
	var lookups sync.WaitGroup
	defer lookups.Wait()
	defer d.change(func(time.Time) { d.close() })
	for ctx.Err() == nil {
		entries, wait := d.startable()
		for _, e := range entries {
			d.options.Guard.Go(&lookups, func() { d.resolve(ctx, e) })
		}
		var over <-chan time.Time
		if wait > 0 {
			over = time.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-d.news:
		case <-over:
		}
	}
}

// startable starts all look-ups that may be, and returns how long others wait for the
// service, 0 for not at all.
func (d *Directory) startable() (entries []*entry, wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for e := d.next(now); e != nil; e = d.next(now) {
		entries = append(entries, e)
	}
	return entries, d.service.wait(now)
}

// resolve makes one look-up. The end of ctx is no answer.
func (d *Directory) resolve(ctx context.Context, e *entry) {
	address, err := d.options.Resolve(ctx, e.recipient)
	if ctx.Err() != nil {
		return
	}
	var failure *messenger.Error
	if err != nil {
		failure = messenger.AsError(err)
	}
	var answer Answer
	var changed bool
	d.change(func(now time.Time) {
		changed = d.finish(e, address, failure, now)
		answer = e.answer
	})
	if changed {
		d.options.Changed(e.recipient, answer)
	}
	d.change(func(now time.Time) { d.release(e, now) })
}

// change changes the state, and has Run look at it.
func (d *Directory) change(f func(now time.Time)) {
	defer d.news.Give()
	d.mu.Lock()
	defer d.mu.Unlock()
	f(time.Now())
}

// alarm has a recipient looked up after a time.
func (d *Directory) alarm(wait time.Duration, e *entry) *time.Timer {
	return d.options.Guard.After(wait, func() {
		d.change(func(time.Time) {
			if d.entries[e.recipient] == e {
				d.enqueue(e, 0)
			}
		})
	})
}

// Lookup returns what is known of a recipient, and has it looked up if that is due.
// The requester is who named a Person, and takes turns with others; it is ignored for
// configured recipients. A requester who has too many persons waiting gets Broken with
// the code CodeTooMany for another.
func (d *Directory) Lookup(r routing.Recipient, requester string) (answer Answer) {
	var forgotten []routing.Recipient
	d.change(func(now time.Time) {
		answer = d.lookup(r, requester, now)
		forgotten, d.forgotten = d.forgotten, nil
	})
	if len(forgotten) > 0 {
		d.options.Forgotten(forgotten)
	}
	return answer
}

// CodeTooMany is the code of the error for a person who was not looked up, because
// too many others wait to be.
const CodeTooMany = "too_many_recipients"

// Hold keeps look-ups from being started until Release: the token is refused, or was
// not checked yet.
func (d *Directory) Hold() {
	d.change(func(time.Time) { d.gate.Hold() })
}

// Release ends Hold.
func (d *Directory) Release() {
	d.change(func(time.Time) { d.gate.Release() })
}

// Retry looks up at once what has failed, because the service or the token works
// again, within the bounds of Width: all but persons that do not exist. It ends the
// shared back-off, not a pause that the service asked for.
func (d *Directory) Retry() {
	d.change(func(now time.Time) { d.retry(now) })
}

// Expire makes every look-up due: configured recipients are looked up now, persons
// when they are asked for next.
func (d *Directory) Expire() {
	d.change(func(time.Time) {
		for _, e := range d.entries {
			switch {
			case e.recipient.Person && !waitsAlone(e.answer.Err):
				e.due = time.Time{}
			case !e.recipient.Person:
				d.expire(e)
			}
		}
	})
}

// Doubt looks those recipients up again whose address does not work any more.
func (d *Directory) Doubt(address string) {
	d.change(func(time.Time) {
		for _, e := range d.entries {
			if e.answer.State == Known && e.answer.Address.ID == address {
				d.expire(e)
			}
		}
	})
}

// Forget drops the persons that were not asked for during TTL, and other recipients
// that are not configured any more, and returns them. One that is being looked up is
// dropped the next time.
func (d *Directory) Forget(configured []routing.Recipient) (forgotten []routing.Recipient) {
	d.change(func(now time.Time) {
		for r, e := range d.entries {
			needed := now.Sub(e.used) <= d.options.TTL
			if !r.Person {
				needed = slices.Contains(configured, r)
			}
			if !needed && e.started == 0 {
				d.forget(e)
				forgotten = append(forgotten, r)
			}
		}
	})
	return forgotten
}

// Names returns the recipients with that address: those that are configured, in order,
// then the persons.
func (d *Directory) Names(address string) (names []routing.Recipient) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for r, e := range d.entries {
		if e.answer.State == Known && e.answer.Address.ID == address {
			names = append(names, r)
		}
	}
	slices.SortFunc(names, func(a, b routing.Recipient) int {
		if a.Person != b.Person {
			if b.Person {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return names
}

// Failed returns what is known of the recipients whose last look-up failed.
func (d *Directory) Failed() map[routing.Recipient]Answer {
	d.mu.Lock()
	defer d.mu.Unlock()
	failed := map[routing.Recipient]Answer{}
	for r, e := range d.entries {
		if answer := e.answer; answer.Err != nil {
			answer.Stuck = e.stuck(time.Now())
			failed[r] = answer
		}
	}
	return failed
}

// Decided reports whether each of the recipients is known or broken.
func (d *Directory) Decided(recipients []routing.Recipient) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !slices.ContainsFunc(recipients, func(r routing.Recipient) bool {
		e, ok := d.entries[r]
		return !ok || e.answer.State == Unknown
	})
}

// Backlog reports whether look-ups wait because they failed for a reason that should
// pass.
func (d *Directory) Backlog() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.backlog()
}
