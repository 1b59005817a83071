package plan

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// View is what is known of one recipient of one request.
type View struct {
	Now     time.Time
	Waits   Waits
	Can     Can
	Writer  string
	Request Request
	Record  record.Record
	// Entry is the recipient's part of the record; Recorded is false if there is none.
	Entry    record.Entry
	Recorded bool
	// Sights say when the claims of another writer were seen first.
	Sights Sights
	// Busy is set while a call, or the claim before it, is under way.
	Busy   bool
	Memory Memory
}

// Waits are the times of the table.
type Waits struct {
	// Settle is D+E and a little more, Land is D and a little more, Foreign is S.
	Settle, Land, Foreign time.Duration
}

// Can is what the messenger offers, a set of flags.
type Can int

// The flags.
const (
	CanEdit Can = 1 << iota
	CanFind
	CanReply
	// CanAmend is that notes change the message which they follow.
	CanAmend
)

// Request is what should be shown, to every recipient.
type Request struct {
	Known   bool
	Digest  string
	Mark    record.Mark
	Replies int
	// Behind is set while the record knows of a state that this view cannot replace.
	Behind bool
	// Announced is set once any recipient was told.
	Announced bool
}

// Sights say when foreign claims were seen first.
type Sights struct {
	Make, Edit time.Time
}

// Named says whether the rules name a recipient.
type Named int

// How a recipient is named.
const (
	// Unnamed recipients should hear of nothing new.
	Unnamed Named = iota
	// Presumed recipients were named, or may have been told by a process that knew them to
	// be. They are while it is not known of each recipient.
	Presumed
	// Surely named recipients are named by the rules as they are.
	Surely
)

// End is how it ended with a message.
type End int

// The ends.
const (
	// Open messages are kept true.
	Open End = iota
	// Untold recipients could not be told before the request was decided.
	Untold
	// Final messages cannot be edited any more.
	Final
	// Gone messages do not exist any more, or nothing that could be shown is accepted.
	Gone
)

// Thread is what is known of the replies below a message.
type Thread int

// The threads.
const (
	// Counted replies are those that the record says.
	Counted Thread = iota
	// Uncounted replies have to be looked for one by one.
	Uncounted
	// Closed threads accept none.
	Closed
)

// Posts says what is known of posts to a recipient that has no message.
type Posts int

// What is known of posts.
const (
	// Traced posts are claimed in the record, or were not made.
	Traced Posts = iota
	// Unknowable is whether a post was made: its result was unclear, or it was claimed by another
	// writer, or the record is lost, and it cannot be looked for. The recipient may have been told.
	Unknowable
)

// UnknownDigest stands for what a message shows that may show one of several things.
const UnknownDigest = "?"

// Memory is what only this process knows.
type Memory struct {
	// Named says whether the recipient should hear of the request.
	Named Named
	Posts Posts
	// GaveUp is when an own post, follow-up or reply ended without a clear result that
	// is not settled yet.
	GaveUp time.Time
	// Landing is until when an earlier edit may still take effect.
	Landing time.Time
	// Quiet is until when nothing follows what the recipient has heard, or may have: where
	// messages are not edited, each change would be one message more.
	Quiet time.Time
	// Tried is the digest of the last edit, if it does not count or has no clear result. Before
	// there is a message, it is that of the posts that may have been made.
	Tried  string
	End    End
	Thread Thread
	// From is when a recipient hears of the request that hears of it only if it is still
	// pending then, zero for all others.
	From time.Time
	// Notes are those that the recipient gets.
	Notes []Note
}

// Forgettable reports whether nothing is known that the rules and the record do not say.
func (m Memory) Forgettable(now time.Time) bool {
	return m.Posts == Traced && m.GaveUp.IsZero() && !m.Landing.After(now) && !m.Quiet.After(now) && m.Tried == "" && m.End == Open && m.Thread == Counted
}

// WithoutMessage is what is left of it for a message that takes the place of the one that it is
// about. Edits that were begun are edits of both if the old one is a stray, and stays to be edited.
func (m Memory) WithoutMessage(stray bool) Memory {
	m.End, m.Thread = Open, Counted
	if !stray {
		m.Tried, m.Landing = "", time.Time{}
	}
	return m
}

// TookOver is until when a call that another writer has begun may still change the message, zero if
// there is none.
func TookOver(v View) (at time.Time) {
	if v.foreign(v.Entry.Edit) {
		at = v.Sights.Edit.Add(v.Waits.Foreign)
	}
	if c := v.Entry.Make; v.can(CanAmend) && v.foreign(c) && c.What == record.Note {
		at = Later(at, v.Sights.Make.Add(v.Waits.Foreign))
	}
	return at
}

func (v View) foreign(c *record.Claim) bool { return c != nil && c.By != v.Writer }
func (v View) own(c *record.Claim) bool     { return c != nil && c.By == v.Writer }
func (v View) can(flag Can) bool            { return v.Can&flag != 0 }
