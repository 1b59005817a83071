package controllers

import (
	"cmp"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// conditionState is the state of one aspect of a notifier.
type conditionState struct {
	status  metav1.ConditionStatus
	reason  string
	message string
	// problems are those that the message lists, if they are several.
	problems []string
	// stalled is true if nothing gets better until an operator changes something.
	stalled bool
	// provisional is true if all that is known so far is well, but not all is known.
	provisional bool
}

func trueState(message string) conditionState {
	return conditionState{status: metav1.ConditionTrue, reason: v1alpha1.ReasonSucceeded, message: message}
}

func unknownState(message string) conditionState {
	return conditionState{status: metav1.ConditionUnknown, reason: v1alpha1.ReasonProgressing, message: message}
}

func falseState(reason, message string, stalled bool) conditionState {
	return conditionState{status: metav1.ConditionFalse, reason: reason, message: message, stalled: stalled}
}

// problemState is False for the reason of a problem.
func problemState(p *status.Problem) conditionState {
	return falseState(p.Reason, p.Message, p.Permanent)
}

// state is False for what is wrong with Secrets. A notifier that goes on with what they held
// before needs no operator at once.
func (all problems) state(inUse bool) conditionState {
	states := make([]conditionState, len(all))
	for i, p := range all {
		if inUse {
			p.message, p.waiting = p.message+"; what was read before is used for as long as the operator runs", true
		}
		states[i] = falseState(p.reason, p.message, !p.waiting)
	}
	return together(states)
}

// conditionOrder is the order in which "kubectl describe" shows the conditions: what sums
// up the others comes first.
var conditionOrder = []string{
	v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled,
	v1alpha1.ConditionTeleportConnected, v1alpha1.ConditionIdentityValid, v1alpha1.ConditionMessengerReady,
	v1alpha1.ConditionRecipientsResolved, v1alpha1.ConditionRulesValid, v1alpha1.ConditionMessageValid,
	v1alpha1.ConditionReviewAvailable,
}

// setCondition makes the condition be as the state says. It keeps its time of
// transition if its status stays.
func setCondition(notifier *v1alpha1.AccessNotifier, condition string, c conditionState) {
	meta.SetStatusCondition(&notifier.Status.Conditions, metav1.Condition{
		Type:               condition,
		Status:             c.status,
		Reason:             c.reason,
		Message:            cut(c.message, v1alpha1.MaxMessageLength),
		ObservedGeneration: notifier.Generation,
	})
	slices.SortStableFunc(notifier.Status.Conditions, func(a, b metav1.Condition) int {
		return cmp.Compare(slices.Index(conditionOrder, a.Type), slices.Index(conditionOrder, b.Type))
	})
}

// setOrRemove makes the condition True for the reasons of c, or absent.
func setOrRemove(notifier *v1alpha1.AccessNotifier, condition string, c conditionState, present bool) {
	if !present {
		meta.RemoveStatusCondition(&notifier.Status.Conditions, condition)
		return
	}
	setCondition(notifier, condition, conditionState{status: metav1.ConditionTrue, reason: c.reason, message: c.message})
}

// cut cuts a text to what the API server accepts.
func cut(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most-1]) + "…"
}
