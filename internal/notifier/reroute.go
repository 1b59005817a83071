package notifier

import "context"

// reroute returns a loop that looks at everything again whenever the rules have changed,
// so that an engine goes on while its rules are edited. The first change closes changed,
// which must have been asked for before any recipients were.
func (n *Notifier) reroute(changed <-chan struct{}) func(context.Context) {
	return func(ctx context.Context) {
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed:
			}
			changed = n.options.Router.Changed()
			n.forgetRecipients()
			n.lookAtAll()
		}
	}
}

// forgetRecipients forgets recipients that no rule and no request names any more.
func (n *Notifier) forgetRecipients() {
	n.announcer.ForgetRecipients(n.directory.Forget(n.configured()))
}
