package check

import (
	"context"
	"errors"

	"github.com/accessnotifier/accessnotifier/internal/backoff"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// patience is how often a call is made that the service throttles.
const patience = 3

// messenger checks the bot, and returns it. It does not work if nothing can be tried
// with it.
func (o Options) messenger(ctx context.Context, s section) (bot messenger.Messenger, works bool) {
	if o.unread(len(o.Spec.Messenger.Secrets) == 0) {
		s.skipped("token", "not tried, it could not be read")
		return nil, false
	}
	bot, err := o.NewMessenger(o.Spec.Messenger)
	if err != nil {
		s.add(Failed, "settings", err.Error(), "Put the bot's token, and nothing else, where it is read from")
		return nil, false
	}
	err = patiently(ctx, func() error { return bot.Check(ctx) })
	if err != nil && messenger.AsError(err).Class != messenger.PermissionMissing {
		s.failed("token", err)
		return bot, false
	}
	if s.remote.Unchecked {
		s.skipped("token", "not tried, only a message shows whether it works: --send-test sends one")
		return bot, true
	}
	s.passed("token", account(bot))
	o.permissions(ctx, s, bot, err)
	return bot, true
}

// account says whose token it is.
func account(bot messenger.Messenger) string {
	accounter, ok := bot.(messenger.Accounter)
	if !ok {
		return "works"
	}
	known, ok := accounter.Account()
	if !ok {
		return "works"
	}
	return "bot " + known.String()
}

// permissions names each permission where the service does, else the one that the
// messenger's own check has missed.
func (o Options) permissions(ctx context.Context, s section, bot messenger.Messenger, missed error) {
	var found []messenger.Permission
	if permitter, ok := bot.(messenger.Permitter); ok {
		err := patiently(ctx, func() (err error) {
			found, err = permitter.Permissions(ctx)
			return err
		})
		if err != nil {
			s.failed("scopes", err)
			return
		}
	}
	if len(found) == 0 && missed != nil {
		s.failed("permissions", missed)
	}
	for _, p := range found {
		switch {
		case p.Granted:
			s.passed(p.Name, "may "+p.For)
		case p.Required:
			s.add(Failed, p.Name, "may not "+p.For, "Add the scope "+p.Name+" to the app, and install it again")
		default:
			s.add(Warned, p.Name, "may not "+p.For+" (optional)", "Add the scope "+p.Name+" to the app, and install it again")
		}
	}
}

// failed adds a call that failed.
func (s section) failed(subject string, err error) {
	e := messenger.AsError(err)
	s.add(Failed, subject, s.remote.Describe(e), s.remote.Advise(e))
}

// patiently makes a call again that was throttled, when that is allowed.
func patiently(ctx context.Context, call func() error) error {
	for n := 1; ; n++ {
		err := call()
		e, ok := errors.AsType[*messenger.Error](err)
		if !ok || e.Class != messenger.Throttled || n == patience || ctx.Err() != nil {
			return err
		}
		backoff.Sleep(ctx, e.RetryAfter)
	}
}
