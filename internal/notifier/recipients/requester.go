package recipients

import (
	"context"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// find looks a recipient up.
func (r *Recipients) find(ctx context.Context, recipient routing.Recipient) (messenger.Address, error) {
	if recipient.Requester {
		return r.findRequester(ctx, recipient)
	}
	return r.options.Find(ctx, recipient)
}

// findRequester looks up who asks, by each of the names that the messenger may know. What
// is found is a person's direct messages, or nothing.
func (r *Recipients) findRequester(ctx context.Context, who routing.Recipient) (messenger.Address, error) {
	candidates, err := r.options.Router.Candidates(ctx, who)
	if err != nil {
		// It is Teleport that has to be waited for, and not the messenger.
		return messenger.Address{}, &messenger.Error{
			Class: messenger.Throttled, Scope: messenger.ScopeAddress, RetryAfter: r.options.Timing.RetryCap,
			Call: "traits", Code: "not_read", What: "Teleport does not show yet who the requester is at {service}",
		}
	}
	var failure error = &messenger.Error{
		Class: messenger.RecipientPermanent, Call: "resolve", Code: "no_address",
		What: "Teleport has no name of the requester that {service} could know", Advice: "Set spec.requesterTrait to a trait that has one",
	}
	for _, candidate := range candidates {
		to, err := r.options.Find(ctx, candidate)
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
