package review

import (
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Outcome is what became of a click, in one word for metrics and logs.
type Outcome string

// The outcomes. All but the first three decide nothing.
const (
	Approved Outcome = "approved"
	Denied   Outcome = "denied"
	// Unclear means that it is not known whether Teleport has counted the review.
	Unclear Outcome = "unclear"

	// Begun and Asked are not the end of a click: Teleport is being asked, or the reviewer is.
	Begun Outcome = "begun"
	Asked Outcome = "asked"

	TooOften    Outcome = "too_often"
	SwitchedOff Outcome = "off"
	OnlyDenying Outcome = "deny_only"
	NotOurs     Outcome = "not_ours"
	Outdated    Outcome = "outdated"
	Resolved    Outcome = "resolved"
	Gone        Outcome = "gone"
	NoReason    Outcome = "no_reason"
	NotTrusted  Outcome = "not_trusted"
	NoUser      Outcome = "no_user"
	Several     Outcome = "several_users"
	Refused     Outcome = "refused"
	Reviewed    Outcome = "reviewed"
	// Unavailable means that Teleport or the chat service could not be asked.
	Unavailable Outcome = "unavailable"
	// NotTaken means that Teleport takes no reviews for users, or not from this identity.
	NotTaken Outcome = "not_taken"
)

// answers are what the reviewer is told. Those that have room for a name are told the reviewer's
// in Teleport.
var answers = map[Outcome]string{
	Approved: message.AnswerApproved, Denied: message.AnswerDenied, Unclear: message.AnswerUnclear,
	Begun: message.AnswerBegun, TooOften: message.AnswerTooOften, SwitchedOff: message.AnswerOff,
	OnlyDenying: message.AnswerDenyOnly, NotOurs: message.AnswerNotOurs, Outdated: message.AnswerOutdated,
	Resolved: message.AnswerResolved, Gone: message.AnswerGone, NoReason: message.AnswerNoReason,
	NotTrusted: message.AnswerNotTrusted, NoUser: message.AnswerNoUser, Several: message.AnswerSeveralUsers,
	Refused: message.AnswerNotAllowed, Reviewed: message.AnswerReviewed, Unavailable: message.AnswerUnavailable,
	NotTaken: message.AnswerOff,
}

// answer is what a reviewer is told, who is called so in Teleport as far as is known.
func (o Outcome) answer(l message.Language, user string) string {
	switch o {
	case Approved, Denied, Refused:
		return l.Say(answers[o], message.CleanLine(user))
	default:
		return l.Say(answers[o])
	}
}
