package record

import (
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The changes below say what a process has learned, or is about to do. They can be
// applied to whatever the store holds by then, and more than once.

// Sighting is a view of a request that may be newer than the record's.
type Sighting struct {
	Mark
	Expires, AccessExpires time.Time
	Summary                *Summary
	// Refreshed is a mark of the record that this view is known to supersede, because
	// Teleport was asked after it was seen.
	Refreshed Mark
}

// Supersedes reports whether the view may replace a mark of the record: it is
// certainly later, or Teleport was asked after that mark was seen.
func (s Sighting) Supersedes(have Mark) bool {
	return have.State == "" || have.Before(s.Mark) || have == s.Refreshed
}

// See notes the latest view that an operator had of the request.
func (r *Record) See(s Sighting) {
	if s.State == "" || !s.Supersedes(r.Mark) && r.Mark != s.Mark {
		return
	}
	// What another plugin says of a request yields to what was seen.
	hearsay := r.State == ""
	if r.Mark != s.Mark {
		r.Open()
	}
	r.Mark = s.Mark
	r.Expires, r.AccessExpires = orKeep(s.Expires, r.Expires), orKeep(s.AccessExpires, r.AccessExpires)
	if r.Summary == nil || hearsay {
		r.Summary = s.Summary
	}
}

func orKeep(t time.Time, have int64) int64 {
	if seconds := t.Unix(); !t.IsZero() && seconds > 0 && seconds <= maxTime {
		return seconds
	}
	return have
}

// Credit notes that a review is submitted through this messenger for its author. There is room
// for some: a review of others is shown as Teleport has it.
func Credit(author string) func(*Record) {
	return func(r *Record) {
		at, known := slices.BinarySearch(r.Credited, author)
		if known || tooLong(author) || len(r.Credited) >= maxCredited {
			return
		}
		r.Credited = slices.Insert(slices.Clone(r.Credited), at, author)
	}
}

// Open makes a closed record one that is worked on again. It takes back what the record
// says is shown, but not what it says of replies: they were all made.
func (r *Record) Open() {
	if r.Status != Closed {
		return
	}
	r.Status = Open
	for id, e := range r.To {
		e.Shown, e.Replies = "", max(e.Replies, r.Reviews)
		r.To[id] = e
	}
}

// Distrust takes back what the record says is shown: whose edit came last is not known.
func Distrust(r *Record) {
	r.Open()
	for id, e := range r.To {
		e.Shown = ""
		r.To[id] = e
	}
}

// Close marks the record as final, if it still has the mark, nothing is claimed, and no
// message is there, or shows something, that the caller did not know of.
func (r *Record) Close(final Mark, known map[string]Entry) {
	if r.Mark != final || !final.State.Resolved() {
		return
	}
	for id, e := range r.To {
		have := known[id]
		same := have.Ref == e.Ref && have.Shown == e.Shown && slices.Equal(have.Strays, e.Strays)
		if e.Make != nil || e.Edit != nil || e.Ref != "" && !same {
			return
		}
	}
	r.Status = Closed
}

// At returns the id under which there is an entry for the address: another operator may
// know it by another id, and have moved the entry.
func (r *Record) At(address string) string {
	if _, ok := r.To[address]; ok {
		return address
	}
	at := ""
	for id, e := range r.To {
		if e.As == address && (at == "" || id < at) {
			at = id
		}
	}
	if at == "" {
		return address
	}
	return at
}

// Entry returns the entry for the address, false if there is none.
func (r *Record) Entry(address string) (Entry, bool) {
	e, ok := r.To[r.At(address)]
	return e, ok
}

// Introduce makes sure that there is an entry for the address, and says as what it reads.
func (r *Record) Introduce(to messenger.Address, name string, as Reader) {
	id := r.At(to.ID)
	e := r.To[id]
	e.Direct, e.Reader = to.Direct, as
	if e.Name == "" && !tooLong(name) {
		e.Name = name
	}
	r.To[id] = e
}

// Move gives an entry the id that its address has now.
func (r *Record) Move(from, to string) {
	e, ok := r.To[from]
	if _, taken := r.To[to]; !ok || taken || tooLong(to) {
		return
	}
	if e.As == "" {
		e.As = from
	}
	delete(r.To, from)
	r.To[to] = e
}

// Alias gives an entry, which has none, another id under which its address is known.
func (r *Record) Alias(id, as string) {
	if e, ok := r.To[id]; ok && e.As == "" && !tooLong(as) {
		e.As = as
		r.To[id] = e
	}
}

// Claim records a claim at an address, unless someone else has one there that is not
// over, the nil or foreign claim that the caller saw. It reports whether it did.
func (r *Record) Claim(address string, c Claim, over *Claim) bool {
	address = r.At(address)
	e := r.To[address]
	have := e.claim(c.What)
	if !same(have, over) && (have == nil || have.By != c.By) || r.Status == Closed && c.What != Edit {
		return false
	}
	if c.What == Post && e.Ref != "" || c.What != Post && e.Ref == "" {
		return false
	}
	if have != nil && have.Key == c.Key && have.Since > 0 {
		c.Since = have.Since
	}
	if c.What == Edit {
		r.Open()
		e = r.To[address]
		e.Edit = &c
	} else {
		e.Make = &c
	}
	r.To[address] = e
	return true
}

func (e Entry) claim(what What) *Claim {
	if what == Edit {
		return e.Edit
	}
	return e.Make
}

// same reports whether two claims are one. When it was made first is no part of it.
func same(a, b *Claim) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.What == b.What && a.Key == b.Key && a.By == b.By && a.Gen == b.Gen
}

