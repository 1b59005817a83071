package recipients

import (
	"cmp"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/directory"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// Status tells how the configured recipients are doing, given why addresses refuse messages.
func (r *Recipients) Status(problems map[string]*messenger.Error) status.Recipients {
	configured, names := r.configured(), map[string]bool{}
	for _, recipient := range configured {
		names[recipient.Name] = true
	}
	return status.Recipients{Decided: r.Decided(configured), Configured: len(names), Unresolved: r.unresolved(problems)}
}

// unresolved returns the configured recipients that do not work, because they are not
// found or because their address refuses messages. Each name is there once.
func (r *Recipients) unresolved(problems map[string]*messenger.Error) []status.UnresolvedRecipient {
	works := r.options.Breaker.State().Status == breaker.Available
	failures, byName := notFound(r.Failed(), works), map[string]*messenger.Error{}
	for address, problem := range problems {
		for _, recipient := range r.Names(address) {
			if broken(problem) {
				failures[recipient] = problem
			}
		}
	}
	var undelivered []track.Undelivered
	if len(problems) > 0 {
		undelivered = undeliveredOf(r.options.Requests.All())
	}
	for _, u := range undelivered {
		if problem := problems[u.Address]; problem != nil && broken(problem) && isKnownByName(r.Names(u.Name), u.Address, u.Name) {
			byName[u.Name] = problem
		}
	}
	var found []status.UnresolvedRecipient
	for _, recipient := range r.configured() {
		failure := cmp.Or(byName[recipient.Name], failures[recipient])
		named := len(found) > 0 && found[len(found)-1].Recipient == recipient.Name
		if failure != nil && !named {
			found = append(found, status.UnresolvedRecipient{
				Recipient: recipient.Name, Message: r.options.Explain(failure), Passing: !broken(failure),
			})
		}
	}
	return found
}

// notFound returns the recipients that look-ups do not find, and why. Of those that are stuck it
// is said only while the messenger works: else that is the problem.
func notFound(failed map[routing.Recipient]directory.Answer, works bool) map[routing.Recipient]*messenger.Error {
	found := map[routing.Recipient]*messenger.Error{}
	for recipient, answer := range failed {
		if answer.State == directory.Broken || answer.Stuck && works {
			found[recipient] = answer.Err
		}
	}
	return found
}

// undeliveredOf is what recipients of the requests wait for.
func undeliveredOf(requests []*track.Request) (all []track.Undelivered) {
	for _, t := range requests {
		all = append(all, t.Undelivered()...)
	}
	return all
}

// isKnownByName reports whether an address is that of a recipient which the service knows, or
// knew when it was told, by name only: its name is one id of it, and the address another. Named
// are the recipients whose address is that name.
func isKnownByName(named []routing.Recipient, address, name string) bool {
	return address == name || slices.ContainsFunc(named, func(known routing.Recipient) bool {
		return known.Name == name && !known.Person
	})
}

// broken reports whether a failure of a look-up or a delivery means that the recipient
// cannot work.
func broken(failure *messenger.Error) bool {
	return failure.Class == messenger.RecipientPermanent || failure.Class == messenger.PermissionMissing
}
