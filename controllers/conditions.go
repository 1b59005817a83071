package controllers

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// An identity counts as expiring expiringWithin before its end, or if it lives for
// less than an hour, in the last of expiringParts of its life. By default, tbot
// renews one 40 minutes before its end, after a third of its life.
const (
	expiringWithin = 15 * time.Minute
	expiringParts  = 4
)

// awaiting is the time between two looks at what no event tells of: a Secret that
// the operator may not read, an identity that becomes valid later.
const awaiting = 10 * time.Second

// finding is the state of one aspect of a notifier.
type finding struct {
	status  metav1.ConditionStatus
	reason  string
	message string
	// stalled is true if nothing gets better until somebody changes something.
	stalled bool
}

// worseThan reports whether f says more about why a notifier is not ready: what
// is known to be wrong does, more than what is not known yet.
func (f finding) worseThan(other finding) bool {
	badness := map[metav1.ConditionStatus]int{metav1.ConditionUnknown: 1, metav1.ConditionFalse: 2}
	return badness[f.status] > badness[other.status]
}

func good(message string) finding {
	return finding{status: metav1.ConditionTrue, reason: v1alpha1.ReasonSucceeded, message: message}
}

func unknown(message string) finding {
	return finding{status: metav1.ConditionUnknown, reason: v1alpha1.ReasonProgressing, message: message}
}

func bad(reason, message string, stalled bool) finding {
	return finding{status: metav1.ConditionFalse, reason: reason, message: message, stalled: stalled}
}

func (p *problem) finding() finding {
	return bad(p.reason, p.message, !p.waiting)
}

// describe writes how the notifier is doing into the status.
func describe(notifier *v1alpha1.AccessNotifier, in inputs, s supervisor.Snapshot, running bool, now time.Time) {
	notifier.Status.ObservedGeneration = notifier.Generation
	aspects := []struct {
		condition string
		finding   finding
	}{
		{v1alpha1.ConditionIdentityValid, identityFinding(in, s, running, now)},
		{v1alpha1.ConditionTeleportConnected, teleportFinding(s, running)},
		{v1alpha1.ConditionMessengerReady, messengerFinding(in, s, running)},
		{v1alpha1.ConditionRecipientsResolved, recipientsFinding(s, running)},
	}
	ready := good("Access requests of " + cmp.Or(s.Teleport.ClusterName, "the cluster") + " are announced")
	for _, aspect := range aspects {
		set(notifier, aspect.condition, aspect.finding)
		if aspect.finding.worseThan(ready) {
			ready = aspect.finding
		}
	}
	if ready.status == metav1.ConditionTrue && !s.Counted {
		ready = unknown("Reading what was delivered before")
	}
	summarise(notifier, ready)
	describeCounts(notifier, s, running)
}

// describeSuspended writes that the notifier does nothing on purpose.
func describeSuspended(notifier *v1alpha1.AccessNotifier) {
	notifier.Status.ObservedGeneration = notifier.Generation
	for _, condition := range []string{
		v1alpha1.ConditionIdentityValid, v1alpha1.ConditionTeleportConnected,
		v1alpha1.ConditionMessengerReady, v1alpha1.ConditionRecipientsResolved,
		v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled,
	} {
		meta.RemoveStatusCondition(&notifier.Status.Conditions, condition)
	}
	set(notifier, v1alpha1.ConditionReady, finding{
		status:  metav1.ConditionFalse,
		reason:  v1alpha1.ReasonSuspended,
		message: "Nothing is announced while spec.suspend is true; requests are caught up on afterwards",
	})
	describeCounts(notifier, supervisor.Snapshot{}, false)
}

