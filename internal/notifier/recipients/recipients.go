// Package recipients knows who should hear of which access request, at which address, and what
// the owner calls them.
//
// It asks the router and the directory, which it makes. It has requests looked at again when
// an answer changes.
package recipients

import (
	"context"
	"errors"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/announce"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/directory"
	"github.com/accessnotifier/accessnotifier/internal/notifier/quarantine"
	"github.com/accessnotifier/accessnotifier/internal/notifier/registry"
	"github.com/accessnotifier/accessnotifier/internal/notifier/timing"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// Options is what Recipients are made of.
type Options struct {
	Router routing.Router
	// Find asks the messenger for the address of a recipient that is no Requester.
	Find      func(ctx context.Context, r routing.Recipient) (messenger.Address, error)
	Timing    timing.Timing
	Requests  *registry.Registry
	Announcer *announce.Announcer
	// Explain says in a sentence what a failure means, and what to do.
	Explain    func(*messenger.Error) string
	Breaker    *breaker.Breaker
	Quarantine *quarantine.Quarantine
	// Again has a request looked at again.
	Again func(id string)
	// Changed is called when a recipient was looked up with another answer than before.
	Changed func()
}

// Recipients knows who should hear of which request. Make one with New.
type Recipients struct {
	*directory.Directory
	options Options
	// rerouted is closed when the rules change.
	rerouted <-chan struct{}
}

// New makes Recipients of which none is looked up yet.
func New(o Options) *Recipients {
	r := &Recipients{options: o, rerouted: o.Router.Changed()}
	r.Directory = directory.New(directory.Options{
		Resolve:   r.resolve,
		Changed:   r.resolved,
		Forgotten: o.Announcer.ForgetRecipients,
		Guard:     o.Quarantine.Stop,
		RetryBase: o.Timing.RetryBase,
		RetryCap:  o.Timing.RetryCap,
		SlowRetry: o.Timing.SlowRetry,
		TTL:       o.Timing.ResolveTTL,
	})
	return r
}

// Reroute calls changed whenever the rules have changed, so that an engine goes on while its
// rules are edited. It ends with ctx.
func (r *Recipients) Reroute(ctx context.Context, changed func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.rerouted:
		}
		r.rerouted = r.options.Router.Changed()
		r.Forget()
		changed()
	}
}

// Forget forgets recipients that no rule and no request names any more.
func (r *Recipients) Forget() {
	r.options.Announcer.ForgetRecipients(r.Directory.Forget(r.configured()))
}

// LookUp looks up the recipients that the rules name, so that one that does not work is
// known before a request needs it.
func (r *Recipients) LookUp() {
	for _, recipient := range r.configured() {
		r.Lookup(recipient, "")
	}
}

func (r *Recipients) configured() []routing.Recipient { return r.options.Router.Configured() }

// errBug is the answer for a person at whose name the messenger panicked.
var errBug = &messenger.Error{
	Class: messenger.RecipientPermanent, Call: "look-up", Code: "internal_error",
	What: "a bug keeps the recipient from being looked up at {service}", Advice: "Report it with the operator's log",
}

// contained finds a recipient. A person at whose name the messenger panics is left out, since
// a requester typed it; that of an operator ends the notifier.
func (r *Recipients) contained(ctx context.Context, recipient routing.Recipient) (to messenger.Address, err error) {
	find := func(ctx context.Context) (err error) {
		to, err = r.find(ctx, recipient)
		return err
	}
	if !recipient.Person {
		err = r.options.Quarantine.Guard(find)(ctx)
		return to, err
	}
	if err = r.options.Quarantine.Contain(find)(ctx); errors.Is(err, quarantine.ErrPanic) {
		err = errBug
	}
	return to, err
}

// resolve looks a recipient up. A refusal that is about the token stops everything only
// if a check at once confirms it.
func (r *Recipients) resolve(ctx context.Context, recipient routing.Recipient) (to messenger.Address, err error) {
	to, err = r.contained(ctx, recipient)
	failure := messenger.AsError(err)
	switch {
	case err == nil:
		return to, nil
	case failure.Class == messenger.PermissionMissing:
		return to, failure.WithClass(messenger.RecipientPermanent)
	case failure.Class != messenger.MessengerPermanent:
		return to, err
	}
	switch r.options.Breaker.ReportUnauthorized(ctx) {
	case breaker.TokenRefused:
		return to, failure
	case breaker.CallOnly:
		return to, failure.WithClass(messenger.RecipientPermanent)
	default:
		return to, failure.WithClass(messenger.Transient)
	}
}

// resolved is called when a recipient was looked up with another answer than before.
func (r *Recipients) resolved(recipient routing.Recipient, now directory.Answer) {
	concerned := r.options.Requests.Concerned(recipient)
	switch now.State {
	case directory.Known:
		r.options.Announcer.RecipientWorks(recipient)
	case directory.Broken:
		r.options.Announcer.RecipientBroken(recipient, now.Err, concerned)
	default:
		if now.Err != nil {
			r.options.Breaker.Suspect()
		}
	}
	if now.Err != nil && !recipient.Person {
		r.options.Announcer.UnknownCode(recipient.Name, now.Err)
	}
	for _, id := range concerned {
		r.options.Again(id)
	}
	r.options.Changed()
}

// NameOf returns how the rules call an address, or called it when it was told under a name;
// its id, if they do not: other names are typed by requesters.
func (r *Recipients) NameOf(address, name string) string {
	configured := r.configured()
	for _, recipient := range r.Names(address) {
		if slices.Contains(configured, recipient) {
			return recipient.Name
		}
	}
	if slices.Contains(configured, routing.Recipient{Name: name}) {
		return name
	}
	return address
}
