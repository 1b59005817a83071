package plan

import "github.com/accessnotifier/accessnotifier/internal/notifier/record"

// edit is Next for what a message shows; None if it is true.
func (v View) edit() Decision {
	stale := v.Entry.Shown != v.Request.Digest || overtaken(v)
	if v.givesWay() && !(stale && v.newer()) {
		return wait(ClaimedByOther, v.Sights.Edit.Add(v.Waits.Foreign))
	}
	followed := isFollowed(v)
	switch {
	case isShown(v, stale):
		return none(UpToDate)
	case v.Request.Behind:
		return none(AwaitingEvent)
	case v.uneditable() || followed:
		return v.follow(stale)
	case v.Memory.Tried == v.Request.Digest && v.Now.Before(v.Memory.Landing):
		return wait(AwaitingSettlement, v.Memory.Landing)
	default:
		return do(Edit, StateChanged)
	}
}

// isFollowed reports whether a follow-up of the message is claimed.
func isFollowed(v View) bool { return v.Entry.Make != nil && v.Entry.Make.What == record.Follow }

// isShown reports whether the message shows the latest, and nothing is claimed that says otherwise.
// Whoever closed the record has shown it: of that, only an edit can be repeated.
func isShown(v View, stale bool) bool {
	if v.Record.Status == record.Closed && v.Request.Mark == v.Record.Mark {
		return v.uneditable() || !overtaken(v)
	}
	return !v.Request.Behind && !stale && v.Entry.Edit == nil && !isFollowed(v)
}

// overtaken reports whether an own edit that did not count may have come after what the record says
// is shown.
func overtaken(v View) bool {
	return v.Memory.Tried != "" && v.Memory.Tried != v.Request.Digest
}

// uneditable reports whether the message cannot be edited, any more or at all.
func (v View) uneditable() bool { return v.Memory.End == Final || !v.can(CanEdit) }

// givesWay reports whether another writer may be editing the message, and may take the claim
// back.
func (v View) givesWay() bool {
	claim := v.Entry.Edit
	return v.foreign(claim) && claim.By != record.Predecessor && v.Now.Before(v.Sights.Edit.Add(v.Waits.Foreign))
}

// newer reports whether there is a state to show that the record does not know. Only that
// is worth taking the claim of another writer over before its time.
func (v View) newer() bool {
	return v.Request.Mark != v.Record.Mark && !v.Request.Behind
}

// follow is edit for a message that cannot be edited, any more or at all.
func (v View) follow(stale bool) Decision {
	claim := v.Entry.Make
	switch {
	case v.foreign(claim) && claim.What == record.Reply && v.Entry.Replies >= v.Request.Replies:
		return unneeded(v)
	case v.foreign(claim):
		return v.settleForeign(findOf(claim.What))
	case v.own(claim) && !v.Memory.GaveUp.IsZero() && claim.What == record.Reply:
		return v.settleOwn(FindReply, Reply)
	case v.own(claim) && !v.Memory.GaveUp.IsZero() && claim.What == record.Note:
		return v.settleOwn(FindNote, Follow)
	case v.own(claim) && !v.Memory.GaveUp.IsZero():
		return v.settleOwn(Find, Follow)
	case !stale:
		return v.leftover(UpToDate)
	case !v.can(CanEdit):
		return do(Follow, StateChanged)
	default:
		return do(Follow, MessageFinal)
	}
}
