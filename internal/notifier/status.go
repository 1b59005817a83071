package notifier

import (
	"errors"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/breaker"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// Snapshot returns how the notifier is doing.
func (n *Notifier) Snapshot() status.Notifier {
	state := n.breaker.State()
	resting, foreign := n.requests.Counts()
	s := status.Notifier{
		Messenger: status.Messenger{Known: state.Status != breaker.Unknown, Problem: messengerProblem(state.Err, n.options.explain)},
		Deliveries: status.Deliveries{
			Clash:            foreign,
			Quarantined:      n.quarantine.Count(),
			QueuedDeliveries: n.dispatch.Waiting(),
			Open:             resting,
		},
		Recipients: n.recipients.Status(n.dispatch.Problems()),
	}
	select {
	case <-n.intake.Known():
		s.Counted, s.QueuedRequests = true, n.queue.Len()
	default:
	}
	unrecorded := n.recorder.Problem()
	var oldest undelivered
	for _, t := range n.requests.All() {
		c := t.Count()
		add(&s.Deliveries, c)
		oldest.consider(t, c)
		if c.RuleFailure != nil {
			s.Rules = &status.Problem{Reason: status.ReasonInvalidSpec, Message: c.RuleFailure.Error()}
		}
		if unrecorded == nil && concernsRecords(c) {
			unrecorded = c.Failure
		}
	}
	s.Oldest = n.describeOldest(oldest)
	s.Records = describeUnrecorded(unrecorded)
	return s
}

// concernsRecords reports whether the failure to store one request's record says something
// of Teleport: one that passes by chance does not.
func concernsRecords(c track.Counts) bool {
	if c.Failure == nil || errors.Is(c.Failure, accessrequest.ErrUnknownRequest) {
		return false
	}
	return c.FailedFor >= track.Patience || describeUnrecorded(c.Failure).Permanent
}

func describeUnrecorded(err error) *status.Problem {
	return status.Of(err, status.Problem{
		Reason: status.ReasonConnectionFailed, Message: "Teleport cannot store records of deliveries now",
	})
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
}

// messengerProblem describes why the messenger does not work, nil if it does.
func messengerProblem(failure *messenger.Error, explain func(*messenger.Error) string) *status.Problem {
	if failure == nil {
		return nil
	}
	problem := &status.Problem{Reason: status.ReasonMessengerUnavailable, Detail: failure.Code, Message: explain(failure)}
	switch {
	case failure.Class == messenger.PermissionMissing:
		problem.Reason, problem.Permanent = status.ReasonMissingScope, true
	case failure.Class == messenger.MessengerPermanent && failure.NotToken:
		problem.Permanent = true
	case failure.Class == messenger.MessengerPermanent:
		problem.Reason, problem.Permanent = status.ReasonTokenRefused, true
	case failure.Class == messenger.Throttled:
		problem.Reason = status.ReasonThrottled
	}
	return problem
}
