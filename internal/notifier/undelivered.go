package notifier

import (
	"errors"
	"fmt"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/plan"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// undelivered is the message that has been undelivered for longest, and its request.
type undelivered struct {
	track.Undelivered
	request *track.Request
	failure error
}

// consider takes a request's oldest message if it is older.
func (u *undelivered) consider(t *track.Request, c track.Counts) {
	if c.Undelivered > 0 && (u.request == nil || c.Oldest.Since.Before(u.Since)) {
		*u = undelivered{c.Oldest, t, c.Failure}
	}
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
	failure := u.Failure.Later(n.holdup(u.Address))
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

// holdup returns the last failure that keeps calls to an address waiting.
func (n *Notifier) holdup(address string) track.Failure {
	var last track.Failure
	for _, t := range n.requests.All() {
		for _, u := range t.Undelivered() {
			if u.Failure.HoldsUp(u.Address, address) {
				last = last.Later(u.Failure)
			}
		}
	}
	return last
}
