package teleport

import (
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// TestNothingOfARequestIsLost covers every field: what is kept of a request is all of it.
func TestNothingOfARequestIsLost(t *testing.T) {
	at := func(year int) time.Time { return time.Date(year, 2, 3, 4, 5, 6, 7, time.UTC) }
	full := accessrequest.Request{
		ID: "r1", User: "eve", Roles: []string{"editor"}, Resources: []accessrequest.Resource{{Kind: "node"}},
		Logins: map[string][]string{"editor": {"root"}}, Reason: "why", SuggestedReviewers: []string{"bob"},
		Annotations: map[string][]string{"team": {"a"}}, State: accessrequest.Promoted, ResolveReason: "fine", PromotedTo: "list",
		Thresholds: []accessrequest.Threshold{{Approve: 2}}, RoleThresholds: map[string][][]uint32{"editor": {{0}}},
		Reviews: []accessrequest.Review{{Author: "bob"}},
		Created: at(1), Expires: at(2026), AccessExpires: at(9999), MaxDuration: at(1969), AssumeStart: at(2030),
		Kind: accessrequest.Permanent, Incomplete: true, DryRun: true,
	}
	for field, value := range reflect.ValueOf(full).Fields() {
		if value.IsZero() {
			t.Errorf("the test lacks %s", field.Name)
		}
	}
	pending := accessrequest.Request{ID: "r2", User: "eve", State: accessrequest.Pending, Created: at(2026)}
	reviewed := pending
	reviewed.Reviews = full.Reviews
	var s sharedTerms
	for _, r := range []accessrequest.Request{full, pending, reviewed, {}} {
		k := s.keep(r)
		if got := k.request(); !reflect.DeepEqual(got, r) {
			t.Errorf("got %+v, want %+v", got, r)
		}
	}
	if size := unsafe.Sizeof(entry{}); size > 176 {
		t.Errorf("a request takes %d bytes besides its texts", size)
	}
	if k := s.keep(pending); k.rest != waiting {
		t.Error("what most requests do not have is not shared")
	}
}
