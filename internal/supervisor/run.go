package supervisor

import (
	"context"
	"net/netip"
	"net/url"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier"
)

// Bounds of the wait after an engine has panicked.
const (
	crashBase = time.Second
	crashCap  = 5 * time.Minute
)

// supervise runs the engines of one worker, one after the other.
func (s *Supervisor) supervise(ctx context.Context, w *worker) {
	defer w.letGo()
	for inARow := 0; ctx.Err() == nil; {
		// Whatever was signalled is seen by reading the current spec.
		select {
		case <-w.changed:
		default:
		}
		spec, epoch, ok := w.current()
		if !ok {
			w.letGo()
			if s.forget(w) {
				return
			}
			continue
		}
		started := time.Now()
		err := s.runEngine(ctx, w, spec, epoch)
		if err == nil {
			continue
		}
		if time.Since(started) > 2*crashCap {
			inARow = 0
		}
		inARow++
		w.crashed()
		s.log.Error(err, "Restarting a notifier", "namespace", w.key.Namespace, "name", w.key.Name, "crashesInARow", inARow)
		w.report(epoch, nil, err)
		s.tell(w.key)
		waitFor(ctx, w.changed, min(crashBase<<min(inARow, 16), crashCap))
	}
}

// waitFor waits for d, for a token (which it puts back), or for the end of ctx.
func waitFor(ctx context.Context, changed chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-changed:
		signal(changed)
	}
}

// runEngine runs an engine until the spec changes or ctx ends, and returns after
// the engine has ended. An error means that it has to be started again.
func (s *Supervisor) runEngine(ctx context.Context, w *worker, spec Spec, epoch int) error {
	lease := w.hold(s.pool, spec)
	bot, release, err := s.bot(spec.Messenger)
	if err != nil {
		// Nothing but a change of the spec can help.
		w.report(epoch, nil, err)
		s.tell(w.key)
		select {
		case <-ctx.Done():
		case <-w.changed:
			signal(w.changed)
		}
		return nil
	}
	defer release()
	tell := func() { s.tell(w.key) }
	engine := notifier.New(notifier.Options{
		Log:       s.log.WithValues("namespace", w.key.Namespace, "name", w.key.Name),
		Feed:      feed{Session: lease.Session, statusChanged: tell},
		Records:   records{session: lease.Session, plugin: w.key.plugin()},
		Messenger: bot.Messenger,
		Resolve:   notifier.Resolve{Name: bot.resolve, Person: bot.personResolver()},
		Probe:     bot.probe,
		Rules:     spec.Rules,
		Owner:     notifier.Owner{Installation: spec.Installation, Messenger: spec.Messenger.Type},
		KeySecret: spec.keySecret(w.key),
		Metrics:   s.metrics.Notifier(w.key.Namespace, w.key.Name, spec.Messenger.Type),
		Timing:    s.timing,
		Changed:   tell,
		Notice:    func(n Notice) { s.give(w.key, n) },
	})
	w.report(epoch, engine, nil)
	s.tell(w.key)
	return runUntilChanged(ctx, w.changed, engine)
}

func runUntilChanged(ctx context.Context, changed chan struct{}, engine *notifier.Notifier) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- protect(func() error { return engine.Run(ctx) })
	}()
	select {
	case err := <-done:
		return err
	case <-changed:
		signal(changed)
		cancel()
		return <-done
	}
}

// bot returns the bot of the settings. An error is a *ConfigError. The caller calls
// release when it does not use the bot any more.
func (s *Supervisor) bot(m Messenger) (b *bot, release func(), err error) {
	descriptor, err := s.messengers.Find(m.Type)
	if err == nil {
		b, release, err = s.bots.acquire(descriptor, s.messengerConfig(m))
	}
	if err != nil {
		return nil, nil, &ConfigError{err: err}
	}
	return b, release, nil
}

// messengerConfig returns what a messenger is made with, but for the pauses that
// it shares with others.
func (s *Supervisor) messengerConfig(m Messenger) messenger.Config {
	address, client := m.URL, s.client
	override, overridden := s.urls[m.Type]
	if overridden {
		address = override
	}
	if overridden || isLoopback(address) {
		client = s.loopback
	}
	return messenger.Config{Secrets: m.Secrets, URL: address, HTTPClient: client, Version: s.version}
}

// isLoopback reports whether a URL names this machine, as that of a sidecar
// does. A name that merely leads here does not count: that is how a tenant
// would reach what only the operator should.
func isLoopback(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := parsed.Hostname()
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