// Withdraw removes the claim, if it is still there.
func (r *Record) Withdraw(address string, c Claim) {
	address = r.At(address)
	e, ok := r.To[address]
	if !ok {
		return
	}
	if same(e.Make, &c) {
		e.Make = nil
	}
	if same(e.Edit, &c) {
		e.Edit = nil
	}
	r.To[address] = e
}

// Posted notes messages that were posted, or found: the first is the message unless
// there is one already, all others are strays. A message beats a claim to post it.
// Shown is the digest that the first of them shows, "" if that is not known.
func (r *Record) Posted(address string, refs []messenger.Ref, shown string, replies int) {
	address = r.At(address)
	for i, ref := range refs {
		e := r.To[address]
		text := ref.String()
		switch {
		case tooLong(text) || e.knows(text):
			continue
		case e.Ref == "":
			r.Open()
			e = r.To[address]
			e.Ref, e.Shown, e.Replies = text, shown, max(e.Replies, replies)
			if i > 0 || len(refs) > 1 {
				e.Shown = ""
			}
		case len(e.Strays) < maxStrays:
			r.Open()
			e = r.To[address]
			e.Strays = append(slices.Clone(e.Strays), text)
			e.Shown = ""
		}
		r.To[address] = e
	}
	if e := r.To[address]; e.Ref != "" && e.Make != nil && e.Make.What == Post {
		e.Make = nil
		r.To[address] = e
	}
}

// knows reports whether the entry names a message.
func (e Entry) knows(ref string) bool {
	return e.Ref == ref || slices.Contains(e.Strays, ref) || slices.Contains(e.Old, ref)
}

// Followed notes that a message which cannot be edited any more was followed by
// another one.
func (r *Record) Followed(address string, old string, refs []messenger.Ref, shown string) {
	address = r.At(address)
	e := r.To[address]
	if len(refs) == 0 || e.knows(refs[0].String()) {
		return
	}
	r.Open()
	e = r.To[address]
	if e.Ref != old && e.Ref != "" {
		// Another writer has followed it as well: both are kept.
		e.Strays = append(slices.Clone(e.Strays), refs[0].String())
		e.Strays = e.Strays[:min(len(e.Strays), maxStrays)]
		e.Shown = ""
	} else {
		e.Old = append(slices.Clone(e.Old), old)
		e.Old = e.Old[max(len(e.Old)-maxOld, 0):]
		e.Ref, e.Shown, e.Adopted = refs[0].String(), shown, false
	}
	if e.Make != nil && e.Make.What == Follow {
		e.Make = nil
	}
	r.To[address] = e
	r.Posted(address, refs[1:], "", 0)
}

// Edited notes that the message and its strays, as the caller knew them, show a digest, by an
// edit that began under the claim when no earlier edit could take effect any more. What other
// copies show that came to be known meanwhile is not known.
func (r *Record) Edited(address string, c Claim, known Entry, shown string) {
	address = r.At(address)
	e, ok := r.To[address]
	switch {
	case !ok:
	case same(e.Edit, &c):
		e.Edit, e.Shown, e.Adopted = nil, shown, e.Adopted && e.Ref != known.Ref
		if e.Ref != known.Ref || slices.ContainsFunc(e.Strays, func(s string) bool { return !slices.Contains(known.Strays, s) }) {
			e.Shown = ""
		}
		r.To[address] = e
	case e.Edit == nil:
		// Another writer took over and is done: whose edit came last is not known.
		r.Open()
		e = r.To[address]
		e.Shown = ""
		r.To[address] = e
	}
}

// Disown gives up a message that another bot has posted: the address was not told, and may be
// known by another id. Another message that is there takes its place.
func (r *Record) Disown(address string, ref string) {
	address = r.At(address)
	e, ok := r.To[address]
	if !ok || !e.Adopted || e.Ref != ref {
		return
	}
	if len(e.Strays) == 0 {
		delete(r.To, address)
		return
	}
	e.Edit, e.Make = nil, nil
	e.Ref, e.Strays = e.Strays[0], slices.Clone(e.Strays[1:])
	r.To[address] = e
}

// DropStray gives up on a stray that cannot be edited.
func (r *Record) DropStray(address string, ref string) {
	address = r.At(address)
	e, ok := r.To[address]
	if !ok || !slices.Contains(e.Strays, ref) {
		return
	}
	e.Strays = slices.DeleteFunc(slices.Clone(e.Strays), func(s string) bool { return s == ref })
	r.To[address] = e
}

// Below notes that the first reviews, and the notes that were due until then, are below the
// message, and that the claim, if any, has a result.
func (r *Record) Below(address string, c *Claim, replies int, noted int64) {
	address = r.At(address)
	e, ok := r.To[address]
	if !ok {
		return
	}
	e.Replies, e.Noted = max(e.Replies, min(replies, maxCount)), max(e.Noted, within(noted, maxTime))
	if c != nil && same(e.Make, c) {
		e.Make = nil
	}
	r.To[address] = e
}

// Vanished returns the last known state of a request that Teleport does not have any
// more: what an operator knew best stays so, also if this one would conclude otherwise.
func (r Record) Vanished(last accessrequest.State, otherwise accessrequest.State) accessrequest.State {
	best := r.State
	for _, state := range []accessrequest.State{last, otherwise} {
		if state.Certainty() > best.Certainty() {
			best = state
		}
	}
	return best
}
