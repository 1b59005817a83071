package controllers

import (
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
	case len(invalid) > 0:
		return several(v1alpha1.ReasonMessageInvalid, invalid, true)
	case !running:
		return unknownState("The wording of messages has not been looked at yet")
	case len(leftOut) > 0:
		return several(v1alpha1.ReasonFieldLeftOut, leftOut, false)
	default:
		return trueState("Messages are worded as the spec says")
	}
}
