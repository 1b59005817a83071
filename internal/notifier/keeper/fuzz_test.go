package keeper

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

// FuzzMerge: whatever the store holds when a process begins, and whatever another writer has made
// of it by the time that the process writes, what the process has posted since is in the record
// afterwards, and the record is read as it was written.
func FuzzMerge(f *testing.F) {
	const mine = `{"v":2,"own":{"i":"i"},"state":"PENDING","to":{"a":{"ref":"c/0","make":{"do":"reply","key":"k","by":"x"}},"b":{}}}`
	f.Add("", mine, "a", []byte{0, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add(mine, "garbage", "a", []byte{0, 3, 0})
	f.Add("garbage", "", "b", []byte{8, 0, 4})
	f.Add(mine, `{"v":2,"closed":true,"state":"DENIED","to":{"z":{"as":"a","ref":"c/9","more":["c/8","c/7"]}}}`, "a", []byte{0, 1, 6, 2})
	f.Add(mine, `{"v":9,"to":{"a":null,"b":{"ref":"`+strings.Repeat("c", 600)+`"}}}`, "b", []byte{2, 0, 7})
	f.Add(mine, `{"v":2,"own":{"i":"other"},"to":{"a":{"ref":"c/5"}}}`, "a", []byte{0})
	f.Add(mine, `{"v":2,"own":{"m":"other"},"to":{"a":{"ref":"c/5"}}}`, "a", []byte{0})
	f.Fuzz(checkMerge)
}

// TestARecordThatCannotBeReadIsNotStored covers two writers that together have more to store than
// is read: inputs that are too large to be fuzzed.
func TestARecordThatCannotBeReadIsNotStored(t *testing.T) {
	for name, theirs := range map[string]string{"entries": full(512), "bytes": large()} {
		t.Run(name, func(t *testing.T) {
			m := &memory{text: theirs}
			k := newKeeper(t, m, "me")
			k.Learn(func(r *record.Record) { r.Posted("a", []messenger.Ref{ref("1")}, "d", 0) })
			if _, err := k.Flush(t.Context()); !errors.Is(err, accessrequest.ErrRecordTooLarge) {
				t.Errorf("storing it got %v, want %v", err, accessrequest.ErrRecordTooLarge)
			}
			if m.text != theirs || k.Record().To["a"].Ref != "c/1" {
				t.Errorf("the store holds %.300s", m.text)
			}
			checkMerge(t, full(511), theirs, "a", []byte{0, 5, 0})
		})
	}
}

// checkMerge is one input of FuzzMerge.
func checkMerge(t *testing.T, before, meanwhile, address string, does []byte) {
	if address == "" || len(does) > 64 {
		return
	}
	m := &memory{text: before}
	owner := func() record.Owner { return record.Owner{Installation: "i", Messenger: "slack"} }
	k, _ := New("r", "me", m, owner, before)
	p := process{keeper: k, address: address}
	for i, do := range does {
		p.does(t, i, do)
		if i == len(does)/2 {
			p.isErased(m.text)
			m.text = meanwhile
		}
	}
	_, err := k.Flush(t.Context())
	known := k.Record()
	if err != nil {
		if !Impossible(err) {
			t.Fatalf("what was learned cannot be stored: %v", err)
		}
		p.checkPosted(t, known)
		return
	}
	p.checkPosted(t, known)
	stored, err := record.Decode(m.text)
	if m.text == before || m.text == meanwhile {
		return // nothing was to be written
	}
	if err != nil {
		t.Fatalf("what was written is damaged: %.300s", m.text)
	}
	p.checkPosted(t, stored)
	if again, err := record.Decode(stored.Encode()); err != nil || !cmp.Equal(stored, again, cmpopts.EquateEmpty()) {
		t.Errorf("it is read in another way once it is written again: %v\n%s", err, cmp.Diff(stored, again, cmpopts.EquateEmpty()))
	}
}

// full is a record with as many entries as one may have, or fewer.
func full(entries int) string {
	r := record.Record{To: map[string]record.Entry{}}
	for i := range entries {
		r.To[fmt.Sprint("other", i)] = record.Entry{Ref: fmt.Sprint("c/", i)}
	}
	return r.Encode()
}

// large is a record that is read, and whose text is longer once it is written.
func large() string {
	var b strings.Builder
	b.WriteString(`{"v":2,"to":{`)
	for i := range 400 {
		fmt.Fprintf(&b, `"%s%d":{"ref":"c/%d"},`, strings.Repeat("<", 500), i, i)
	}
	b.WriteString(`"z":{"ref":"c/z"}}}`)
	return b.String()
}

// process is what has a Keeper, and what it knows to have posted.
type process struct {
	keeper  *Keeper
	address string
	posted  []string
}

// isErased forgets what the store holds: another writer may erase that, and this process goes by
// what it reads.
func (p *process) isErased(text string) {
	p.posted = slices.DeleteFunc(p.posted, func(ref string) bool { return strings.Contains(text, ref) })
}

// does is one thing that a process does to the record.
func (p *process) does(t *testing.T, i int, do byte) {
	t.Helper()
	k := p.keeper
	mine := messenger.Ref{Channel: "mine", ID: fmt.Sprint(i)}
	learn := func(change func(r *record.Record)) { k.Learn(change) }
	claim := record.Claim{What: record.Edit, By: "me", Gen: int64(i)}
	known := k.Record()
	have, _ := known.Entry(p.address)
	switch do % 9 {
	case 0, 1:
		// A process that has posted once has no reason to post again.
		if len(p.posted) == 0 {
			p.posted = append(p.posted, mine.String())
			learn(func(r *record.Record) { r.Posted(p.address, []messenger.Ref{mine}, "d", i) })
		}
	case 2:
		_, err := k.Claim(t.Context(), func(r *record.Record) bool {
			r.Introduce(messenger.Address{ID: p.address}, "name", record.Reviewer)
			return r.Claim(p.address, claim, have.Edit)
		})
		if err == nil {
			learn(func(r *record.Record) { r.Edited(p.address, claim, have, "e") })
		}
	case 3:
		learn(func(r *record.Record) { r.Below(p.address, have.Make, i, int64(i)) })
	case 4:
		learn(record.Distrust)
	case 5:
		learn(record.Credit(p.address))
	case 6:
		k.See(record.Sighting{Mark: record.Mark{State: accessrequest.Denied, Reviews: i}})
		learn(func(r *record.Record) { r.Close(r.Mark, r.To) })
	case 7:
		learn(func(r *record.Record) { r.Introduce(messenger.Address{ID: p.address}, "name", record.Requester) })
	case 8:
		if _, err := k.Flush(t.Context()); err != nil && !errors.Is(err, accessrequest.ErrConflict) && !Impossible(err) {
			t.Fatalf("what was learned cannot be stored: %v", err)
		}
	}
}

// checkPosted looks for what the process has posted. An entry that names as many messages as one
// may, which others have put there, has no room for it.
func (p *process) checkPosted(t *testing.T, r record.Record) {
	t.Helper()
	const maxStrays = 8
	for _, ref := range p.posted {
		found, crowded := false, false
		for _, e := range r.To {
			crowded = crowded || len(e.Strays) >= maxStrays
			for _, have := range e.Refs() {
				found = found || have.String() == ref
			}
		}
		if !found && !crowded {
			t.Errorf("%s is lost in the record %.500s", ref, r.Encode())
		}
	}
}
