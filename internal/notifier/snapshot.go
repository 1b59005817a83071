package notifier

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
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
	// Open is how many pending requests this notifier tells of.
	Open int
	// Undelivered is how many messages are missing or out of date.
	Undelivered int
	// UndeliveredSince is when this process heard of the oldest change that some
	// recipient was not shown yet; zero if there is none.
	UndeliveredSince time.Time
	// Unannounced is how many pending requests nobody is told of. They count as open.
	Unannounced int
	// Clash is how many records were found that belong to another installation,
	// messenger, workspace or bot, and are left alone.
	Clash int
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
	var s Snapshot
	s.Messenger, s.Checked = n.health.state()
	select {
	case <-n.ready:
		s.Ready, s.QueuedRequests = true, n.queue.Len()
	default:
	}
	s.QueuedDeliveries = n.lanes.waiting()
	s.Decided = n.resolver.decided(n.configured)
	failures := n.resolver.failed()
	for address, problem := range n.lanes.problems() {
		for _, name := range n.resolver.names(address) {
			failures[name] = problem
		}
	}

	n.mu.Lock()
	defer n.mu.Unlock()
	s.Records = n.recordsErr
	for _, name := range n.configured {
		if failure := failures[name]; failure != nil && failure.Class == messenger.RecipientPermanent {
			s.Unresolved = append(s.Unresolved, Unresolved{Recipient: name, Failure: failure})
		}
	}
	replies := n.replies()
	for _, t := range n.requests {
		open, undelivered, since := t.count(replies)
		s.Undelivered += undelivered
		if undelivered > 0 && (s.UndeliveredSince.IsZero() || since.Before(s.UndeliveredSince)) {
			s.UndeliveredSince = since
		}
		if open {
			s.Open++
		}
	}
	return s
}

// waiting returns how many deliveries wait in all lanes.
func (ls *lanes) waiting() int {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	var total int
	for _, l := range ls.byID {
		total += len(l.order)
	}
	return total
}

// count returns whether the request is pending and concerns anybody, how many
// addresses do not show its latest state, and since when.
func (t *tracked) count(replies bool) (open bool, undelivered int, since time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range t.deliveries {
		if d.next(t, replies) != stepNone {
			undelivered++
		}
	}
	return t.known && t.request.State == accessrequest.Pending && (len(t.deliveries) > 0 || t.incomplete), undelivered, t.seen
}
