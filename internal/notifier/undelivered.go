package notifier

import (
	"errors"
	"fmt"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// undelivered is the message that has been undelivered for longest, and its request.
type undelivered struct {
	track.Undelivered
	request *track.Request
	failure error
	// failing are all messages that are undelivered after a call has failed.
	failing []track.Undelivered
}

// consider takes a request's oldest message if it is older, and those that have failed.
func (u *undelivered) consider(t *track.Request, c track.Counts) {
	if c.Undelivered > 0 && (u.request == nil || c.Oldest.Since.Before(u.Since)) {
		u.Undelivered, u.request, u.failure = c.Oldest, t, c.Failure
	}
	u.failing = append(u.failing, c.Failing...)
}

// describeOldest says why a message is not delivered yet, nil if there is none.
func (n *Notifier) describeOldest(u undelivered) *status.UndeliveredMessage {
	if u.request == nil {
		return nil
	}
	described := &status.UndeliveredMessage{Request: u.request.ID, Since: u.Since}
	if u.Address != "" {
		described.Recipient = n.recipients.NameOf(u.Address, u.Name)
	}
	failure := later(u.Failure, u.holdup())
	switch {
	case u.Address == "":
		described.Reason, described.Message = status.WaitingRecipient, "Not all of the request's recipients have been found"
	case u.Reason == plan.ClaimedByOther:
		described.Reason, described.Message = status.WaitingOther, "Another operator is about to deliver it"
	case errors.Is(u.failure, accessrequest.ErrUnknownRequest):
		described.Reason, described.Message = status.WaitingRecord, "Teleport does not know the access request any more"
	case u.failure != nil:
		described.Reason, described.Message = status.WaitingRecord, "Teleport does not store the record of the delivery"
	case failure.Err != nil:
		described.Reason, described.Message = status.WaitingCallFailed, n.options.explain(failure.Err)
		described.FailedAt = failure.At
	case u.Reason == plan.AwaitingSettlement:
		described.Reason, described.Message = status.WaitingSettlement, "The last call for it may still take effect"
	default:
		described.Reason, described.Message = status.WaitingTurn, fmt.Sprintf("It is one of %d deliveries that wait for their turn", n.dispatch.Waiting())
	}
	return described
}

// holdup returns the last failure that keeps calls to the message's address waiting: one at the
// same address, or at any where the service has its other calls wait.
func (u *undelivered) holdup() (last track.Failure) {
	for _, other := range u.failing {
		wide := other.Failure.Err.Class == messenger.Throttled && other.Failure.Err.Scope != messenger.ScopeAddress
		if wide || other.Address == u.Address {
			last = later(last, other.Failure)
		}
	}
	return last
}

// later returns the later of two failures.
func later(a, b track.Failure) track.Failure {
	if b.Err != nil && (a.Err == nil || b.At.After(a.At)) {
		return b
	}
	return a
}
