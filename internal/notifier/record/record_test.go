package record

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	pending  = accessrequest.Pending
	approved = accessrequest.Approved
	denied   = accessrequest.Denied
	removed  = accessrequest.Removed
)

func ref(id string) messenger.Ref { return messenger.Ref{Channel: "c", ID: id} }

func refs(id string) []messenger.Ref { return []messenger.Ref{ref(id)} }

func TestMarksAreOrderedOnlyWhereThatIsCertain(t *testing.T) {
	for _, tt := range []struct {
		a, b   Mark
		before bool
	}{
		{Mark{pending, 0}, Mark{pending, 1}, true},
		{Mark{pending, 5}, Mark{approved, 0}, true},
		{Mark{approved, 0}, Mark{pending, 5}, false},
		{Mark{approved, 1}, Mark{denied, 1}, false},
		{Mark{denied, 1}, Mark{approved, 1}, false},
		{Mark{removed, 1}, Mark{approved, 0}, true},
		{Mark{approved, 0}, Mark{removed, 1}, false},
		{Mark{pending, 1}, Mark{removed, 0}, true},
		{Mark{accessrequest.Gone, 1}, Mark{accessrequest.Expired, 0}, true},
		{Mark{accessrequest.Expired, 1}, Mark{removed, 0}, true},
		{Mark{removed, 1}, Mark{accessrequest.Gone, 1}, false},
		{Mark{}, Mark{pending, 0}, true},
		{Mark{pending, 0}, Mark{}, false},
	} {
		if got := tt.a.Before(tt.b); got != tt.before {
			t.Errorf("%v before %v is %t", tt.a, tt.b, got)
		}
	}
}

func TestAStaleViewIsNotRecorded(t *testing.T) {
	r := Record{Mark: Mark{approved, 1}}
	r.See(Sighting{Mark: Mark{pending, 1}})
	r.See(Sighting{Mark: Mark{denied, 1}})
	if want := (Mark{approved, 1}); r.Mark != want {
		t.Errorf("the record says %v, want %v", r.Mark, want)
	}
	r.See(Sighting{Mark: Mark{denied, 1}, Refreshed: Mark{approved, 1}})
	if want := (Mark{denied, 1}); r.Mark != want {
		t.Errorf("the record says %v although Teleport was asked, want %v", r.Mark, want)
	}
}

