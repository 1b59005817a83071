package plan

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// Action is what is to be done.
type Action int

// The actions.
const (
	// None means that nothing is to be done until something changes.
	None Action = iota
	// Wait means that it is decided at Decision.At.
	Wait
	Post
	Edit
	Reply
	// Follow posts a message anew that cannot be edited any more.
	Follow
	// MakeNote posts the note that is due.
	MakeNote
	// Find finds out whether a claimed post was made, FindReply the same of a reply, and
	// FindNote of a note.
	Find
	FindReply
	FindNote
	// Withdraw removes a claim under which nothing was begun.
	Withdraw
)

// Reason says why, by name.
type Reason string

// The reasons.
const (
	FirstMessage       Reason = "FirstMessage"
	StateChanged       Reason = "StateChanged"
	NewReview          Reason = "NewReview"
	NoteDue            Reason = "NoteDue"
	NotYet             Reason = "NotYet"
	OutcomeUnknown     Reason = "OutcomeUnknown"
	RecordDamaged      Reason = "RecordDamaged"
	AwaitingSettlement Reason = "AwaitingSettlement"
	AwaitingEvent      Reason = "AwaitingEvent"
	ClaimedByOther     Reason = "ClaimedByOther"
	UpToDate           Reason = "UpToDate"
	RecipientRemoved   Reason = "RecipientRemoved"
	NeverAnnounced     Reason = "NeverAnnounced"
	MessageGone        Reason = "MessageGone"
	MessageFinal       Reason = "MessageFinal"
	ClaimNotNeeded     Reason = "ClaimNotNeeded"
	Paced              Reason = "Paced"
)

// Decision is what Next says.
type Decision struct {
	Action Action
	Reason Reason
	// At is when to decide again, for Wait; with None, when a note is due, or when a claim by
	// another writer can be removed that nothing depends on.
	At time.Time
	// Due is when the note was due that is to be made, looked for, or whose claim is waited
	// for; zero for all else.
	Due time.Time
}

// Settled reports whether nothing is left to do, now or later.
func (d Decision) Settled() bool { return d.Action == None && d.At.IsZero() }

// Pending reports whether something has to be shown to the recipient.
func (d Decision) Pending() bool {
	return d.Action != None && d.Action != Withdraw
}

// Call reports whether the decision is to call the messenger.
func (d Decision) Call() bool {
	return d.Pending() && d.Action != Wait
}

func none(reason Reason) Decision { return Decision{Action: None, Reason: reason} }

func wait(reason Reason, at time.Time) Decision {
	return Decision{Action: Wait, Reason: reason, At: at}
}

func do(action Action, reason Reason) Decision { return Decision{Action: action, Reason: reason} }

// findOf is the search for what was claimed.
func findOf(what record.What) Action {
	switch what {
	case record.Reply:
		return FindReply
	case record.Note:
		return FindNote
	default:
		return Find
	}
}

// Next decides what is next for the recipient.
func Next(v View) Decision {
	d := paced(v, v.next())
	if d.Action == MakeNote || d.Action == FindNote {
		d.Due = v.noteTime(d.Action)
	}
	return d
}

// paced has what follows a message wait until the recipient may hear of the request again.
// What has changed by then is said at once.
func paced(v View, d Decision) Decision {
	if (d.Action == Follow || d.Action == MakeNote) && v.Now.Before(v.Memory.Quiet) {
		return wait(Paced, v.Memory.Quiet)
	}
	return d
}

func (v View) next() Decision {
	switch {
	case !v.Request.Known:
		return none(AwaitingEvent)
	case v.Memory.End == Gone:
		return v.leftover(MessageGone)
	case v.Entry.Ref == "":
		return v.first()
	}
	if d := v.edit(); d.Action != None || d.Reason == AwaitingEvent {
		return d
	}
	return v.below()
}

// below is Next for what follows a message that is true: first what is claimed, then the
// reviews, then the notes.
func (v View) below() Decision {
	if c := v.Entry.Make; c == nil || c.What != record.Note {
		if d := v.reply(); !d.Settled() {
			return d
		}
	}
	d := v.note()
	if d.Action == Wait {
		d.Due = v.noteTime(FindNote)
	}
	return d
}

