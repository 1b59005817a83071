package controllers

import (
	"cmp"
	"fmt"
	"math"
	"strings"
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

// describe writes how the notifier is doing into the status. What is not known now
// stays for a while as it was known last.
func describe(notifier *v1alpha1.AccessNotifier, in inputs, s supervisor.Snapshot, running bool, d doubts, now time.Time) {
	last := notifier.DeepCopy()
	notifier.Status.ObservedGeneration = notifier.Generation
	aspects := []struct {
		condition string
		state     conditionState
	}{
		{v1alpha1.ConditionIdentityValid, identityState(in, s, running, now)},
		{v1alpha1.ConditionTeleportConnected, teleportState(s, running)},
		{v1alpha1.ConditionMessengerReady, messengerState(in, s, running)},
		{v1alpha1.ConditionRecipientsResolved, recipientsState(s, running)},
	}
	ready := readyState(s, cmp.Or(s.Teleport.ClusterName, clusterName(last)))
	kept := map[string]bool{}
	for _, aspect := range aspects {
		state, old := d.settle(last, aspect.condition, aspect.state, now)
		kept[aspect.condition] = old
		setCondition(notifier, aspect.condition, state)
		if state.moreSevereThan(ready) {
			ready = state
		}
	}
	keepCounts := d.recent(counts, running && s.Counted, now) && last.Status.ObservedGeneration == last.Generation
	if ready.status == metav1.ConditionTrue && !s.Counted {
		ready = unknownState("Reading what was delivered before")
		if before, ok := lastKnown(last, v1alpha1.ConditionReady); ok && keepCounts && before.status == metav1.ConditionTrue {
			ready = before
		}
	}
	setSummary(notifier, ready)
	if !keepCounts {
		describeCounts(notifier, s, running)
	}
	if !kept[v1alpha1.ConditionRecipientsResolved] {
		describeUnresolved(notifier, s)
	}
	describeTeleport(notifier, last, s)
}

// describeSuspended writes that the notifier does nothing on purpose.
func describeSuspended(notifier *v1alpha1.AccessNotifier) {
	describeStopped(notifier)
	setCondition(notifier, v1alpha1.ConditionReady, conditionState{
		status:  metav1.ConditionFalse,
		reason:  v1alpha1.ReasonSuspended,
		message: "Suspended; pending requests are posted when spec.suspend is false",
	})
}

// describeRefused writes that the notifier does nothing, because its spec sets a field
// that is refused.
func describeRefused(notifier *v1alpha1.AccessNotifier, fields []v1alpha1.FormerField) {
	var sentences []string
	for _, field := range fields {
		sentences = append(sentences, field.Path+" "+field.Message)
	}
	describeStopped(notifier)
	setSummary(notifier, falseState(v1alpha1.ReasonInvalidSpec, strings.Join(sentences, "; "), true))
}

// describeStopped removes what is true only of a notifier that runs.
func describeStopped(notifier *v1alpha1.AccessNotifier) {
	notifier.Status.ObservedGeneration = notifier.Generation
	for _, condition := range []string{
		v1alpha1.ConditionIdentityValid, v1alpha1.ConditionTeleportConnected,
		v1alpha1.ConditionMessengerReady, v1alpha1.ConditionRecipientsResolved,
		v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled,
	} {
		meta.RemoveStatusCondition(&notifier.Status.Conditions, condition)
	}
	describeCounts(notifier, supervisor.Snapshot{}, false)
	describeUnresolved(notifier, supervisor.Snapshot{})
}

// readyState is the state of a notifier in which nothing is wrong.
func readyState(s supervisor.Snapshot, cluster string) conditionState {
	state := trueState("Access requests of " + cmp.Or(cluster, "the cluster") + " are announced")
	if s.Unannounced > 0 {
		state.message += fmt.Sprintf(", but for %d that no recipient is configured for", s.Unannounced)
	}
	return state
}

func clusterName(notifier *v1alpha1.AccessNotifier) string {
	if notifier.Status.Teleport == nil {
		return ""
	}
	return notifier.Status.Teleport.ClusterName
}

func identityState(in inputs, s supervisor.Snapshot, running bool, now time.Time) conditionState {
	switch {
	case in.identity != nil:
		return in.identity.state()
	case !running:
		return unknownState("The identity has not been looked at yet")
	case s.Identity != nil:
		return falseState(identityReason(s.Identity.Reason), s.Identity.Message, s.Identity.Permanent)
	case s.Teleport.Problem != nil && isIdentityReason(s.Teleport.Problem.Reason):
		return falseState(identityReason(s.Teleport.Problem.Reason), s.Teleport.Problem.Message, s.Teleport.Problem.Permanent)
	case s.Teleport.IdentityNotAfter.IsZero():
		return unknownState("The identity has not been used yet")
	}
	ends := s.Teleport.IdentityNotAfter.UTC().Format(time.RFC3339)
	if !now.Before(expiring(s.Teleport)) {
		state := trueState(fmt.Sprintf("The identity of %s expires at %s and should have been renewed by now; look at the tool that renews it", s.Teleport.User, ends))
		state.reason = v1alpha1.ReasonIdentityExpiring
		return state
	}
	return trueState(fmt.Sprintf("The identity of %s is valid until %s", s.Teleport.User, ends))
}

// expiring returns from when on an identity counts as expiring.
func expiring(t supervisor.TeleportStatus) time.Time {
	life := t.IdentityNotAfter.Sub(t.IdentityNotBefore)
	return t.IdentityNotAfter.Add(-min(expiringWithin, life/expiringParts))
}

func teleportState(s supervisor.Snapshot, running bool) conditionState {
	problem := s.Teleport.Problem
	switch {
	case !running:
		return unknownState("Waiting for the identity and the token")
	case s.Records != nil && s.Teleport.Connected:
		return falseState(connectionReason(s.Records.Reason), s.Records.Message, s.Records.Permanent)
	case s.Clash != nil && s.Teleport.Connected:
		return falseState(v1alpha1.ReasonNameClash, s.Clash.Message, s.Clash.Permanent)
	case s.Teleport.Connected:
		state := trueState(fmt.Sprintf("Connected to %s (Teleport %s)", s.Teleport.ClusterName, s.Teleport.ServerVersion))
		state.provisional = !s.Counted // records have not been read yet
		return state
	case problem == nil || s.Identity != nil:
		return unknownState("Connecting to Teleport")
	default:
		return falseState(connectionReason(problem.Reason), problem.Message, problem.Permanent)
	}
}

func messengerState(in inputs, s supervisor.Snapshot, running bool) conditionState {
	failure := s.Messenger.Problem
	switch {
	case in.token != nil:
		return in.token.state()
	case s.Failure != nil:
		return falseState(failureReason(s.Failure.Reason), s.Failure.Message, s.Failure.Permanent)
	case !running || !s.Messenger.Known:
		return unknownState("The token has not been checked yet")
	case failure == nil:
		return trueState("The chat service accepts the token")
	default:
		reason, stalled := messengerReason(failure)
		return falseState(reason, failure.Message, stalled)
	}
}

func recipientsState(s supervisor.Snapshot, running bool) conditionState {
	switch {
	case len(s.Unresolved) > 0:
		return falseState(v1alpha1.ReasonRecipientsUnresolved, fmt.Sprintf("%s (%d in all, see status.unresolvedRecipients)",
			s.Unresolved[0].Name+": "+s.Unresolved[0].Message, len(s.Unresolved)), true)
	case !running || !s.RecipientsKnown:
		return unknownState("The recipients have not been looked up yet")
	default:
		return trueState("The messenger knows every recipient")
	}
}

// describeCounts writes how many requests and messages there are.
func describeCounts(notifier *v1alpha1.AccessNotifier, s supervisor.Snapshot, running bool) {
	status := &notifier.Status
	status.OpenRequests, status.UndeliveredMessages, status.UnannouncedRequests = nil, nil, nil
	if !running || !s.Counted {
		return
	}
	status.OpenRequests, status.UndeliveredMessages = count(s.Open), count(s.Undelivered)
	if s.Unannounced > 0 {
		status.UnannouncedRequests = count(s.Unannounced)
	}
}

// count returns n as the API has it.
func count(n int) *int32 {
	return new(int32(min(n, math.MaxInt32))) //nolint:gosec // it is bounded right here
}

// describeUnresolved writes which recipients do not work.
func describeUnresolved(notifier *v1alpha1.AccessNotifier, s supervisor.Snapshot) {
	notifier.Status.UnresolvedRecipients = nil
	for _, r := range s.Unresolved[:min(len(s.Unresolved), v1alpha1.MaxUnresolvedRecipients)] {
		notifier.Status.UnresolvedRecipients = append(notifier.Status.UnresolvedRecipients, v1alpha1.UnresolvedRecipient{
			Recipient: cut(r.Name, v1alpha1.MaxNameLength),
			Message:   cut(r.Message, v1alpha1.MaxMessageLength),
		})
	}
}

// describeTeleport writes which cluster is watched. It stays while there is no
// connection; that of another spec stays only until there is a user.
func describeTeleport(notifier, last *v1alpha1.AccessNotifier, s supervisor.Snapshot) {
	if s.Teleport.ClusterName == "" && s.Teleport.User == "" {
		return
	}
	if before := last.Status.Teleport; s.Teleport.ClusterName == "" && before != nil && last.Status.ObservedGeneration == last.Generation {
		s.Teleport.ClusterName, s.Teleport.ServerVersion = before.ClusterName, before.ServerVersion
	}
	status := &v1alpha1.TeleportStatus{
		ClusterName:   cut(s.Teleport.ClusterName, v1alpha1.MaxNameLength),
		ServerVersion: cut(s.Teleport.ServerVersion, v1alpha1.MaxNameLength),
		User:          cut(s.Teleport.User, v1alpha1.MaxNameLength),
	}
	if !s.Teleport.IdentityNotAfter.IsZero() {
		status.IdentityExpirationTime = new(metav1.NewTime(s.Teleport.IdentityNotAfter.UTC().Truncate(time.Second)))
	}
	notifier.Status.Teleport = status
}
