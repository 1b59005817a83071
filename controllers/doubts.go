package controllers

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// keptFor is how long the status keeps what was known of something that is not
// known now. A process that has just started knows nothing: if it said so, every
// restart and failover would turn each object to Unknown and back within seconds,
// with its time of transition and Events.
const keptFor = 2 * time.Minute

// doubts holds since when it is not known how the aspects of a notifier are, by the
// type of their condition. It lives as long as this process: the time before does
// not count.
type doubts map[string]time.Time

// counts is the aspect that has numbers instead of a condition.
const counts = "counts"

// recent notes whether it is known how the aspect is, and reports whether it is
// not, but has been a short time ago.
func (d doubts) recent(aspect string, known bool, now time.Time) bool {
	if known {
		delete(d, aspect)
		return false
	}
	since, ok := d[aspect]
	if !ok {
		d[aspect], since = now, now
	}
	return now.Sub(since) < keptFor
}

// settle returns the state of an aspect: as it is or, for a while, as it was last
// known, and whether it is the latter.
func (d doubts) settle(last *v1alpha1.AccessNotifierStatus, generation int64, condition string, state conditionState, now time.Time) (conditionState, bool) {
	if !d.recent(condition, state.status != metav1.ConditionUnknown && !state.provisional, now) {
		return state, false
	}
	kept, ok := lastKnown(last, generation, condition)
	if !ok || state.provisional && kept.status == state.status {
		return state, false
	}
	return kept, true
}

// lastKnown returns what the status says of an aspect, false if it says nothing of
// the present spec, or what this process knows to be over.
func lastKnown(last *v1alpha1.AccessNotifierStatus, generation int64, condition string) (conditionState, bool) {
	c := meta.FindStatusCondition(last.Conditions, condition)
	if c == nil || c.ObservedGeneration != generation || c.Status == metav1.ConditionUnknown ||
		c.Status == metav1.ConditionFalse && isFoundAtOnce(condition, c.Reason) {
		return conditionState{}, false
	}
	stalled := meta.FindStatusCondition(last.Conditions, v1alpha1.ConditionStalled)
	return conditionState{
		status:  c.Status,
		reason:  c.Reason,
		message: c.Message,
		stalled: c.Status == metav1.ConditionFalse && stalled != nil && stalled.Reason == c.Reason,
	}, true
}

// isFoundAtOnce reports whether each reconcile finds the reason out by itself. If
// it has not, the reason is over.
func isFoundAtOnce(condition, reason string) bool {
	switch reason {
	case v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretKeyMissing,
		v1alpha1.ReasonIdentityMalformed, v1alpha1.ReasonIdentityNotYetValid, v1alpha1.ReasonIdentityExpired:
		return condition == v1alpha1.ConditionMessengerReady || condition == v1alpha1.ConditionIdentityValid
	case v1alpha1.ReasonPermissionDenied:
		return condition == v1alpha1.ConditionMessengerReady
	default:
		return false
	}
}

// end returns how long the status still keeps something, 0 if nothing ends by time
// alone.
func (d doubts) end(now time.Time) time.Duration {
	var first time.Duration
	for _, since := range d {
		if left := since.Add(keptFor).Sub(now); left > 0 && (first == 0 || left < first) {
			first = left
		}
	}
	return first
}