// summarise sets Ready, and Reconciling or Stalled as kstatus reads them.
func summarise(notifier *v1alpha1.AccessNotifier, ready finding) {
	set(notifier, v1alpha1.ConditionReady, ready)
	setOrRemove(notifier, v1alpha1.ConditionReconciling, ready, ready.status != metav1.ConditionTrue && !ready.stalled)
	setOrRemove(notifier, v1alpha1.ConditionStalled, ready, ready.status != metav1.ConditionTrue && ready.stalled)
}

// setOrRemove makes the condition True for the reasons of f, or absent. One that
// stays True keeps its time of transition.
func setOrRemove(notifier *v1alpha1.AccessNotifier, condition string, f finding, present bool) {
	if !present {
		meta.RemoveStatusCondition(&notifier.Status.Conditions, condition)
		return
	}
	set(notifier, condition, finding{status: metav1.ConditionTrue, reason: f.reason, message: f.message})
}

func set(notifier *v1alpha1.AccessNotifier, condition string, f finding) {
	meta.SetStatusCondition(&notifier.Status.Conditions, metav1.Condition{
		Type:               condition,
		Status:             f.status,
		Reason:             f.reason,
		Message:            cut(f.message, v1alpha1.MaxMessageLength),
		ObservedGeneration: notifier.Generation,
	})
}

func identityFinding(in inputs, s supervisor.Snapshot, running bool, now time.Time) finding {
	switch {
	case in.identity != nil:
		return in.identity.finding()
	case !running:
		return unknown("The identity has not been looked at yet")
	case s.Identity != nil:
		return bad(identityReason(s.Identity.Reason), s.Identity.Message, s.Identity.Permanent)
	case s.Teleport.Problem != nil && isIdentityReason(s.Teleport.Problem.Reason):
		return bad(identityReason(s.Teleport.Problem.Reason), s.Teleport.Problem.Message, s.Teleport.Problem.Permanent)
	case s.Teleport.IdentityNotAfter.IsZero():
		return unknown("The identity has not been used yet")
	}
	ends := s.Teleport.IdentityNotAfter.UTC().Format(time.RFC3339)
	if !now.Before(expiring(s.Teleport)) {
		f := good(fmt.Sprintf("The identity of %s expires at %s and should have been renewed by now; look at the tool that renews it", s.Teleport.User, ends))
		f.reason = v1alpha1.ReasonIdentityExpiring
		return f
	}
	return good(fmt.Sprintf("The identity of %s is valid until %s", s.Teleport.User, ends))
}

// expiring returns from when on an identity counts as expiring.
func expiring(t supervisor.TeleportStatus) time.Time {
	life := t.IdentityNotAfter.Sub(t.IdentityNotBefore)
	return t.IdentityNotAfter.Add(-min(expiringWithin, life/expiringParts))
}

func teleportFinding(s supervisor.Snapshot, running bool) finding {
	problem := s.Teleport.Problem
	switch {
	case !running:
		return unknown("Waiting for the identity and the token")
	case s.Records != nil && s.Teleport.Connected:
		return bad(connectionReason(s.Records.Reason), s.Records.Message, s.Records.Permanent)
	case s.Teleport.Connected:
		return good(fmt.Sprintf("Connected to %s (Teleport %s)", s.Teleport.ClusterName, s.Teleport.ServerVersion))
	case problem == nil || s.Identity != nil:
		return unknown("Connecting to Teleport")
	default:
		return bad(connectionReason(problem.Reason), problem.Message, problem.Permanent)
	}
}

func messengerFinding(in inputs, s supervisor.Snapshot, running bool) finding {
	failure := s.Messenger.Problem
	switch {
	case in.token != nil:
		return in.token.finding()
	case s.Failure != nil:
		return bad(failureReason(s.Failure.Reason), s.Failure.Message, s.Failure.Permanent)
	case !running || !s.Messenger.Known:
		return unknown("The token has not been checked yet")
	case failure == nil:
		return good("The chat service accepts the token")
	default:
		reason, stalled := messengerReason(failure)
		return bad(reason, failure.Message, stalled)
	}
}

