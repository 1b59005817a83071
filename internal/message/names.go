package message

// Occasion is what a message is about, besides where the request stands. Readers see it in
// the words; programs are told.
type Occasion string

// The occasions.
const (
	// OfRequest is that the request, or what is known of it, has changed.
	OfRequest Occasion = ""
	// Reminder is that the request is still pending.
	Reminder Occasion = "reminder"
	// AccessEndsSoon and AccessEnded are about the access that was granted.
	AccessEndsSoon Occasion = "access-ends-soon"
	AccessEnded    Occasion = "access-ended"
	// ListsDue is that access lists have to be reviewed.
	ListsDue Occasion = "lists-due"
	// Trial is that the recipient is tried.
	Trial Occasion = "trial"
)

// names are what programs call the facts. They are part of what is published, and never
// change; words may.
var names = map[string]string{
	LabelUser:       "user",
	labelRoles:      "roles",
	labelResources:  "resources",
	labelIncomplete: "notShown",
	labelReason:     "reason",
	labelCluster:    "cluster",
	labelReviewers:  "suggestedReviewers",
	labelLeftOut:    "notNotified",
	labelKind:       "access",
	labelDuration:   "accessLasts",
	labelStarts:     "accessStarts",
	labelEnds:       "accessEnds",
	labelExpires:    "requestExpires",
	labelList:       "accessList",
	labelLists:      "accessLists",
	labelSender:     "sender",
}
