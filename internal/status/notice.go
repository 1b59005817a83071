package status

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

// Reasons of notices. They are those of Events.
const (
	NoticeRecipientFailed   = "RecipientFailed"
	NoticeRecipientRestored = "RecipientRestored"
	NoticeReviewerSkipped   = "SuggestedReviewerSkipped"
	NoticeRequesterSkipped  = "RequesterSkipped"
	NoticeOwnerSkipped      = "OwnerSkipped"
	NoticeContentRejected   = "ContentRejected"
	NoticeRecordImpossible  = "RecordImpossible"
	NoticeNotAnnounced      = "RequestNotAnnounced"
	NoticeUnknownCode       = "UnknownCode"
	NoticeMessageFinal      = "MessageCannotBeEdited"
	NoticeRequestFailed     = "RequestFailed"
	NoticeRuleFailed        = "RuleFailed"
	NoticeReviewSubmitted   = "ReviewSubmitted"
	NoticeReviewNotCounted  = "ReviewNotCounted"
)
