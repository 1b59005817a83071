package controllers

import (
	"fmt"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/routing/match"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/wording"
)

// wordingOf returns how messages are worded, as the supervisor has it.
func wordingOf(spec *v1alpha1.MessageSpec) (out wording.Spec) {
	if spec == nil {
		return out
	}
	out.Locale, out.TimeZone, out.LinkTemplate = string(spec.Locale), spec.TimeZone, spec.LinkTemplate
	for _, field := range spec.ExtraFields {
		out.ExtraFields = append(out.ExtraFields, wording.ExtraField{Label: field.Label, Value: match.Text(field.Value)})
	}
	return out
}

// messageState tells whether something of spec.message is left out.
func messageState(s supervisor.Snapshot, running bool) conditionState {
	invalid, leftOut := s.Wording.Invalid, s.Wording.LeftOut
	switch {
	case !running:
		return unknownState("The wording of messages has not been looked at yet")
	case len(invalid) > 0:
		return falseState(v1alpha1.ReasonMessageInvalid, andOthers(invalid), true)
	case len(leftOut) > 0:
		return falseState(v1alpha1.ReasonFieldLeftOut, andOthers(leftOut), false)
	default:
		return trueState("Messages are worded as the spec says")
	}
}

// andOthers returns the first of several problems, and how many there are.
func andOthers(problems []string) string {
	if len(problems) == 1 {
		return problems[0]
	}
	return fmt.Sprintf("%s (%d problems in all)", problems[0], len(problems))
}
