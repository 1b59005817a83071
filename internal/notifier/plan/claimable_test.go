package plan

import (
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// claimOf is what is claimed for a call that changes the chat.
var claimOf = map[Action]record.What{
	Post: record.Post, Edit: record.Edit, Reply: record.Reply, Follow: record.Follow, MakeNote: record.Note,
}

// variation is what may be so of a recipient in one respect.
type variation []func(*View)

func same(*View) {}

func status(s record.Status) func(*View) { return func(v *View) { v.Record.Status = s } }
func tried(digest string) func(*View)    { return func(v *View) { v.Memory.Tried = digest } }
func can(flags Can) func(*View)          { return func(v *View) { v.Can = flags } }

// variations are tried each in combination with all others.
func variations() []variation {
	made := variation{same}
	for _, what := range []record.What{record.Post, record.Follow, record.Reply} {
		made = append(made, making(what, "me", 0), making(what, "them", time.Minute))
	}
	offers := variation{}
	for flags := range CanReply << 1 {
		offers = append(offers, can(flags))
	}
	return []variation{
		{same, shows("new", 0), shows("old", 1), noted(-time.Hour)},
		append(made, noting("me", 0), noting("them", time.Minute)),
		{same, editing("me", 0), editing("them", time.Minute)},
		{same, resolved, announced},
		{status(record.Open), status(record.Closed), status(record.Damaged)},
		{same, func(v *View) { v.Record.Mark = v.Request.Mark }},
		{end(Open), end(Final), end(Gone)},
		offers,
		{same, tried("new"), tried("old"), tried(UnknownDigest)},
		{same, gaveUp(time.Minute)},
		{same, unwanted},
	}
}

// each calls check with each combination.
func each(v View, rest []variation, check func(View)) {
	if len(rest) == 0 {
		check(v)
		return
	}
	for _, change := range rest[0] {
		next := v
		change(&next)
		each(next, rest[1:], check)
	}
}

// TestEveryCallCanBeClaimed holds what is decided against what a record grants: a call that is
// never granted would be tried for ever, and count as undelivered.
func TestEveryCallCanBeClaimed(t *testing.T) {
	calls := 0
	each(view(), variations(), func(v View) {
		what, claims := claimOf[Next(v).Action]
		if !claims {
			return
		}
		r, entry := stored(v)
		if r.Status == record.Closed && (entry.Make != nil || entry.Edit != nil) {
			return
		}
		calls++
		over := entry.Make
		if what == record.Edit {
			over = entry.Edit
		}
		c := record.Claim{What: what, By: v.Writer, Gen: 2}
		if !r.Claim("c", c, over) {
			t.Fatalf("%s for %s is not granted: %+v", what, Next(v).Reason, v)
		}
	})
	if calls == 0 {
		t.Fatal("no call is made")
	}
}

// stored is the record that a claim for the recipient is written to, with what the writer sees.
func stored(v View) (record.Record, record.Entry) {
	r := v.Record
	r.To = map[string]record.Entry{}
	if v.Recorded {
		r.To["c"] = v.Entry
	}
	r.See(record.Sighting{Mark: v.Request.Mark})
	entry, _ := r.Entry("c")
	return r, entry
}
