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
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// describe writes how the notifier is doing into the status. What is not known now
// stays for a while as it was known last.
func describe(notifier *v1alpha1.AccessNotifier, in inputs, s supervisor.Snapshot, running bool, m *memory, now time.Time) {
	last, d := m.said.lastStatus(), m.doubts
	notifier.Status.ObservedGeneration = notifier.Generation
	aspects := []aspect{
		{v1alpha1.ConditionIdentityValid, identityState(in, s, running, now)},
		{v1alpha1.ConditionTeleportConnected, teleportState(s, running)},
		{v1alpha1.ConditionMessengerReady, messengerState(in, s, running)},
		{v1alpha1.ConditionRecipientsResolved, recipientsState(s, running)},
		{v1alpha1.ConditionRulesValid, rulesState(s, running)},
	}
	aspects = append(aspects, messageAspects(notifier, s, running)...)
	ready := readyState(s, cmp.Or(s.Teleport.Cluster.Name, clusterName(last)))
	kept := map[string]bool{}
	for _, aspect := range aspects {
		state, old := d.settle(last, notifier.Generation, aspect.condition, aspect.state, now)
		kept[aspect.condition] = old
		setCondition(notifier, aspect.condition, state)
		if state.moreSevereThan(ready) && (state.stalled || !isBesides(aspect.condition)) {
			ready = state
		}
	}
	keepCounts := d.recent(counts, running && s.Counted, now) && last.ObservedGeneration == notifier.Generation
	if ready.status == metav1.ConditionTrue && !s.Counted {
		ready = unknownState("Reading what was delivered before")
		if before, ok := lastKnown(last, notifier.Generation, v1alpha1.ConditionReady); ok && keepCounts && before.status == metav1.ConditionTrue {
			ready = before
		}
	}
	setSummary(notifier, ready)
	if !keepCounts {
		describeCounts(notifier, s, running, now)
	}
	if !kept[v1alpha1.ConditionRecipientsResolved] {
		describeUnresolved(notifier, s)
	}
	if !kept[v1alpha1.ConditionRulesValid] {
		notifier.Status.AccessMonitoringRules = describeRules(s.MonitoringRules.Rules, last.AccessMonitoringRules)
		notifier.Status.Routes = describeRules(s.Routes, last.Routes)
	}
	describeTeleport(notifier, last, s)
}

// messageAspects are what there is to say of spec.message: nothing without one.
func messageAspects(notifier *v1alpha1.AccessNotifier, s supervisor.Snapshot, running bool) []aspect {
	if notifier.Spec.Message == nil {
		meta.RemoveStatusCondition(&notifier.Status.Conditions, v1alpha1.ConditionMessageValid)
		return nil
	}
	return []aspect{{v1alpha1.ConditionMessageValid, messageState(s, running)}}
}

// aspect is what one condition is about.
type aspect struct {
	condition string
	state     conditionState
}

// isBesides reports whether requests are announced also while a condition is not True, so
// that it counts for Ready only if something has to be mended.
func isBesides(condition string) bool {
	return condition == v1alpha1.ConditionRulesValid || condition == v1alpha1.ConditionMessageValid
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
	for _, condition := range conditionOrder {
		if condition != v1alpha1.ConditionReady {
			meta.RemoveStatusCondition(&notifier.Status.Conditions, condition)
		}
	}
	describeCounts(notifier, supervisor.Snapshot{}, false, time.Time{})
	describeUnresolved(notifier, supervisor.Snapshot{})
	notifier.Status.AccessMonitoringRules, notifier.Status.Routes = nil, nil
}

// readyState is the state of a notifier in which nothing is wrong.
func readyState(s supervisor.Snapshot, cluster string) conditionState {
	state := trueState("Access requests of " + cmp.Or(cluster, "the cluster") + " are announced")
	if s.Unannounced > 0 {
		state.message += fmt.Sprintf(", but for %d that no recipient is configured for", s.Unannounced)
	}
	if s.Quarantined > 0 {
		state.message += fmt.Sprintf("; %d are put aside because of a bug and tried again later: report it with the operator's log", s.Quarantined)
	}
	return state
}

func clusterName(last *v1alpha1.AccessNotifierStatus) string {
	if last.Teleport == nil {
		return ""
	}
	return last.Teleport.ClusterName
}

func identityState(in inputs, s supervisor.Snapshot, running bool, now time.Time) conditionState {
	switch {
	case in.identity != nil:
		return in.identity.state()
	case !running:
		return unknownState("The identity has not been looked at yet")
	case s.Identity != nil:
		return problemState(s.Identity)
	case s.Teleport.Problem != nil && isIdentityReason(s.Teleport.Problem.Reason):
		return problemState(s.Teleport.Problem)
	case s.Teleport.IdentityNotAfter.IsZero():
		return unknownState("The identity has not been used yet")
	}
	if expiring := s.Teleport.IdentityExpiring(now); expiring != nil {
		state := trueState(expiring.Message)
		state.reason = expiring.Reason
		return state
	}
	ends := s.Teleport.IdentityNotAfter.UTC().Format(time.RFC3339)
	return trueState(fmt.Sprintf("The identity of %s is valid until %s", s.Teleport.User, ends))
}

