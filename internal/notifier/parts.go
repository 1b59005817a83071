package notifier

import (
	"crypto/rand"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/announce"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/deliver"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
	"github.com/accessnotifier/accessnotifier/internal/notifier/intake"
	"github.com/accessnotifier/accessnotifier/internal/notifier/observe"
	"github.com/accessnotifier/accessnotifier/internal/notifier/quarantine"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recipients"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/recorder"
	"github.com/accessnotifier/accessnotifier/internal/notifier/registry"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// New makes a Notifier. It does nothing until Run.
func New(o Options) *Notifier {
	o.Timing = o.Timing.WithDefaults()
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Notice == nil {
		o.Notice = func(status.Notice) {}
	}
	o.Shared = o.Shared.withDefaults(o.Messenger)
	writer := rand.Text()[:8]
	n := &Notifier{
		options:   o,
		queue:     newQueue(),
		requests:  registry.New(),
		announcer: announce.New(o.Notice, o.explain),
		observer:  observe.Observer{Feed: o.Feed, Timing: o.Timing},
	}
	n.quarantine = quarantine.New(quarantine.Options{
		Log: o.Log, First: o.Timing.SlowRetry, Announcer: n.announcer, Again: n.queue.again,
	})
	n.recorder = recorder.New(recorder.Options{
		Timing: o.Timing, Announcer: n.announcer, Changed: o.Changed, Again: n.queue.Add,
	})
	n.breaker = n.newBreaker()
	n.recipients = n.newRecipients()
	n.intake = n.newIntake(writer)
	n.dispatch = dispatch.New(dispatch.Options{
		Deliver:   n.newDeliverer(writer).Deliver,
		Guard:     n.quarantine.Stop,
		RetryBase: o.Timing.RetryBase,
		RetryCap:  o.Timing.RetryCap,
		SlowRetry: o.Timing.SlowRetry,
		InFlight:  deliver.NewChat(o.Messenger).MaxCalls,
	})
	return n
}

// newBreaker makes the part that watches over the messenger.
func (n *Notifier) newBreaker() *breaker.Breaker {
	return breaker.New(breaker.Options{
		Check:     n.quarantine.Guard(n.options.Messenger.Check),
		Probe:     n.quarantine.Guard(n.options.Shared.Probe),
		Changed:   n.gate,
		Recovered: n.recovered,
		Try:       func() { n.dispatch.Probe() },
		Guard:     n.quarantine.Stop,
		Waiting:   func() bool { return n.dispatch.Backlog() || n.recipients.Backlog() },
		SlowRetry: n.options.Timing.SlowRetry,
	})
}

// newRecipients makes the part that knows who should hear of what.
func (n *Notifier) newRecipients() *recipients.Recipients {
	return recipients.New(recipients.Options{
		Router:     n.options.Router,
		Find:       n.options.Shared.find,
		Timing:     n.options.Timing,
		Requests:   n.requests,
		Announcer:  n.announcer,
		Explain:    n.options.explain,
		Breaker:    n.breaker,
		Quarantine: n.quarantine,
		Again:      n.queue.Add,
		Changed:    n.options.Changed,
	})
}

// newIntake makes the part that takes requests up.
func (n *Notifier) newIntake(writer string) *intake.Intake {
	return intake.New(intake.Options{
		Log:     n.options.Log,
		Feed:    n.options.Feed,
		Records: n.options.Records,
		Owner:   n.options.Owner.with(n.options.Messenger),
		Planner: track.Planner{
			Waits: n.options.Timing.Waits(), Can: deliver.NewChat(n.options.Messenger).Can(), Writer: writer,
			Describe:        n.options.Describe,
			TellsRequesters: n.options.Router.TellsRequesters,
			Through:         n.options.Owner.Messenger,
		},
		Timing:   n.options.Timing,
		Requests: n.requests,
		Recorder: n.recorder,
		Problems: func() map[string]*messenger.Error { return n.dispatch.Problems() },
		Read:     n.recordsRead,
		Failed:   n.options.Changed,
		Again:    n.queue.Add,
	})
}

// with returns whose the records are, as far as is known: the messenger may learn its
// account only later.
func (o Owner) with(m messenger.Messenger) func() record.Owner {
	return func() record.Owner {
		account := messenger.AccountOf(m)
		return record.Owner{
			Installation: o.Installation, Messenger: o.Messenger, Workspace: account.Workspace, Bot: account.Bot,
		}
	}
}

// explain says in a sentence what a failure of the messenger means, and what to do.
func (o Options) explain(failure *messenger.Error) string {
	remote := o.Shared.Remote
	remote.Account, remote.Retry = messenger.AccountOf(o.Messenger), o.Timing.RetryCap
	return remote.Explain(failure)
}

// newDeliverer makes the part that makes calls.
func (n *Notifier) newDeliverer(writer string) *deliver.Deliverer {
	return deliver.New(deliver.Options{
		Log:       n.options.Log,
		Messenger: n.options.Messenger,
		KeySecret: n.options.Owner.KeySecret,
		Writer:    writer,
		Timing:    n.options.Timing,
		Metrics:   n.options.Metrics,
		Parts: deliver.Parts{
			Requests:   n.requests,
			Recorder:   n.recorder,
			Announcer:  n.announcer,
			Breaker:    n.breaker,
			Recipients: n.recipients,
			Quarantine: n.quarantine,
		},
		Changed: n.options.Changed,
		Again:   n.queue.again,
		Now:     n.queue.Add,
		Refresh: n.options.Feed.Refresh,
	})
}
