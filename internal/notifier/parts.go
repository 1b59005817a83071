package notifier

import (
	"context"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/deliver"
	"github.com/accessnotifier/accessnotifier/internal/notifier/directory"
	"github.com/accessnotifier/accessnotifier/internal/notifier/quarantine"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// newBreaker makes the part that watches over the messenger.
func (n *Notifier) newBreaker() *breaker.Breaker {
	return breaker.New(breaker.Options{
		Check:     n.guarded(n.chat.Check),
		Probe:     n.guarded(n.options.Probe),
		Changed:   n.gate,
		Recovered: n.recovered,
		Try:       func() { n.dispatch.Probe() },
		Waiting:   func() bool { return n.dispatch.Backlog() || n.directory.Backlog() },
		SlowRetry: n.options.Timing.SlowRetry,
	})
}

// guarded returns check, a panic of which ends the notifier and is an error.
func (n *Notifier) guarded(check func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		err := quarantine.ErrPanic
		func() {
			defer n.quarantine.Stop(n.options.Log)
			err = check(ctx)
		}()
		return err
	}
}

// newDirectory makes the part that finds addresses.
func (n *Notifier) newDirectory() *directory.Directory {
	return directory.New(directory.Options{
		Resolve:   n.resolve,
		Changed:   n.resolved,
		RetryBase: n.options.Timing.RetryBase,
		RetryCap:  n.options.Timing.RetryCap,
		SlowRetry: n.options.Timing.SlowRetry,
		TTL:       n.options.Timing.ResolveTTL,
	})
}

// newDeliverer makes the part that makes calls.
func (n *Notifier) newDeliverer() *deliver.Deliverer {
	return deliver.New(deliver.Options{
		Log:       n.options.Log,
		Messenger: n.options.Messenger,
		KeySecret: n.options.KeySecret,
		Writer:    n.writer,
		Timing:    n.options.Timing,
		Metrics:   n.options.Metrics,
		Parts: deliver.Parts{
			Requests:   n.requests,
			Recorder:   n.recorder,
			Announcer:  n.announcer,
			Breaker:    n.breaker,
			Directory:  n.directory,
			Quarantine: n.quarantine,
		},
		Changed:  n.options.Changed,
		PutAside: n.putAside,
		Again:    n.lookAgain,
		Now:      n.queue.Add,
		NameOf:   n.nameOf,
	})
}

// gate lets calls begin while the messenger is usable, and keeps them from it while it
// is not.
func (n *Notifier) gate() {
	if n.breaker.State().Usable() {
		n.dispatch.Release()
		n.directory.Release()
		n.lookUpConfigured()
	} else {
		n.dispatch.Hold()
		n.directory.Hold()
	}
	n.options.Changed()
}

// recovered goes on with what has failed while the messenger did not work.
func (n *Notifier) recovered() {
	n.gate()
	n.dispatch.Retry()
	n.directory.Retry()
	// It may be another account by now.
	n.Synced()
}

// lookUpConfigured looks up the recipients that the rules name, so that one that
// does not work is known before a request needs it.
func (n *Notifier) lookUpConfigured() {
	for _, recipient := range n.configured() {
		n.directory.Lookup(recipient, "")
	}
}

func (n *Notifier) configured() []routing.Recipient {
	return n.options.Router.Configured()
}

// withDefaults returns r with the messenger's own look-ups where it has none.
func (r Resolve) withDefaults(m messenger.Messenger) Resolve {
	if r.Name == nil {
		r.Name = m.Resolve
	}
	people, ok := m.(messenger.PersonResolver)
	switch {
	case r.Person != nil:
	case ok:
		r.Person = people.ResolvePerson
	default:
		r.Person = func(context.Context, string) (messenger.Address, error) {
			return messenger.Address{}, &messenger.Error{
				Class: messenger.RecipientPermanent, Call: "resolve", Code: "people_not_supported",
			}
		}
	}
	return r
}

// resolve looks a recipient up. A refusal that is about the token stops everything only
// if a check at once confirms it.
func (n *Notifier) resolve(ctx context.Context, r routing.Recipient) (to messenger.Address, err error) {
	find := n.options.Resolve.Name
	if r.Person {
		find = n.options.Resolve.Person
	}
	err = n.guarded(func(ctx context.Context) (err error) {
		to, err = find(ctx, r.Name)
		return err
	})(ctx)
	failure := messenger.AsError(err)
	switch {
	case err == nil:
		return to, nil
	case failure.Class == messenger.PermissionMissing:
		return to, deliver.As(failure, messenger.RecipientPermanent)
	case failure.Class != messenger.MessengerPermanent:
		return to, err
	}
	switch n.breaker.ReportUnauthorized(ctx) {
	case breaker.TokenRefused:
		return to, failure
	case breaker.CallOnly:
		return to, deliver.As(failure, messenger.RecipientPermanent)
	default:
		return to, deliver.As(failure, messenger.Transient)
	}
}

// resolved is called when a recipient was looked up with another answer than before.
func (n *Notifier) resolved(r routing.Recipient, now directory.Answer) {
	concerned := n.requests.Concerned(r)
	switch now.State {
	case directory.Known:
		n.announcer.RecipientWorks(r)
	case directory.Broken:
		n.announcer.RecipientBroken(r, now.Err, concerned)
	default:
		if now.Err != nil {
			n.breaker.Suspect()
		}
	}
	for _, id := range concerned {
		n.queue.Add(id)
	}
	n.options.Changed()
}
