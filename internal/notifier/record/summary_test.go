package record

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// asked is a request of which a summary loses nothing.
func asked() accessrequest.Request {
	return accessrequest.Request{
		User:               "eve",
		Roles:              []string{"dba"},
		Resources:          []accessrequest.Resource{{Cluster: "prod", Kind: "node", Name: "a", Constraint: &accessrequest.Constraint{Logins: []string{"root"}}}},
		Reason:             "to fix it",
		SuggestedReviewers: []string{"alice"},
		Kind:               accessrequest.Permanent,
		Created:            time.Unix(500, 0).UTC(),
		MaxDuration:        time.Unix(900, 0).UTC(),
		AssumeStart:        time.Unix(600, 0).UTC(),
	}
}

// restored is what is left of a request that only its record knows.
func restored(t *testing.T, r accessrequest.Request) accessrequest.Request {
	t.Helper()
	read, err := Decode(Record{Summary: Summarise(r)}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return read.Request("")
}

func TestASummaryKeepsTheFacts(t *testing.T) {
	for name, incomplete := range map[string]bool{"whole": false, "incomplete": true} {
		t.Run(name, func(t *testing.T) {
			want := asked()
			want.Incomplete = incomplete
			if diff := cmp.Diff(want, restored(t, want)); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestASummarySaysThatItWasCut(t *testing.T) {
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprint(i))
	}
	for name, grow := range map[string]func(*accessrequest.Request){
		"user":      func(r *accessrequest.Request) { r.User = strings.Repeat("x", 300) },
		"reason":    func(r *accessrequest.Request) { r.Reason = strings.Repeat("x", 1000) },
		"a role":    func(r *accessrequest.Request) { r.Roles[0] = strings.Repeat("x", 300) },
		"roles":     func(r *accessrequest.Request) { r.Roles = many },
		"reviewers": func(r *accessrequest.Request) { r.SuggestedReviewers = many },
		"resources": func(r *accessrequest.Request) { r.Resources = make([]accessrequest.Resource, 100) },
		"logins":    func(r *accessrequest.Request) { r.Resources[0].Constraint.Logins = many },
	} {
		t.Run(name, func(t *testing.T) {
			r := asked()
			grow(&r)
			if got := restored(t, r); !got.Incomplete {
				t.Errorf("nothing says that facts are missing: %+v", got)
			}
		})
	}
}

// TestConstraintsOfASummaryAreBoundedTogether gives each of many resources many limits.
func TestConstraintsOfASummaryAreBoundedTogether(t *testing.T) {
	limits := &accessrequest.Constraint{}
	for i := range 20 {
		limits.RoleARNs = append(limits.RoleARNs, strings.Repeat(fmt.Sprint(i%10), 200))
	}
	limits.Logins = limits.RoleARNs
	r := asked()
	r.Resources = nil
	for range 20 {
		r.Resources = append(r.Resources, accessrequest.Resource{Kind: "node", Constraint: limits})
	}
	if n := len(Record{Summary: Summarise(r)}.Encode()); n > 12<<10 {
		t.Errorf("the record has %d bytes", n)
	}
	last := restored(t, r).Resources[19].Constraint
	if last == nil || !last.Unknown {
		t.Errorf("the last resource is limited to %+v, want it to be limited in an unknown way", last)
	}
}