// first is Next while there is no message.
func (v View) first() Decision {
	claim := v.Entry.Make
	switch {
	case v.Record.Status == record.Closed && v.Record.Mark == v.Request.Mark:
		// Whoever closed the record has made every post.
		return none(UpToDate)
	case v.foreign(claim):
		return v.settleForeign(Find)
	case v.Record.Status == record.Damaged && !v.Recorded:
		return do(Find, RecordDamaged)
	case v.own(claim) && !v.Memory.GaveUp.IsZero():
		return v.settleOwn(Find, Post)
	case v.Memory.End == Untold:
		return v.drop(NeverAnnounced)
	case v.Memory.Named == Unnamed:
		return v.drop(RecipientRemoved)
	case v.tooLate():
		return v.drop(NeverAnnounced)
	default:
		return post(v)
	}
}

// post is first where the message is to be made.
func post(v View) Decision {
	switch {
	case v.Request.Behind:
		return none(AwaitingEvent)
	case v.Now.Before(v.Memory.From):
		return Decision{Action: None, Reason: NotYet, At: v.Memory.From}
	default:
		return do(Post, FirstMessage)
	}
}

// tooLate reports whether the request was resolved while no recipient had heard of it, or
// while this one was not to hear yet.
func (v View) tooLate() bool {
	unheard := !v.Request.Announced || !v.Memory.From.IsZero()
	return v.Request.Mark.State.Resolved() && unheard && v.Memory.Posts == Traced
}

// drop withdraws an own claim under which nothing was begun.
func (v View) drop(reason Reason) Decision {
	if v.own(v.Entry.Make) && !v.Busy {
		return do(Withdraw, reason)
	}
	return none(reason)
}

// leftover removes claims that nothing depends on: own ones, and those of others once
// nothing that was begun under them can take effect any more.
func (v View) leftover(reason Reason) Decision {
	at := v.Now
	for _, claim := range []*record.Claim{v.Entry.Make, v.Entry.Edit} {
		switch {
		case v.foreign(claim) && claim == v.Entry.Make:
			at = Later(at, v.Sights.Make.Add(v.Waits.Foreign))
		case v.foreign(claim):
			at = Later(at, v.Sights.Edit.Add(v.Waits.Foreign))
		}
	}
	switch {
	case v.Entry.Make == nil && v.Entry.Edit == nil:
		return none(reason)
	case v.Now.Before(at):
		return Decision{Action: None, Reason: reason, At: at}
	case v.Busy:
		return none(reason)
	default:
		return do(Withdraw, reason)
	}
}

// Later returns the later of two times.
func Later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// settleForeign leaves the claim of another writer alone, and then finds out.
func (v View) settleForeign(find Action) Decision {
	if at := v.Sights.Make.Add(v.Waits.Foreign); v.Now.Before(at) {
		return wait(ClaimedByOther, at)
	}
	return do(find, OutcomeUnknown)
}

// settleOwn waits until an own call cannot take effect any more, and then finds out.
// Where nothing can be found out, it is made again. A message that is edited is not made again
// before: the one that came late would be the newest that a reader sees, and no edit would ever
// reach it. For all else, waiting gains nothing.
func (v View) settleOwn(find, again Action) Decision {
	blind := !v.can(CanFind)
	if blind && again == Post && v.Memory.Named == Unnamed {
		return v.drop(RecipientRemoved)
	}
	edited := v.can(CanEdit) && (again == Post || again == Follow)
	if at := v.Memory.GaveUp.Add(v.Waits.Settle); v.Now.Before(at) && (!blind || edited) {
		return wait(AwaitingSettlement, at)
	}
	if blind {
		return do(again, OutcomeUnknown)
	}
	return do(find, OutcomeUnknown)
}

// unneeded gives up the claim of another writer to reply with a review that this process does not
// know, so that it cannot look for the reply.
func unneeded(v View) Decision {
	if at := v.Sights.Make.Add(v.Waits.Foreign); v.Now.Before(at) {
		return wait(ClaimedByOther, at)
	}
	return do(Withdraw, ClaimNotNeeded)
}

// reply is Next for the reviews below a message that is true.
func (v View) reply() Decision {
	claim := v.Entry.Make
	due := v.can(CanReply) && v.Record.Status != record.Closed && v.Memory.Thread != Closed && v.Entry.Replies < v.Request.Replies
	switch {
	case v.foreign(claim):
		if due {
			return v.settleForeign(FindReply)
		}
		return unneeded(v)
	case !due && v.own(claim):
		return v.drop(ClaimNotNeeded)
	case !due:
		return none(UpToDate)
	case v.own(claim) && !v.Memory.GaveUp.IsZero():
		return v.settleOwn(FindReply, Reply)
	case v.Memory.Thread == Uncounted:
		return do(FindReply, OutcomeUnknown)
	default:
		return do(Reply, NewReview)
	}
}
