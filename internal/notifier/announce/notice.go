// Package announce tells the owner of a notifier what it should hear of, each once until that
// is over.
package announce

// Notice is something that the owner of a notifier should hear of once.
type Notice struct {
	// Reason is a CamelCase word, as in Kubernetes Events.
	Reason string
	// Text is one sentence without secrets. What a requester typed is in it only where
	// it names someone: cleaned, cut and quoted.
	Text string
	// Request is the id of the access request, and Recipient the name of the recipient
	// that the notice is about; empty if it is about none.
	Request, Recipient string
	// Warning is true for what needs attention.
	Warning bool
}

// Reasons of notices.
const (
	ReasonRecipientFailed   = "RecipientFailed"
	ReasonRecipientRestored = "RecipientRestored"
	ReasonReviewerSkipped   = "SuggestedReviewerSkipped"
	ReasonContentRejected   = "ContentRejected"
	ReasonRecordImpossible  = "RecordImpossible"
	ReasonNotAnnounced      = "RequestNotAnnounced"
	ReasonMessageFinal      = "MessageCannotBeEdited"
	ReasonRequestFailed     = "RequestFailed"
	ReasonRuleFailed        = "RuleFailed"
)
