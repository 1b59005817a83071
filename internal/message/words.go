package message

import "github.com/accessnotifier/accessnotifier/internal/accessrequest"

// Every word that a reader sees of a message, but for the commands, is a constant of this
// file, in English. The files named for languages have each of them in the other ones.
//
// %[1]s and %[1]d stand for what is put in, so that each language has its own order. Words
// for one of what %[1]d counts stand in the file of the language, too: see dictionary.

// The labels of the facts, in the order in which they are shown.
const (
	// LabelUser is the label of who asks.
	LabelUser       = "User"
	labelRoles      = "Roles"
	labelResources  = "Resources"
	labelIncomplete = "Not shown"
	labelReason     = "Reason"
	labelCluster    = "Cluster"
	labelReviewers  = "Suggested reviewers"
	labelLeftOut    = "Not notified"
	labelKind       = "Access"
	labelDuration   = "Access lasts"
	labelStarts     = "Access starts"
	labelEnds       = "Access ends"
	labelExpires    = "Request expires"
	labelList       = "Access list"
	labelLists      = "Access lists"
)

// The labels of what a message shows besides its fields.
const (
	// LabelStatusReason stands before the reason of the final state.
	LabelStatusReason = "Reason given"
	// LabelReviews stands before the reviews.
	LabelReviews = "Reviews"
	// LabelCommands stands before the commands to decide with.
	LabelCommands = "Approve or deny with"
	// LabelRequest stands before the request's id.
	LabelRequest = "Request"
	// LabelMore stands before how many facts are not shown.
	LabelMore = "More"
)

// What a message says where it was given nothing.
const (
	// NoTitle stands in for a title.
	NoTitle = "Access request"
	// NoStatus stands in for a status.
	NoStatus = "Unknown"
	// NoLabel stands in for a field's label.
	NoLabel = "Details"
	// NoAuthor stands in for the author of a review.
	NoAuthor = "Unknown reviewer"
)

const (
	titleResources = "Resource request"
	titleRoles     = "Role request"
)

// What the requester reads of a request.
const (
	titleReceived  = "Your request was received"
	titleOwn       = "Your request"
	statusEndsSoon = "Access ends soon"
	statusEnded    = "Access has ended"
)

// What the owners of access lists read, with how many of them there are, and by when or since
// when each should be reviewed.
const (
	titleLists   = "Access list reviews"
	statusLists  = "%[1]d access lists to review"
	dueBy        = "to review by"
	overdueSince = "overdue since"
)

// The words of a message that only shows that it arrives.
const (
	titleTrial      = "Test"
	statusTrial     = "This is a test, there is nothing to decide"
	statusTrialDone = "Test passed: messages arrive here and can be edited"
	labelSender     = "Sent by"
)

// How words and what people typed are put together.
const (
	// fromWords are a title and who asks.
	fromWords = "%[1]s from %[2]s"
	// labelledWords are a label and what is on the same line, headingWords a label above.
	labelledWords = "%[1]s: %[2]s"
	headingWords  = "%[1]s:"
	// requestWords hold the request's id.
	requestWords = "Request %[1]s"
	// limitedWords are an item and words about its limit, limitedToWords have what it is
	// limited to as well.
	limitedWords   = "%[1]s, %[2]s"
	limitedToWords = "%[1]s, %[2]s %[3]s"
)

// What a reviewer did. throughWords hold one of them, and who reviewed in the reviewer's
// name.
const (
	approvedBy   = "Approved by %[1]s"
	deniedBy     = "Denied by %[1]s"
	promotedBy   = "Promoted by %[1]s"
	reviewedBy   = "Reviewed by %[1]s"
	throughWords = "%[1]s, through %[2]s"
)

// What a reviewer can press below a message, and the form that asks for a reason.
const (
	// ButtonApprove is the label of the button that approves.
	ButtonApprove = "Approve"
	// ButtonDeny is the label of the button that denies.
	ButtonDeny = "Deny"
	// FormApprove is the title of the form in which a reviewer approves.
	FormApprove = "Approve request"
	// FormDeny is the title of the form in which a reviewer denies.
	FormDeny = "Deny request"
	// FormReason is the label of the reason.
	FormReason = "Your reason"
	// FormSend sends the form.
	FormSend = "Send"
	// FormCancel closes it.
	FormCancel = "Cancel"
)

