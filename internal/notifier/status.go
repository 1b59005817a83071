package notifier

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
)

// Snapshot is how a notifier is doing.
type Snapshot struct {
	// Ready is true once the records have been read.
	Ready bool
	// Checked is true once it is known whether the messenger works.
	Checked bool
	// Messenger is why the messenger does not work, nil while it does.
	Messenger *messenger.Error
	// Records is why records cannot be kept in Teleport, nil while they can.
	Records error
	// Open is how many requests are pending.
	Open int
	// Undelivered is how many messages are missing or out of date.
	Undelivered int
	// UndeliveredSince is when this process heard of the oldest change that some
	// recipient was not shown yet; zero if there is none.
	UndeliveredSince time.Time
	// Unannounced is how many pending requests nobody is told of. They count as open.
	Unannounced int
	// Clash is how many records were found that belong to another installation and
	// are left alone.
	Clash int
	// Quarantined is how many requests cannot be worked on because of a bug.
	Quarantined int
	// QueuedRequests is how many requests wait to be looked at.
	QueuedRequests int
	// QueuedDeliveries is how many deliveries wait for their turn at an address.
	QueuedDeliveries int
	// Decided is true once it is known of each configured recipient whether it
	// works.
	Decided bool
	// Unresolved are the configured recipients that cannot work, by name.
	Unresolved []Unresolved
}

// Unresolved is a recipient that cannot work.
type Unresolved struct {
	// Recipient is the recipient as configured.
	Recipient string
	// Failure says why.
	Failure *messenger.Error
}

// Snapshot returns how the notifier is doing.
func (n *Notifier) Snapshot() Snapshot {
	state := n.breaker.State()
	s := Snapshot{
		Checked:          state.Status != breaker.Unknown,
		Messenger:        state.Err,
		Records:          n.recorder.Problem(),
		Clash:            n.requests.Clashes(),
		Quarantined:      n.quarantine.Count(),
		QueuedDeliveries: n.dispatch.Waiting(),
		Decided:          n.directory.Decided(n.configured()),
		Unresolved:       n.unresolved(),
	}
	select {
	case <-n.records.read:
		s.Ready, s.QueuedRequests = true, n.queue.Len()
	default:
	}
	for _, t := range n.requests.All() {
		s.add(t)
	}
	return s
}

// add counts one request.
func (s *Snapshot) add(t *track.Request) {
	c := t.Count()
	s.Undelivered += c.Undelivered
	if c.Open {
		s.Open++
	}
	if c.Unannounced {
		s.Unannounced++
	}
	if c.Undelivered > 0 && (s.UndeliveredSince.IsZero() || c.Heard.Before(s.UndeliveredSince)) {
		s.UndeliveredSince = c.Heard
	}
	if s.Records == nil {
		s.Records = c.Failure
	}
}

// unresolved returns the configured recipients that cannot work, because they cannot be
// found or because their address refuses messages.
func (n *Notifier) unresolved() []Unresolved {
	failures := n.directory.Failed()
	for address, problem := range n.dispatch.Problems() {
		for _, r := range n.directory.Names(address) {
			failures[r] = problem
		}
	}
	var found []Unresolved
	for _, r := range n.configured() {
		if failure := failures[r]; failure != nil && broken(failure) {
			found = append(found, Unresolved{Recipient: r.Name, Failure: failure})
		}
	}
	return found
}

// broken reports whether a failure of a look-up or a delivery means that the recipient
// cannot work.
func broken(failure *messenger.Error) bool {
	return failure.Class == messenger.RecipientPermanent || failure.Class == messenger.PermissionMissing
}
