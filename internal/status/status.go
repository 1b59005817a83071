// Package status is the one vocabulary for how things are: what the session with
// Teleport, the engine and the supervisor report, and what becomes conditions and
// metrics. Each fact has one name and one type on its whole way. Its texts hold no
// secrets.
package status

import (
	"errors"
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Problem says what is wrong, and what to do about it.
type Problem struct {
	// Reason is one of the constants of this package.
	Reason string
	// Detail tells failures apart that share a reason. It is for the operator's log:
	// the author of an object need not know it.
	Detail string
	// Message is a sentence that says what to do.
	Message string
	// Permanent is true if nothing gets better until an operator changes something.
	Permanent bool
}

// Of returns the problem that an error describes by a method Status, or else the one
// that is given; nil for no error.
func Of(err error, otherwise Problem) *Problem {
	if err == nil {
		return nil
	}
	if described, ok := errors.AsType[interface {
		error
		Status() Problem
	}](err); ok {
		otherwise = described.Status()
	}
	return &otherwise
}

// Teleport is the state of a session with Teleport.
type Teleport struct {
	// Connected is true while events flow.
	Connected bool
	// Problem is what is wrong with the connection, nil if nothing is. While Connected
	// is true it is about a newer identity that does not work.
	Problem *Problem
	// Cluster is the cluster last connected to.
	Cluster accessrequest.Cluster
	// User, IdentityNotBefore and IdentityNotAfter are those of the identity in use, or
	// of the newest identity while not connected.
	User                                string
	IdentityNotBefore, IdentityNotAfter time.Time
	// Reconnects counts how often a lost connection was made anew.
	Reconnects int
	// Events counts the events about access requests.
	Events int
	// Unread are the kinds, such as node and role, of what the identity's role did not show
	// lately: messages name the resources and roles of requests without what it would add.
	Unread []string
}

// An identity counts as expiring expiringWithin before its end, or if it lives for
// less than an hour, in the last of expiringParts of its life. By default, tbot
// renews one 40 minutes before its end, after a third of its life.
const (
	expiringWithin = 15 * time.Minute
	expiringParts  = 4
)

// IdentityExpiringFrom returns from when on the identity counts as expiring.
func (t Teleport) IdentityExpiringFrom() time.Time {
	life := t.IdentityNotAfter.Sub(t.IdentityNotBefore)
	return t.IdentityNotAfter.Add(-min(expiringWithin, life/expiringParts))
}

// IdentityExpiring describes an identity that still works, but should have been renewed
// by now; nil if there is none.
func (t Teleport) IdentityExpiring(now time.Time) *Problem {
	if t.IdentityNotAfter.IsZero() || now.Before(t.IdentityExpiringFrom()) {
		return nil
	}
	return &Problem{
		Reason: ReasonIdentityExpiring,
		Message: fmt.Sprintf("The identity of %s expires at %s and should have been renewed by now; look at the tool that renews it",
			t.User, t.IdentityNotAfter.UTC().Format(time.RFC3339)),
		Permanent: true,
	}
}

// Notifier is how one engine is doing. Its zero value is that of an engine of which
// nothing is known.
type Notifier struct {
	// Messenger is the state of the chat service.
	Messenger Messenger
	// Records is why records cannot be kept in Teleport, nil while they can.
	Records *Problem
	// Rules is why it is not known who should hear of some pending request, nil if it
	// is known of each.
	Rules *Problem
	Deliveries
	Recipients
}

// Messenger is the state of a chat service, as one token sees it.
type Messenger struct {
	// Known is false until the first check has an answer.
	Known bool
	// Problem is why the chat service does not work, nil while it does.
	Problem *Problem
}

// Deliveries counts requests and messages.
type Deliveries struct {
	// Counted is false until the records have been read: before that, a 0 says nothing.
	Counted bool
	// Open is how many requests are pending.
	Open int
	// Unannounced is how many of the open requests concern no recipient.
	Unannounced int
	// Undelivered is how many messages are missing or out of date.
	Undelivered int
	// Oldest is the message that has been undelivered for longest, nil if none is.
	Oldest *UndeliveredMessage
	// Clash is how many records belong to another installation and are left alone.
	Clash int
	// Quarantined is how many requests are put aside because of a bug.
	Quarantined int
	// QueuedRequests is how many requests wait to be looked at.
	QueuedRequests int
	// QueuedDeliveries is how many deliveries wait for their turn at an address.
	QueuedDeliveries int
}

// NameClash describes records that belong to another installation, nil if there are
// none. They are left alone, so that the requests that they are about are announced
// once and by one bot.
func (d Deliveries) NameClash() *Problem {
	if d.Clash == 0 {
		return nil
	}
	return &Problem{
		Reason: ReasonNameClash,
		Message: fmt.Sprintf("%d access requests have records of an AccessNotifier with the same namespace and name "+
			"in another Kubernetes cluster, and are left to it; rename one of the two", d.Clash),
		Permanent: true,
	}
}

// Recipients says how the configured recipients are.
type Recipients struct {
	// Decided is true once it is known of each configured recipient whether it works.
	Decided bool
	// Configured is how many there are.
	Configured int
	// Unresolved are the configured recipients that do not work, by name.
	Unresolved []UnresolvedRecipient
}

// UnresolvedRecipient is a configured recipient that cannot work.
type UnresolvedRecipient struct {
	// Recipient is the recipient as configured.
	Recipient string
	// Message says why, and what to do.
	Message string
	// Passing is set for one that is looked up again and again because the failure should pass
	// by itself.
	Passing bool
}

// MonitoringRules says how the Access Monitoring Rules of Teleport are that name a notifier.
type MonitoringRules struct {
	// Ignored is set if the notifier does not use them, Known once Teleport was asked for
	// them.
	Ignored, Known bool
	// Problem says in a sentence why Teleport does not give them, or not all; "" if it
	// does. Nothing has to be done about it: what the notifier itself says is used.
	Problem string
	// Rules are those that name the notifier, by name.
	Rules []Rule
}

// Rule says how an Access Monitoring Rule is, or one of the notifier's own routes.
type Rule struct {
	Name string
	// LastMatch is when the newest request was made that it was seen to match.
	LastMatch time.Time
	// Problem is why it is left out, or was for some request; "" if it is not.
	Problem string
	// Invalid is set for a route that has to be mended before it can match any request.
	Invalid bool
	// Overruled is set for a route that suppresses if it lately matched a request of which
	// another route or rule notifies.
	Overruled bool
}

// Wording says how the wording of messages is, in sentences that begin with the field.
type Wording struct {
	// Invalid is what has to be mended in the spec, LeftOut what a message could not say of a
	// request lately.
	Invalid, LeftOut []string
}

// Review says whether reviewers can decide in chat.
type Review struct {
	// Wanted is set if the spec says so, and Known once it is known whether they can.
	Wanted, Known bool
	// Problem is why they cannot, nil if they can. Messages have no buttons then. One of
	// ReasonWhenInvalid that is not Permanent is of some request only.
	Problem *Problem
}