// isIdentityReason reports whether a problem with a session is one with its identity.
func isIdentityReason(reason string) bool {
	switch reason {
	case status.ReasonSecretNotFound, status.ReasonIdentityMalformed, status.ReasonIdentityExpired,
		status.ReasonIdentityNotYetValid, status.ReasonIdentityOtherCluster:
		return true
	default:
		return false
	}
}

func teleportState(s supervisor.Snapshot, running bool) conditionState {
	clash := s.NameClash()
	switch {
	case !running:
		return unknownState("Waiting for the identity and the token")
	case s.Records != nil && s.Teleport.Connected:
		return problemState(s.Records)
	case clash != nil && s.Teleport.Connected:
		return problemState(clash)
	case s.Teleport.Connected:
		state := trueState(fmt.Sprintf("Connected to %s (Teleport %s)", s.Teleport.Cluster.Name, s.Teleport.Cluster.ServerVersion))
		if unread := s.Teleport.Unread; len(unread) > 0 {
			state.message += fmt.Sprintf("; its role does not show %s, so messages lack names of resources or logins of roles", strings.Join(unread, ", "))
		}
		state.provisional = !s.Counted // records have not been read yet
		return state
	case s.Teleport.Problem == nil || s.Identity != nil:
		return unknownState("Connecting to Teleport")
	default:
		return problemState(s.Teleport.Problem)
	}
}

func messengerState(in inputs, s supervisor.Snapshot, running bool) conditionState {
	switch {
	case in.token != nil:
		return in.token.state()
	case s.Failure != nil:
		return problemState(s.Failure)
	case !running || !s.Messenger.Known:
		return unknownState("The token has not been checked yet")
	case s.Messenger.Problem == nil:
		return trueState("The chat service accepts the token")
	default:
		return problemState(s.Messenger.Problem)
	}
}

func recipientsState(s supervisor.Snapshot, running bool) conditionState {
	switch {
	case len(s.Unresolved) > 0:
		return falseState(v1alpha1.ReasonRecipientsUnresolved, fmt.Sprintf("%s (%d in all, see status.unresolvedRecipients)",
			s.Unresolved[0].Recipient+": "+s.Unresolved[0].Message, len(s.Unresolved)), true)
	case s.Rules != nil:
		return falseState(s.Rules.Reason, s.Rules.Message, s.Rules.Permanent)
	case !running || !s.Decided:
		return unknownState("The recipients have not been looked up yet")
	case s.Requesters != "":
		state := trueState(s.Requesters)
		state.reason = v1alpha1.ReasonRequesterTraitDenied
		return state
	default:
		return trueState("The messenger knows every recipient")
	}
}

// describeCounts writes how many requests and messages there are.
func describeCounts(notifier *v1alpha1.AccessNotifier, s supervisor.Snapshot, running bool, now time.Time) {
	var c counted
	if running && s.Counted {
		c.open, c.undelivered, c.oldest = count(s.Open), count(s.Undelivered), oldestMessage(s.Oldest, now)
		if s.Unannounced > 0 {
			c.unannounced = count(s.Unannounced)
		}
	}
	c.write(&notifier.Status)
}

// lateAfter is for how long a message is not delivered that the status speaks of: most are
// under way.
const lateAfter = time.Minute

// oldestMessage returns the message that has been undelivered for longest, nil if it is not late.
func oldestMessage(oldest *status.UndeliveredMessage, now time.Time) *v1alpha1.UndeliveredMessage {
	if oldest == nil || now.Sub(oldest.Since) < lateAfter {
		return nil
	}
	return &v1alpha1.UndeliveredMessage{
		AccessRequest: cut(oldest.Request, v1alpha1.MaxNameLength),
		Recipient:     cut(oldest.Recipient, v1alpha1.MaxNameLength),
		Since:         metav1.NewTime(oldest.Since.UTC().Truncate(time.Second)),
		Reason:        oldest.Reason,
		Message:       cut(oldest.Message, v1alpha1.MaxMessageLength),
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
			Recipient: cut(r.Recipient, v1alpha1.MaxNameLength),
			Message:   cut(r.Message, v1alpha1.MaxMessageLength),
		})
	}
}

// describeTeleport writes which cluster is watched. It stays while there is no
// connection; that of another spec stays only until there is a user.
func describeTeleport(notifier *v1alpha1.AccessNotifier, last *v1alpha1.AccessNotifierStatus, s supervisor.Snapshot) {
	cluster := s.Teleport.Cluster
	if cluster.Name == "" && s.Teleport.User == "" {
		return
	}
	if before := last.Teleport; cluster.Name == "" && before != nil && last.ObservedGeneration == notifier.Generation {
		cluster.Name, cluster.ServerVersion = before.ClusterName, before.ServerVersion
	}
	teleport := &v1alpha1.TeleportStatus{
		ClusterName:   cut(cluster.Name, v1alpha1.MaxNameLength),
		ServerVersion: cut(cluster.ServerVersion, v1alpha1.MaxNameLength),
		User:          cut(s.Teleport.User, v1alpha1.MaxNameLength),
	}
	if !s.Teleport.IdentityNotAfter.IsZero() {
		teleport.IdentityExpirationTime = new(metav1.NewTime(s.Teleport.IdentityNotAfter.UTC().Truncate(time.Second)))
	}
	notifier.Status.Teleport = teleport
}
