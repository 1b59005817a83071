package record

import (
	"encoding/json"
	"maps"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Version is written into each record. A record of a later version is read for what
// this version knows of it.
const Version = 2

// Record is what is kept of one access request. All plugins' data of a request share
// about 1 MB, and the records of all requests are read in one answer, so names are
// short and a record stays small.
//
// A Record that was handed out is never changed: Clone it first.
type Record struct {
	Version int `json:"v"`
	// Owner is whose record it is; nil in records of the first version.
	Owner *Owner `json:"own,omitempty"`
	// Status is stored as one flag for each but Open.
	Status Status `json:"-"`
	Mark
	// Expires and AccessExpires are when the time to decide and the access end, in
	// Unix seconds; 0 if unknown.
	Expires       int64 `json:"exp,omitempty"`
	AccessExpires int64 `json:"acc,omitempty"`
	// Summary is what a message needs after the request itself is gone.
	Summary *Summary `json:"req,omitempty"`
	// To holds what each recipient was shown, by the id of the address.
	To map[string]Entry `json:"to,omitempty"`
	// Credited are the authors of reviews that were submitted for them through this messenger,
	// in order: readers see through what they have decided.
	Credited []string `json:"here,omitempty"`
}

// Status is whether a record is worked on, see the package's table.
type Status int

const (
	// Open records are worked on.
	Open Status = iota
	// Closed records are those of which every recipient is shown the final state.
	Closed
	// Damaged records are worked on, and have lost a part: recipients without an entry
	// may have been told all the same.
	Damaged
)

// Mark tells how far a request had come when it was seen.
type Mark struct {
	State   accessrequest.State `json:"state,omitempty"`
	Reviews int                 `json:"reviews,omitempty"`
}

// Before reports whether m is certainly an earlier view than other, or knows less of how the
// request ended. Two different decisions cannot be told apart by it.
func (m Mark) Before(other Mark) bool {
	switch {
	case other.State == "":
		return false
	case m.State == "":
		return true
	case m.State.Certainty() != other.State.Certainty():
		return m.State.Certainty() < other.State.Certainty()
	default:
		return m.Reviews < other.Reviews
	}
}

// Addressee is who is at an address.
type Addressee struct {
	// Direct is messenger.Address.Direct.
	Direct bool `json:"dm,omitempty"`
	// Name is the recipient as it was written by whoever named it first.
	Name string `json:"name,omitempty"`
	// Reader is as what the recipient reads of the request.
	Reader Reader `json:"reader,omitempty"`
}

// Reader is as what a recipient reads of a request: each kind is shown another message.
type Reader string

// The readers.
const (
	// Reviewer is any recipient but the requester.
	Reviewer Reader = ""
	// Requester is who asks.
	Requester Reader = "requester"
)

// Entry is what one recipient was shown of a request.
type Entry struct {
	Addressee
	// As is the id that the address had when it was told first, if that was another:
	// keys of posts are made of it.
	As string `json:"as,omitempty"`
	// Ref is the message, as messenger.Ref writes it; "" for none.
	Ref string `json:"ref,omitempty"`
	// Strays are further copies of the message, which are kept true as well.
	Strays []string `json:"more,omitempty"`
	// Old are messages that cannot be edited any more and were followed by another.
	Old []string `json:"old,omitempty"`
	// Shown is the digest of what the message and its strays show.
	Shown string `json:"shown,omitempty"`
	// Adopted is set while it is not known whether this bot has posted the message, since
	// another plugin said that it is there.
	Adopted bool `json:"adopted,omitempty"`
	// Replies is how many reviews were replied with, or shown with the first post.
	Replies int `json:"replies,omitempty"`
	// Noted is when the latest note was due that has followed the message, in Unix seconds.
	Noted int64 `json:"noted,omitempty"`
	// Make is the claim to post, follow, reply or note; nil for none.
	Make *Claim `json:"make,omitempty"`
	// Edit is the claim to edit the message and its strays; nil for none.
	Edit *Claim `json:"edit,omitempty"`
}

// Refs returns the message and its strays.
func (e Entry) Refs() []messenger.Ref {
	var refs []messenger.Ref
	for _, text := range append([]string{e.Ref}, e.Strays...) {
		if ref, ok := messenger.ParseRef(text); ok {
			refs = append(refs, ref)
		}
	}
	return refs
}

// What is claimed.
type What string

// The calls that take a claim.
const (
	Post   What = "post"
	Follow What = "follow"
	Reply  What = "reply"
	Note   What = "note"
	Edit   What = "edit"
)

// Predecessor is the writer of claims that stand for another plugin, which may have been about
// to edit when it was stopped. It takes no claim back.
const Predecessor = "predecessor"

// Claim says that a writer is about to make a call that changes the chat. Each claim
// differs from every other one, so that other writers notice a new one.
type Claim struct {
	What What `json:"do"`
	// Key is the key of the post, reply or note; empty for an edit.
	Key string `json:"key,omitempty"`
	// Due is when a note was due, in Unix seconds.
	Due int64 `json:"due,omitempty"`
	// By is the writer, one for each start of a process, and Gen counts its claims.
	By  string `json:"by"`
	Gen int64  `json:"gen,omitempty"`
	// Since is when the call with the key was claimed first, by any writer,
	// in Unix seconds by that writer's clock. A search begins there.
	Since int64 `json:"at,omitempty"`
}

// Owner is what a record belongs to.
type Owner struct {
	Installation string `json:"i,omitempty"`
	Messenger    string `json:"m,omitempty"`
	Workspace    string `json:"w,omitempty"`
	Bot          string `json:"b,omitempty"`
}

// Relation is how a record stands to an owner.
type Relation int

const (
	// Own records may be changed.
	Own Relation = iota
	// Former records were written by the same notifier with another messenger,
	// workspace or bot, which cannot touch those messages. They may be replaced.
	Former
	// Foreign records belong to another installation and are left alone.
	Foreign
)

// Relation tells how a record of the owner o, nil for an unnamed one, stands to
// another owner. What is not known yet, or may not be read, is no difference.
func (o *Owner) Relation(other Owner) Relation {
	differ := func(a, b string) bool { return a != "" && b != "" && a != b }
	switch {
	case o == nil:
		return Own
	case differ(o.Installation, other.Installation):
		return Foreign
	case differ(o.Messenger, other.Messenger), differ(o.Workspace, other.Workspace), differ(o.Bot, other.Bot):
		return Former
	default:
		return Own
	}
}

// Fill returns o with what only other knows.
func (o *Owner) Fill(other Owner) *Owner {
	if o == nil {
		o = &Owner{}
	}
	filled := other
	if filled.Installation == "" {
		filled.Installation = o.Installation
	}
	if filled.Messenger == "" {
		filled.Messenger = o.Messenger
	}
	if filled.Workspace == "" {
		filled.Workspace = o.Workspace
	}
	if filled.Bot == "" {
		filled.Bot = o.Bot
	}
	if filled == (Owner{}) {
		return nil
	}
	return &filled
}

// Request returns what the record knows of the request.
func (r Record) Request(id string) accessrequest.Request {
	request := accessrequest.Request{
		ID:            id,
		State:         r.State,
		Expires:       moment(r.Expires),
		AccessExpires: moment(r.AccessExpires),
	}
	if s := r.Summary; s != nil {
		s.describe(&request)
	}
	return request
}

// moment is the time of Unix seconds, zero if they are unknown.
func moment(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// Clone returns a copy of which everything may be changed.
func (r Record) Clone() Record {
	r.To = maps.Clone(r.To)
	if r.To == nil {
		r.To = map[string]Entry{}
	}
	return r
}

// Encode returns the record as it is stored. A closed one keeps only what it takes
// to open it again.
func (r Record) Encode() string {
	r.Version = Version
	if r.Status == Closed {
		r.Summary, r.Expires, r.AccessExpires = nil, 0, 0
		to := make(map[string]Entry, len(r.To))
		for id, e := range r.To {
			if e.Ref != "" {
				to[id] = Entry{Addressee: Addressee{Direct: e.Direct, Reader: e.Reader}, As: e.As, Ref: e.Ref, Strays: e.Strays, Old: e.Old, Noted: e.Noted}
			}
		}
		r.To = to
	}
	// A record holds only strings, numbers and times: it always encodes.
	encoded, err := json.Marshal(struct {
		Record
		Closed  bool `json:"closed,omitempty"`
		Damaged bool `json:"bad,omitempty"`
	}{r, r.Status == Closed, r.Status == Damaged})
	if err != nil {
		panic("record cannot be encoded: " + err.Error())
	}
	return string(encoded)
}