func TestAMessageBeatsAClaim(t *testing.T) {
	theirs := &Claim{What: Post, Key: "k", By: "them", Gen: 1}
	for name, tt := range map[string]struct {
		have Entry
		want Entry
	}{
		"none":          {Entry{}, Entry{Ref: "c/1", Shown: "d", Replies: 2}},
		"their claim":   {Entry{Make: theirs}, Entry{Ref: "c/1", Shown: "d", Replies: 2}},
		"their message": {Entry{Ref: "c/0", Shown: "x"}, Entry{Ref: "c/0", Strays: []string{"c/1"}}},
		"the same":      {Entry{Ref: "c/1", Shown: "x"}, Entry{Ref: "c/1", Shown: "x"}},
		"an old one":    {Entry{Ref: "c/2", Old: []string{"c/1"}, Shown: "x"}, Entry{Ref: "c/2", Old: []string{"c/1"}, Shown: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := Record{To: map[string]Entry{"a": tt.have}}
			for range 2 {
				r.Posted("a", []messenger.Ref{ref("1")}, "d", 2)
			}
			if diff := cmp.Diff(tt.want, r.To["a"]); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAMessageOpensAClosedRecord(t *testing.T) {
	r := Record{Status: Closed, Mark: Mark{approved, 2}, To: map[string]Entry{"b": {Ref: "c/9"}}}
	r.Posted("a", []messenger.Ref{ref("1")}, "d", 0)
	if r.Status == Closed || r.To["b"].Replies != 2 || r.To["b"].Shown != "" {
		t.Errorf("unexpected record %+v", r)
	}
}

// TestWhatIsBelowOnlyGrows covers the notes and replies of two writers that know different ones.
func TestWhatIsBelowOnlyGrows(t *testing.T) {
	mine := Claim{What: Note, Due: 900, By: "me", Gen: 1}
	r := Record{Mark: Mark{State: approved}, To: map[string]Entry{"a": {Ref: "c/1", Noted: 600, Make: &mine}}}
	r.Below("a", &Claim{What: Note, Due: 300, By: "them", Gen: 1}, 2, 300)
	if e := r.To["a"]; e.Noted != 600 || e.Replies != 2 || e.Make == nil {
		t.Errorf("after another writer's: %+v", e)
	}
	r.Below("a", &mine, 1, 900)
	if e := r.To["a"]; e.Noted != 900 || e.Replies != 2 || e.Make != nil {
		t.Errorf("after one's own: %+v", e)
	}
	// What is opened again does not repeat them.
	r.Close(r.Mark, r.To)
	again, err := Decode(r.Encode())
	if err != nil || again.Status != Closed || again.To["a"].Noted != 900 {
		t.Errorf("closed: %+v, %v", again, err)
	}
}

// TestAnEditCountsUnderItsClaimOnly is the merge that must not trust a digest when another
// writer has edited since.
func TestAnEditCountsUnderItsClaimOnly(t *testing.T) {
	mine, theirs := Claim{What: Edit, By: "me", Gen: 1}, Claim{What: Edit, By: "them", Gen: 1}
	for name, tt := range map[string]struct {
		have *Claim
		want Entry
	}{
		"mine":      {&mine, Entry{Ref: "c/1", Shown: "new"}},
		"theirs":    {&theirs, Entry{Ref: "c/1", Shown: "old", Edit: &theirs}},
		"they did":  {nil, Entry{Ref: "c/1"}},
		"mine anew": {&Claim{What: Edit, By: "me", Gen: 2}, Entry{Ref: "c/1", Shown: "old", Edit: &Claim{What: Edit, By: "me", Gen: 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := Record{To: map[string]Entry{"a": {Ref: "c/1", Shown: "old", Edit: tt.have}}}
			r.Edited("a", mine, Entry{Ref: "c/1"}, "new")
			if diff := cmp.Diff(tt.want, r.To["a"]); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
		})
	}
}

// TestAnEditSaysNothingOfCopiesThatItDidNotKnow covers what another writer has posted while a
// message was edited.
func TestAnEditSaysNothingOfCopiesThatItDidNotKnow(t *testing.T) {
	mine, known := Claim{What: Edit, By: "me", Gen: 1}, Entry{Ref: "c/1", Strays: []string{"c/2", "c/3"}}
	for name, tt := range map[string]struct{ have, want Entry }{
		"the same":        {Entry{Ref: "c/1", Strays: []string{"c/3", "c/2"}}, Entry{Ref: "c/1", Strays: []string{"c/3", "c/2"}, Shown: "new"}},
		"one was dropped": {Entry{Ref: "c/1", Strays: []string{"c/3"}}, Entry{Ref: "c/1", Strays: []string{"c/3"}, Shown: "new"}},
		"another":         {Entry{Ref: "c/1", Strays: []string{"c/2", "c/4"}}, Entry{Ref: "c/1", Strays: []string{"c/2", "c/4"}}},
		"it was followed": {Entry{Ref: "c/5"}, Entry{Ref: "c/5"}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.have.Edit = &mine
			r := Record{To: map[string]Entry{"a": tt.have}}
			r.Edited("a", mine, known, "new")
			if diff := cmp.Diff(tt.want, r.To["a"]); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAClaimKeepsWhenTheFirstWasMade(t *testing.T) {
	r := Record{To: map[string]Entry{"a": {}}}
	if !r.Claim("a", Claim{What: Post, Key: "k", By: "me", Gen: 1, Since: 100}, nil) {
		t.Fatal("the first claim was not granted")
	}
	if !r.Claim("a", Claim{What: Post, Key: "k", By: "me", Gen: 2, Since: 200}, nil) {
		t.Fatal("an own claim cannot be made again")
	}
	have := r.To["a"].Make
	if r.Claim("a", Claim{What: Post, Key: "k", By: "them", Gen: 1, Since: 300}, nil) {
		t.Fatal("a claim was granted beside another")
	}
	if !r.Claim("a", Claim{What: Post, Key: "k", By: "them", Gen: 1, Since: 300}, have) {
		t.Fatal("a claim that was seen cannot be taken over")
	}
	if got := r.To["a"].Make.Since; got != 100 {
		t.Errorf("since is %d, want that of the first claim", got)
	}
}

// TestARecordIsClosedOnlyAsItIsKnown is the merge that must not close a record in which
// another writer has noted a message meanwhile.
func TestARecordIsClosedOnlyAsItIsKnown(t *testing.T) {
	known := map[string]Entry{"a": {Ref: "c/1", Shown: "d"}, "b": {}}
	for name, tt := range map[string]struct {
		have map[string]Entry
		want bool
	}{
		"as known":        {known, true},
		"another message": {map[string]Entry{"a": {Ref: "c/1", Shown: "d"}, "b": {Ref: "c/2", Shown: "x"}}, false},
		"another digest":  {map[string]Entry{"a": {Ref: "c/1", Shown: "x"}}, false},
		"a stray":         {map[string]Entry{"a": {Ref: "c/1", Shown: "d", Strays: []string{"c/3"}}}, false},
		"a claim":         {map[string]Entry{"a": {Ref: "c/1", Shown: "d"}, "b": {Make: &Claim{What: Post, By: "x"}}}, false},
	} {
		r := Record{Mark: Mark{denied, 0}, To: tt.have}
		if r.Close(Mark{denied, 0}, known); (r.Status == Closed) != tt.want {
			t.Errorf("%s: closed is %t, want %t", name, r.Status == Closed, tt.want)
		}
	}
}

func TestNoClaimAgainstWhatIsThere(t *testing.T) {
	for name, tt := range map[string]struct {
		record Record
		what   What
	}{
		"post beside a message": {Record{To: map[string]Entry{"a": {Ref: "c/1"}}}, Post},
		"edit of none":          {Record{To: map[string]Entry{"a": {}}}, Edit},
		"post of what is over":  {Record{Status: Closed, Mark: Mark{denied, 0}, To: map[string]Entry{"a": {}}}, Post},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.record.Claim("a", Claim{What: tt.what, By: "me", Gen: 1}, nil) {
				t.Error("the claim was granted")
			}
		})
	}
}

func TestARecordIsReadAsItWasWritten(t *testing.T) {
	r := Record{
		Version: Version,
		Owner:   &Owner{Installation: "i", Messenger: "slack", Workspace: "w", Bot: "b"},
		Mark:    Mark{approved, 2}, Expires: 1000, AccessExpires: 2000,
		Summary: &Summary{User: "eve", Roles: []string{"dba"}, Created: time.Unix(500, 0).UTC()},
		To: map[string]Entry{
			"a": {Addressee: Addressee{Name: "#a"}, As: "a0", Ref: "c/1", Strays: []string{"c/2"}, Old: []string{"c/0"}, Shown: "d", Replies: 1,
				Make: &Claim{What: Reply, Key: "k", By: "me", Gen: 3, Since: 700}, Edit: &Claim{What: Edit, By: "me", Gen: 4}},
			"b": {Addressee: Addressee{Direct: true, Reader: Requester}, Make: &Claim{What: Post, Key: "k", By: "me", Gen: 5, Since: 700}},
			"c": {Ref: "c/3", Noted: 1500, Make: &Claim{What: Note, Key: "k", Due: 1600, By: "me", Gen: 6, Since: 700}},
		},
	}
	got, err := Decode(r.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"v":1,"to":{"a":{"ref":"c/1","replies":-1,"intent":"k","by":"x","since":-5,"turn":-1}}}`)
	f.Add(`{"v":2,"closed":true,"state":"DENIED","to":{"a":{"ref":"c/1","more":["c/2"]}}}`)
	f.Add(`{"v":2,"to":{"a":null},"req":{"user":"x","res":[{"Constraint":{}}]}}`)
	f.Add(`{"v":2,"to":{"a":{"ref":"c/1","noted":-1,"make":{"do":"note","due":-1}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, _ := Decode(text)
		for id, e := range r.To {
			if id == "" || e.Replies < 0 || e.Noted < 0 || e.Make != nil && e.Make.Due < 0 || e.Ref == "" && (e.Edit != nil || len(e.Strays) > 0) {
				t.Errorf("entry %q is %+v", id, e)
			}
		}
		again, err := Decode(r.Encode())
		if err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
		if diff := cmp.Diff(r.Encode(), again.Encode()); diff != "" {
			t.Errorf("it changes when it is read again:\n%s", diff)
		}
	})
}

func TestRelations(t *testing.T) {
	mine := Owner{Installation: "i", Messenger: "slack", Workspace: "w", Bot: "b"}
	for name, tt := range map[string]struct {
		owner *Owner
		want  Relation
	}{
		"unnamed":                {nil, Own},
		"mine":                   {&mine, Own},
		"account not known then": {&Owner{Installation: "i", Messenger: "slack"}, Own},
		"another installation":   {&Owner{Installation: "j", Messenger: "slack", Workspace: "w", Bot: "b"}, Foreign},
		"installation unknown":   {&Owner{Messenger: "slack", Workspace: "w", Bot: "b"}, Own},
		"another workspace":      {&Owner{Installation: "i", Messenger: "slack", Workspace: "x", Bot: "b"}, Former},
		"another bot":            {&Owner{Installation: "i", Messenger: "slack", Workspace: "w", Bot: "x"}, Former},
		"another messenger":      {&Owner{Installation: "i", Messenger: "discord"}, Former},
	} {
		// An operator that may not read its namespace does not know where it is.
		if unknown := (Owner{Messenger: "slack", Workspace: "w", Bot: "b"}); tt.owner.Relation(unknown) == Foreign {
			t.Errorf("%s: foreign to an unknown installation", name)
		}
		if got := tt.owner.Relation(mine); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// TestAFollowUpThatIsKnownIsNoStray covers one that was itself followed.
func TestAFollowUpThatIsKnownIsNoStray(t *testing.T) {
	r := Record{To: map[string]Entry{"a": {Ref: "c/1"}}}
	for range 2 {
		r.Followed("a", "c/1", []messenger.Ref{{Channel: "c", ID: "2"}}, "d")
		r.Followed("a", "c/2", []messenger.Ref{{Channel: "c", ID: "3"}}, "d")
	}
	if e := r.To["a"]; e.Ref != "c/3" || len(e.Strays) > 0 || len(e.Old) != 2 {
		t.Errorf("unexpected entry %+v", e)
	}
}
