package notifier

import (
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// Snapshot returns how the notifier is doing.
func (n *Notifier) Snapshot() status.Notifier {
	state := n.breaker.State()
	s := status.Notifier{
		Messenger: status.Messenger{Known: state.Status != breaker.Unknown, Problem: messengerProblem(state.Err)},
		Deliveries: status.Deliveries{
			Clash:            n.requests.Clashes(),
			Quarantined:      n.quarantine.Count(),
			QueuedDeliveries: n.dispatch.Waiting(),
		},
		Recipients: status.Recipients{Decided: n.directory.Decided(n.configured()), Unresolved: n.unresolved()},
	}
	select {
	case <-n.records.read:
		s.Counted, s.QueuedRequests = true, n.queue.Len()
	default:
	}
	unrecorded := n.recorder.Problem()
	for _, t := range n.requests.All() {
		c := t.Count()
		add(&s.Deliveries, c)
		if c.RuleFailure != nil {
			s.Rules = &status.Problem{Reason: status.ReasonInvalidSpec, Message: c.RuleFailure.Error()}
		}
		if unrecorded == nil {
			unrecorded = c.Failure
		}
	}
	s.Records = status.Of(unrecorded, status.Problem{
		Reason: status.ReasonConnectionFailed, Message: "Teleport cannot store records of deliveries now",
	})
	return s
}

// add counts one request.
func add(d *status.Deliveries, c track.Counts) {
	d.Undelivered += c.Undelivered
	if c.Open {
		d.Open++
	}
	if c.Unannounced {
		d.Unannounced++
	}
	if c.Undelivered > 0 && (d.UndeliveredSince.IsZero() || c.Heard.Before(d.UndeliveredSince)) {
		d.UndeliveredSince = c.Heard
	}
}

// messengerProblem describes why the messenger does not work, nil if it does.
func messengerProblem(failure *messenger.Error) *status.Problem {
	if failure == nil {
		return nil
	}
	problem := &status.Problem{Reason: status.ReasonMessengerUnavailable, Message: failure.Error()}
	switch failure.Class {
	case messenger.PermissionMissing:
		problem.Reason, problem.Permanent = status.ReasonMissingScope, true
	case messenger.MessengerPermanent:
		problem.Reason, problem.Permanent = status.ReasonTokenRefused, true
	case messenger.Throttled:
		problem.Reason = status.ReasonThrottled
	default:
	}
	return problem
}

// unresolved returns the configured recipients that cannot work, because they cannot be
// found or because their address refuses messages.
func (n *Notifier) unresolved() []status.UnresolvedRecipient {
	failures, problems := n.directory.Failed(), n.dispatch.Problems()
	for address, problem := range problems {
		for _, r := range n.directory.Names(address) {
			failures[r] = problem
		}
	}
	for _, t := range n.requests.All() {
		for address, name := range t.Blocked(problems) {
			if n.knownByName(address, name) {
				failures[routing.Recipient{Name: name}] = problems[address]
			}
		}
	}
	var found []status.UnresolvedRecipient
	for _, r := range n.configured() {
		if failure := failures[r]; failure != nil && broken(failure) {
			found = append(found, status.UnresolvedRecipient{Recipient: r.Name, Message: failure.Error()})
		}
	}
	return found
}

// knownByName reports whether an address is that of a recipient which the service knows, or
// knew when it was told, by name only: its name is one id of it, and the address another.
func (n *Notifier) knownByName(address, name string) bool {
	return address == name || slices.Contains(n.directory.Names(name), routing.Recipient{Name: name})
}

// broken reports whether a failure of a look-up or a delivery means that the recipient
// cannot work.
func broken(failure *messenger.Error) bool {
	return failure.Class == messenger.RecipientPermanent || failure.Class == messenger.PermissionMissing
}
