package controllers

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// maxListed bounds what a message lists, in characters, so that what is said of the list
// fits besides.
const maxListed = v1alpha1.MaxMessageLength - 124

// sentences returns all problems as one text, each once, so that an operator can mend them at
// once and not one after another. Those that do not fit are counted.
func sentences(problems []string) string {
	var text string
	for i, p := range distinct(problems) {
		switch {
		case i == 0:
			text = cut(p, maxListed)
		case utf8.RuneCountInString(text)+utf8.RuneCountInString(p) > maxListed:
			return fmt.Sprintf("%s. And %d more", text, len(distinct(problems))-i)
		default:
			text += ". " + p
		}
	}
	return text
}

// listed is sentences with the number of all problems, if there are several.
func listed(problems []string) string {
	if n := len(distinct(problems)); n > 1 {
		return fmt.Sprintf("%s (%d problems in all)", sentences(problems), n)
	}
	return problems[0]
}

// distinct returns each problem once, without the period at its end.
func distinct(problems []string) (all []string) {
	for _, p := range problems {
		if p = strings.TrimSuffix(p, "."); !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// several is False for problems of one kind.
func several(reason string, problems []string, stalled bool) conditionState {
	state := falseState(reason, listed(problems), stalled)
	state.problems = problems
	return state
}

// together sums up states that are False. Its reason is that of the first for which an
// operator has to change something, if there is one.
func together(states []conditionState) conditionState {
	if len(states) == 1 {
		return states[0]
	}
	sum := states[max(0, slices.IndexFunc(states, func(c conditionState) bool { return c.stalled }))]
	var problems []string
	for _, c := range states {
		if len(c.problems) == 0 {
			problems = append(problems, c.message)
		}
		problems = append(problems, c.problems...)
	}
	return several(sum.reason, problems, sum.stalled)
}

// summary sums up the states of a notifier: all that is known to be wrong, or else the first
// that is not known, or else that all is well.
func summary(states []conditionState, well conditionState) conditionState {
	if wrong := slices.DeleteFunc(slices.Clone(states), func(c conditionState) bool { return c.status != metav1.ConditionFalse }); len(wrong) > 0 {
		return together(wrong)
	}
	if i := slices.IndexFunc(states, func(c conditionState) bool { return c.status == metav1.ConditionUnknown }); i >= 0 {
		return states[i]
	}
	return well
}

// setSummary sets Ready, and Reconciling or Stalled as kstatus reads them.
func setSummary(notifier *v1alpha1.AccessNotifier, ready conditionState) {
	setCondition(notifier, v1alpha1.ConditionReady, ready)
	setOrRemove(notifier, v1alpha1.ConditionReconciling, ready, ready.status != metav1.ConditionTrue && !ready.stalled)
	setOrRemove(notifier, v1alpha1.ConditionStalled, ready, ready.status != metav1.ConditionTrue && ready.stalled)
}
