package controllers

import (
	"cmp"
	"fmt"
	"math"
	"slices"
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
	removeOptional(notifier)
	kept := map[string]bool{}
	var counting []conditionState
	for _, aspect := range aspectsOf(notifier, in, s, running, now) {
		state, old := d.settle(last, notifier.Generation, aspect.condition, aspect.state, now)
		kept[aspect.condition] = old
		setCondition(notifier, aspect.condition, state)
		if aspect.counts(state) {
			counting = append(counting, state)
		}
	}
	ready := summary(counting, readyState(s, cmp.Or(s.Teleport.Cluster.Name, clusterName(last))))
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

// aspectsOf are what there is to say of a notifier: of spec.message nothing without one, of
// deciding in chat nothing while that is off.
func aspectsOf(notifier *v1alpha1.AccessNotifier, in inputs, s supervisor.Snapshot, running bool, now time.Time) []aspect {
	all := []aspect{
		{v1alpha1.ConditionIdentityValid, identityState(in, s, running, now)},
		{v1alpha1.ConditionTeleportConnected, teleportState(s, running)},
		{v1alpha1.ConditionMessengerReady, messengerState(in, s, running)},
		{v1alpha1.ConditionRecipientsResolved, recipientsState(s, running)},
		{v1alpha1.ConditionRulesValid, rulesState(s, running)},
	}
	if notifier.Spec.Message != nil {
		all = append(all, aspect{v1alpha1.ConditionMessageValid, messageState(s, running)})
	}
	if mode := notifier.Spec.ReviewMode(); mode != v1alpha1.ReviewOff {
		all = append(all, aspect{v1alpha1.ConditionReviewAvailable, reviewState(mode, in, s, running)})
	}
	return all
}

// aspect is what one condition is about.
type aspect struct {
	condition string
	state     conditionState
}

// besides are the conditions without which requests are announced all the same.
var besides = []string{v1alpha1.ConditionRulesValid, v1alpha1.ConditionMessageValid, v1alpha1.ConditionReviewAvailable}

// counts reports whether Ready sums up the state of the aspect. Requests are announced also
// while rules or words are left out or reviewers cannot decide in chat, so that these count only if
// something has to be mended.
func (a aspect) counts(state conditionState) bool {
	return !slices.Contains(besides, a.condition) || state.status == metav1.ConditionFalse && state.stalled
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
// that is refused, and what is wrong with it besides.
func describeRefused(notifier *v1alpha1.AccessNotifier, fields []v1alpha1.FormerField, in inputs, s supervisor.Snapshot, now time.Time) {
	var states []conditionState
	for _, field := range fields {
		states = append(states, falseState(v1alpha1.ReasonInvalidSpec, field.Path+" "+field.Message, true))
	}
	for _, aspect := range aspectsOf(notifier, in, s, false, now) {
		if aspect.counts(aspect.state) {
			states = append(states, aspect.state)
		}
	}
	describeStopped(notifier)
	setSummary(notifier, summary(states, conditionState{}))
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
	if s.AccessLists != "" {
		state.message += "; " + s.AccessLists
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
	case len(in.identity) > 0:
		// Of what was there before, only the one in use counts.
		wrong := []conditionState{in.identity.state(in.runnable && !s.Teleport.IdentityNotAfter.IsZero())}
		if s.Identity != nil && s.Identity.Reason == status.ReasonIdentityExpired {
			wrong = append(wrong, problemState(s.Identity))
		}
		return together(wrong)
	case s.Identity != nil:
		return problemState(s.Identity)
	case !running:
		return unknownState("The identity has not been looked at yet")
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
	var wrong []conditionState
	if len(in.token) > 0 {
		wrong = append(wrong, in.token.state(in.runnable && s.Failure == nil && s.Messenger.Problem == nil))
	}
	for _, p := range []*status.Problem{s.Failure, s.Messenger.Problem} {
		if p != nil {
			wrong = append(wrong, problemState(p))
		}
	}
	switch {
	case len(wrong) > 0:
		return together(wrong)
	case !running || !s.Messenger.Known:
		return unknownState("The token has not been checked yet")
	default:
		return trueState("The chat service accepts the token")
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
