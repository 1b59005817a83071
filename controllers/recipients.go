package controllers

import (
	"fmt"
	"strings"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

// recipientsState tells whether the configured recipients work, and whether it is known who
// should hear of each request.
func recipientsState(s supervisor.Snapshot, running bool) conditionState {
	var wrong []conditionState
	if len(s.Unresolved) > 0 {
		wrong = append(wrong, unresolvedState(s.Recipients))
	}
	if s.Rules != nil {
		wrong = append(wrong, problemState(s.Rules))
	}
	switch {
	case len(wrong) > 0:
		return together(wrong)
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

// unresolvedState names the recipients that do not work, those together that share a reason. While others do, requests are
// announced, and the notifier is not stalled.
func unresolvedState(r status.Recipients) conditionState {
	names, passing := map[string][]string{}, false
	for _, u := range r.Unresolved {
		names[u.Message] = append(names[u.Message], u.Recipient)
		passing = passing || u.Passing
	}
	problems := make([]string, len(r.Unresolved))
	for i, u := range r.Unresolved {
		problems[i] = strings.Join(names[u.Message], ", ") + ": " + u.Message
	}
	works := r.Configured - len(r.Unresolved)
	return falseState(v1alpha1.ReasonRecipientsUnresolved, fmt.Sprintf("%d of %d recipients work (see status.unresolvedRecipients). %s",
		works, r.Configured, sentences(problems)), works == 0 && !passing)
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
