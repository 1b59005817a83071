package record

import (
	"strings"
	"testing"
)

// The table of the package, and what is stored of each status.
func TestTheStatusOfARecordFollowsItsTable(t *testing.T) {
	final := Mark{denied, 1}
	known := map[string]Entry{"a": {Ref: "c/1"}}
	events := map[string]func(*Record){
		"closed":       func(r *Record) { r.Close(final, known) },
		"another mark": func(r *Record) { r.See(Sighting{Mark: Mark{approved, 2}, Refreshed: final}) },
		"a stray":      func(r *Record) { r.Posted("a", refs("2"), "", 0) },
		"an edit":      func(r *Record) { r.Claim("a", Claim{What: Edit, By: "me"}, nil) },
		"a part lost": func(r *Record) {
			*r, _ = Decode(strings.Replace(r.Encode(), `"ref":"c/1"`, `"ref":7`, 1))
		},
	}
	for before, row := range map[Status]map[string]Status{
		Open:    {"closed": Closed, "another mark": Open, "a stray": Open, "an edit": Open, "a part lost": Damaged},
		Damaged: {"closed": Closed, "another mark": Damaged, "a stray": Damaged, "an edit": Damaged, "a part lost": Damaged},
		Closed:  {"closed": Closed, "another mark": Open, "a stray": Open, "an edit": Open, "a part lost": Damaged},
	} {
		for name, want := range row {
			r := Record{Status: before, Mark: final, To: known}.Clone()
			if events[name](&r); r.Status != want {
				t.Errorf("%d, %s: %d, want %d", before, name, r.Status, want)
			}
			if stored, err := Decode(r.Encode()); err != nil || stored.Status != r.Status {
				t.Errorf("%d, %s: %d is stored as %d, %v", before, name, r.Status, stored.Status, err)
			}
		}
	}
}

func TestTheStatusIsStoredAsItWasBefore(t *testing.T) {
	for text, want := range map[string]Status{
		`{"v":2,"state":"DENIED"}`:                            Open,
		`{"v":2,"closed":true,"state":"DENIED"}`:              Closed,
		`{"v":2,"closed":true,"state":"PENDING"}`:             Open,
		`{"v":2,"bad":true,"state":"DENIED"}`:                 Damaged,
		`{"v":2,"bad":true,"closed":true,"state":"APPROVED"}`: Damaged,
	} {
		if r, err := Decode(text); err != nil || r.Status != want {
			t.Errorf("%s is %d, %v; want %d", text, r.Status, err, want)
		}
	}
	for status, want := range map[Status]string{Closed: `"closed":true`, Damaged: `"bad":true`} {
		if got := (Record{Status: status}).Encode(); !strings.Contains(got, want) {
			t.Errorf("%d is stored as %s", status, got)
		}
	}
}