// What only the reviewer reads who has pressed a button. The first is said before Teleport was
// asked.
const (
	AnswerBegun        = "Your decision is being sent to Teleport. It counts once the message shows it, press again if it does not within a minute"
	AnswerApproved     = "Teleport has counted your approval as %[1]s"
	AnswerDenied       = "Teleport has counted your denial as %[1]s"
	AnswerOutdated     = "The request has changed since the message was written, nothing was decided. The message is brought up to date, read it again first"
	AnswerNotOurs      = "Nothing can be decided with this message. Use the original one, or decide in Teleport"
	AnswerDenyOnly     = "Requests can only be denied here, approve in Teleport"
	AnswerOff          = "This request cannot be decided here, decide in Teleport"
	AnswerResolved     = "The request is decided already"
	AnswerGone         = "Teleport has the request no longer"
	AnswerNoUser       = "No Teleport user is known to be yours, nothing was decided. Ask an administrator of Teleport"
	AnswerSeveralUsers = "Several Teleport users have your account, nothing was decided. Ask an administrator of Teleport"
	AnswerNotTrusted   = "Guests, bots, deactivated accounts and those of other organizations decide nothing here"
	AnswerNotAllowed   = "Teleport refused the review. You may not review this request, or Teleport knows no user named %[1]s"
	AnswerReviewed     = "You have reviewed the request already"
	AnswerTooOften     = "You press too often, nothing was decided. Wait a minute"
	AnswerUnavailable  = "Teleport cannot be asked at the moment, nothing was decided. Press again later"
	AnswerUnclear      = "It is not known whether Teleport has counted your decision. If it has, the message shows it within a minute, else press again"
	AnswerNoReason     = "A reason is required, nothing was decided"
)

// What Teleport itself did in the place of a reviewer.
const (
	approvedByRule = "Approved automatically, by a rule of Teleport"
	deniedByRule   = "Denied automatically, by a rule of Teleport"
	promotedByRule = "Promoted automatically, by a rule of Teleport"
	reviewedByRule = "Reviewed automatically, by a rule of Teleport"
)

// What a resource may be limited to, which id it has beside its name, and which logins a role
// allows.
const (
	idWords      = "id"
	withLogin    = "with the login"
	withLogins   = "with the logins"
	traitLogins  = "and those of the user's traits"
	limitRole    = "only the AWS role"
	limitRoles   = "only the AWS roles"
	limitLogin   = "only the login"
	limitLogins  = "only the logins"
	limitUnknown = "limited in a way that this version does not know"
)

// Where a request stands, and no more than what is known: that the time to decide is over
// does not tell that there was no decision.
const (
	statusPending  = "Pending"
	statusProgress = "Pending, %[2]d of %[1]d approvals"
	statusApproved = "Approved"
	statusDenied   = "Denied"
	statusPromoted = "Promoted to an access list"
	statusExpired  = "Expired"
	statusRemoved  = "Removed from Teleport before a decision was seen"
	statusGone     = "No longer in Teleport, how it ended is not known"

	// stillPending is what a reminder says, with how long the request was pending by then.
	stillPending = "Still pending after %[1]s"
)

var statuses = map[accessrequest.State]string{
	accessrequest.Pending: statusPending, accessrequest.Approved: statusApproved,
	accessrequest.Denied: statusDenied, accessrequest.Promoted: statusPromoted,
	accessrequest.Expired: statusExpired, accessrequest.Removed: statusRemoved, accessrequest.Gone: statusGone,
}

// For how long access is asked for.
const (
	kindTemporary = "Temporary"
	kindPermanent = "Permanent"
)

var kinds = map[accessrequest.Kind]string{
	accessrequest.Temporary: kindTemporary, accessrequest.Permanent: kindPermanent,
}

// A request holds more than a message of this version shows. Only before the decision there
// is something to do about it.
const (
	incompleteWords        = "The request holds more than this version can show"
	incompletePendingWords = "The request holds more than this version can show, look in Teleport before deciding"
)

// What the link is for, which may lead elsewhere than to Teleport.
const (
	linkReview          = "Review in Teleport"
	linkOpen            = "Open in Teleport"
	linkReviewElsewhere = "Review the request"
	linkOpenElsewhere   = "Open the request"
)

// How much is not shown.
const (
	earlierWords = "%[1]d earlier reviews"
	moreWords    = "and %[1]d more"
	leftOutWords = "%[1]d more suggested reviewers"
	cutWords     = "… (%[1]d more characters)"
)

// How long access lasts, and when something is.
const (
	daysWords      = "%[1]d days"
	hoursWords     = "%[1]d hours"
	minutesWords   = "%[1]d minutes"
	lessThanMinute = "less than a minute"
	twoUnits       = "%[1]s %[2]s"
	// timeLayout is as package time has it.
	timeLayout = "2006-01-02 15:04 MST"
)

// english has what the constants do not say.
var english = dictionary{singular: map[string]string{
	statusProgress: "Pending, %[2]d of %[1]d approval",
	statusLists:    "%[1]d access list to review",
	earlierWords:   "%[1]d earlier review",
	moreWords:      "and %[1]d more",
	leftOutWords:   "%[1]d more suggested reviewer",
	cutWords:       "… (%[1]d more character)",
	daysWords:      "%[1]d day",
	hoursWords:     "%[1]d hour",
	minutesWords:   "%[1]d minute",
}}

// Emoji is the emoji beside the words for a state.
func Emoji(state accessrequest.State) string {
	switch state {
	case accessrequest.Pending:
		return "⏳"
	case accessrequest.Approved:
		return "✅"
	case accessrequest.Denied:
		return "❌"
	case accessrequest.Promoted:
		return "⏫"
	case accessrequest.Expired:
		return "⌛"
	case accessrequest.Removed:
		return "🗑️"
	case accessrequest.Gone:
		return "❓"
	default:
		return "❔"
	}
}
