package plan

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// Note is a short message that follows the one about a request, once, at its time. It stays
// as it is. The record says up to which time notes were made, so that of those that are due
// only the latest is: one that was missed gives way to the next.
type Note struct {
	Stage Stage
	// Due is when it is due, in whole seconds. No two notes of a recipient share one.
	Due time.Time
	// After is how long the request has been pending by then, for Reminder.
	After time.Duration
	// Mentions are whom it mentions, as the messenger writes that.
	Mentions []string
}

// Stage is what a note is about.
type Stage string

// The stages.
const (
	// Reminder notes say that a request is still pending.
	Reminder Stage = "Reminder"
	// Outcome notes tell the requester how the request ended. They are due from the
	// beginning, and give way to no other.
	Outcome Stage = "Outcome"
	// EndsSoon notes tell the requester that the access is about to end, Ended notes that it
	// has.
	EndsSoon Stage = "EndsSoon"
	Ended    Stage = "Ended"
)

// during reports whether notes of the stage are made in a state of the request.
func (s Stage) during(state accessrequest.State) bool {
	switch s {
	case Outcome:
		return state.Resolved()
	case EndsSoon, Ended:
		return state == accessrequest.Approved
	default:
		return state == accessrequest.Pending
	}
}

// isFor reports whether a recipient gets notes of the stage who is named like that. After the
// decision no rule is asked for the requester any more.
func (s Stage) isFor(named Named) bool {
	return named == Surely || s != Reminder && named == Presumed
}

// notes returns the note that is due now, nil if none is, and when another one will be.
func (v View) notes() (due *Note, next time.Time) {
	if v.Record.Status == record.Closed {
		return nil, time.Time{}
	}
	for i, n := range v.Memory.Notes {
		switch {
		case !n.Stage.isFor(v.Memory.Named), !n.Stage.during(v.Request.Mark.State), n.Due.Unix() <= v.Entry.Noted:
		case v.Now.Before(n.Due):
			if next.IsZero() || n.Due.Before(next) {
				next = n.Due
			}
		case due == nil || due.Stage != Outcome && n.Due.After(due.Due):
			due = &v.Memory.Notes[i]
		}
	}
	return due, next
}

// noteTime is when the note was due that is to be made, or looked for.
func (v View) noteTime(action Action) time.Time {
	if c := v.Entry.Make; c != nil && c.What == record.Note && action == FindNote {
		return time.Unix(c.Due, 0)
	}
	due, _ := v.notes()
	return due.Due
}

// note is Next for the notes that follow a message which is true.
func (v View) note() Decision {
	claim := v.Entry.Make
	due, next := v.notes()
	switch {
	case due == nil && mayBeWanted(v):
		return none(AwaitingEvent)
	case v.foreign(claim) && due == nil && !v.Now.Before(v.Sights.Make.Add(v.Waits.Foreign)):
		return do(Withdraw, ClaimNotNeeded)
	case v.foreign(claim):
		return v.settleForeign(FindNote)
	case due == nil && v.own(claim):
		return v.drop(ClaimNotNeeded)
	case due == nil && next.IsZero():
		return none(UpToDate)
	case due == nil:
		return Decision{Action: None, Reason: NotYet, At: next}
	case v.own(claim) && !v.Memory.GaveUp.IsZero():
		return v.settleOwn(FindNote, MakeNote)
	case v.Memory.Thread == Uncounted:
		return do(FindNote, OutcomeUnknown)
	default:
		return do(MakeNote, NoteDue)
	}
}

// mayBeWanted reports whether the note that is claimed may turn out to be due: it is not known
// yet of each recipient whether the rules name it, and with which notes. A claim that is
// withdrawn until then takes with it that the note may have been made.
func mayBeWanted(v View) bool {
	claim := v.Entry.Make
	claimed := claim != nil && claim.What == record.Note
	return claimed && v.Memory.Named == Presumed && !v.Request.Mark.State.Resolved()
}
