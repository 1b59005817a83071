package message

import (
	"fmt"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Every word that a reader sees of a message, but for the commands, stands in
// this file.

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
	// LabelRef stands before the key by which a message is found again.
	LabelRef = "Ref"
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

// The words of a message that only shows that it arrives.
const (
	titleTrial      = "Test"
	statusTrial     = "This is a test, there is nothing to decide"
	statusTrialDone = "Test passed: messages arrive here and can be edited"
	labelSender     = "Sent by"
)

// fromWords stand between a title and who asks.
const fromWords = " from "

// The words between what a reviewer did, the reviewer, and who reviewed in the
// reviewer's name.
const (
	byWords = " by "
	// automaticWords stand in the place of a reviewer where Teleport itself reviewed.
	automaticWords = " automatically, by a rule of Teleport"
	throughWords   = ", through "
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

// statuses say where a request stands, and no more than what is known: that the
// time to decide is over does not tell that there was no decision.
var statuses = map[accessrequest.State]string{
	accessrequest.Pending:  "Pending",
	accessrequest.Approved: "Approved",
	accessrequest.Denied:   "Denied",
	accessrequest.Promoted: "Promoted to an access list",
	accessrequest.Expired:  "Expired",
	accessrequest.Removed:  "Removed from Teleport before a decision was seen",
	accessrequest.Gone:     "No longer in Teleport, how it ended is not known",
}

// pendingWith says how far a request is from approval.
func pendingWith(p accessrequest.Progress) string {
	return fmt.Sprintf("%s, %d of %s", statuses[accessrequest.Pending], p.Approvals, plural(p.Needed, "approval"))
}

// kinds say for how long access is asked for.
var kinds = map[accessrequest.Kind]string{
	accessrequest.Temporary: "Temporary",
	accessrequest.Permanent: "Permanent",
}

// incompleteWords warn that a request holds more than a message of this version
// shows. Only before the decision there is something to do about it.
func incompleteWords(state accessrequest.State) string {
	const words = "The request holds more than this version can show"
	if state == accessrequest.Pending {
		return words + ", look in Teleport before deciding"
	}
	return words
}

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

// Decision is what the reviewer did, in a word.
func (r Review) Decision() string {
	switch r.State {
	case accessrequest.Approved:
		return "Approved"
	case accessrequest.Denied:
		return "Denied"
	case accessrequest.Promoted:
		return "Promoted"
	default:
		return "Reviewed"
	}
}

// Part is a part of a line: our own words, or what a person typed.
type Part struct {
	Text  string
	Typed bool
}

// Verdict says what the reviewer did, and through whom, in parts that are cleaned.
func (r Review) Verdict() []Part {
	if r.Author == accessrequest.AutomaticReviewer {
		return []Part{{Text: Emoji(r.State) + " " + r.Decision() + automaticWords}}
	}
	said := []Part{{Text: Emoji(r.State) + " " + r.Decision() + byWords}}
	if author := CleanLine(r.Author); author != "" {
		said = append(said, Part{author, true})
	} else {
		said = append(said, Part{Text: NoAuthor})
	}
	if through := CleanLine(r.SubmittedBy); through != "" {
		said = append(said, Part{Text: throughWords}, Part{through, true})
	}
	return said
}

// LinkLabel says what the link is for.
func (m Message) LinkLabel() string {
	if m.State == accessrequest.Pending {
		return "Review in Teleport"
	}
	return "Open in Teleport"
}

// earlierReviews says how many reviews are not shown.
func earlierReviews(n int) string {
	return plural(n, "earlier review")
}

// UTC writes a time where it cannot be shown in the reader's own time zone.
func UTC(t time.Time) string {
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

func plural(n int, unit string) string {
	return fmt.Sprintf("%d %s", n, choose(n, unit, unit+"s"))
}

func choose(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// andMore says how many items are not shown.
func andMore(n int) string {
	return "and " + thousands(n) + " more"
}

// leftOutWords say how many suggested reviewers are not notified.
func leftOutWords(n int) string {
	return thousands(n) + " more suggested " + choose(n, "reviewer", "reviewers")
}

// leftOut says how much of a text is not shown.
func leftOut(characters int) string {
	return "… (" + thousands(characters) + " more " + choose(characters, "character", "characters") + ")"
}