func recipientsFinding(s supervisor.Snapshot, running bool) finding {
	switch {
	case len(s.Unresolved) > 0:
		return bad(v1alpha1.ReasonRecipientsUnresolved, fmt.Sprintf("%s (%d in all, see status.unresolvedRecipients)",
			s.Unresolved[0].Name+": "+s.Unresolved[0].Message, len(s.Unresolved)), true)
	case !running || !s.RecipientsKnown:
		return unknown("The recipients have not been looked up yet")
	default:
		return good("The messenger knows every recipient")
	}
}

// describeCounts writes the parts of the status that are no conditions.
func describeCounts(notifier *v1alpha1.AccessNotifier, s supervisor.Snapshot, running bool) {
	status := &notifier.Status
	status.OpenRequests, status.Undelivered, status.UnresolvedRecipients = nil, nil, nil
	if !running {
		return
	}
	if s.Counted {
		status.OpenRequests, status.Undelivered = count(s.Open), count(s.Undelivered)
	}
	for _, r := range s.Unresolved[:min(len(s.Unresolved), v1alpha1.MaxUnresolvedRecipients)] {
		status.UnresolvedRecipients = append(status.UnresolvedRecipients, v1alpha1.UnresolvedRecipient{
			Recipient: cut(r.Name, v1alpha1.MaxNameLength),
			Message:   cut(r.Message, v1alpha1.MaxMessageLength),
		})
	}
	if s.Teleport.ClusterName == "" && s.Teleport.User == "" {
		return
	}
	status.Teleport = &v1alpha1.TeleportStatus{
		ClusterName:   cut(s.Teleport.ClusterName, v1alpha1.MaxNameLength),
		ServerVersion: cut(s.Teleport.ServerVersion, v1alpha1.MaxNameLength),
		User:          cut(s.Teleport.User, v1alpha1.MaxNameLength),
	}
	if !s.Teleport.IdentityNotAfter.IsZero() {
		status.Teleport.IdentityExpirationTime = new(metav1.NewTime(s.Teleport.IdentityNotAfter.UTC().Truncate(time.Second)))
	}
}

// count returns n as the API has it.
func count(n int) *int32 {
	return new(int32(min(n, math.MaxInt32))) //nolint:gosec // it is bounded right here
}

// nextLook returns when to look again, 0 if events tell of all that may happen:
// when the identity begins to expire or does, soon while something is awaited, and when
// Secrets that are polled are due.
func (r *AccessNotifierReconciler) nextLook(notifier *v1alpha1.AccessNotifier, in inputs, s supervisor.Snapshot, now time.Time) time.Duration {
	next := nextTurn(notifier, in, s, now)
	if r.SecretPollInterval == 0 {
		return next
	}
	due := max(in.looked.Add(r.SecretPollInterval).Sub(now), time.Millisecond)
	if next == 0 {
		return due
	}
	return min(next, due)
}

// nextTurn returns when time alone may change the status, 0 if it may not.
func nextTurn(notifier *v1alpha1.AccessNotifier, in inputs, s supervisor.Snapshot, now time.Time) time.Duration {
	if in.denied() || awaitsIdentity(notifier) {
		return awaiting
	}
	if s.Teleport.IdentityNotAfter.IsZero() {
		return 0
	}
	for _, turn := range []time.Time{expiring(s.Teleport), s.Teleport.IdentityNotAfter} {
		if !turn.Before(now) {
			return turn.Sub(now) + time.Second
		}
	}
	return 0
}

// awaitsIdentity reports whether the identity becomes valid by itself.
func awaitsIdentity(notifier *v1alpha1.AccessNotifier) bool {
	condition := meta.FindStatusCondition(notifier.Status.Conditions, v1alpha1.ConditionIdentityValid)
	return condition != nil && condition.Reason == v1alpha1.ReasonIdentityNotYetValid
}

// cut cuts a text to what the API server accepts.
func cut(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}
