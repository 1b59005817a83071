package supervisor

import (
	"context"

	"github.com/accessnotifier/accessnotifier/internal/accesslist/reminder"
	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// newReminder returns what reminds owners of access lists, nil if they are not reminded.
func (s *Supervisor) newReminder(key Key, r *run, b *bot) *reminder.Reminder {
	if r.spec.AccessLists == nil {
		return nil
	}
	return reminder.New(reminder.Options{
		Log:       s.log.WithValues("namespace", key.Namespace, "name", key.Name),
		Lists:     r.session.Session,
		Store:     r.spec.AccessLists.Store,
		Messenger: b.Messenger,
		Find: func(ctx context.Context, owner string) (messenger.Address, error) {
			candidates, err := r.router.Candidates(ctx, r.router.User(owner))
			if err != nil {
				return messenger.Address{}, err
			}
			return b.findPerson(ctx, candidates)
		},
		Words:     r.wording.AccessLists,
		KeySecret: r.spec.keySecret(key),
		Metrics:   s.metrics.Notifier(key.Namespace, key.Name, r.spec.Messenger.Type),
		Timing:    s.timing,
		Changed:   func() { s.tell(key) },
		Notice:    func(n status.Notice) { s.give(key, n) },
	})
}

// runReminder runs a Reminder until the returned function is called, or ctx ends. The function
// waits for the call in flight. A panic keeps no engine from running.
func (s *Supervisor) runReminder(ctx context.Context, key Key, owners *reminder.Reminder) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if err := protect(func() error { owners.Run(ctx); return nil }); err != nil {
				s.log.Error(err, "Reminding owners of access lists has failed, please report it", "namespace", key.Namespace, "name", key.Name)
				backoff.Sleep(ctx, crashCap)
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// findPerson returns the direct messages of the first candidate whom the messenger knows.
func (b *bot) findPerson(ctx context.Context, candidates []routing.Recipient) (messenger.Address, error) {
	byEmail, byID := b.personResolver(), b.userResolver()
	var failure error = &messenger.Error{Class: messenger.RecipientPermanent, Call: "resolve", Code: "no_address"}
	for _, candidate := range candidates {
		find := byEmail
		if candidate.Kind == routing.User {
			find = byID
		}
		if find == nil {
			continue
		}
		to, err := find(ctx, candidate.Name)
		switch {
		case err == nil && to.Direct:
			return to, nil
		case err == nil:
			failure = messenger.WrongKind(to)
		case messenger.AsError(err).Class.Answered():
			failure = err
		default:
			return messenger.Address{}, err
		}
	}
	return messenger.Address{}, failure
}
