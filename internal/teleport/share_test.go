package teleport

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// TestRequestsShareWhatIsTheSame covers what is kept once of requests for the same role.
func TestRequestsShareWhatIsTheSame(t *testing.T) {
	asked := func(id, role string) accessrequest.Request {
		return accessrequest.Request{
			ID: id, State: accessrequest.Pending, Roles: []string{role},
			SuggestedReviewers: []string{"bob"}, Thresholds: []accessrequest.Threshold{{Name: "two", Approve: 2}},
			RoleThresholds: map[string][][]uint32{role: {{0}}}, Annotations: map[string][]string{"team": {role}},
		}
	}
	var c cache
	for _, r := range []accessrequest.Request{asked("r1", "editor"), asked("r2", "editor"), asked("r3", "auditor")} {
		c.set(r, entry{})
		if got, _ := c.get(r.ID); !reflect.DeepEqual(got, r) {
			t.Errorf("got %+v, want %+v", got, r)
		}
	}
	first, _ := c.get("r1")
	second, _ := c.get("r2")
	third, _ := c.get("r3")
	at := func(r accessrequest.Request) []unsafe.Pointer {
		return []unsafe.Pointer{
			unsafe.Pointer(unsafe.SliceData(r.Roles)), unsafe.Pointer(unsafe.SliceData(r.SuggestedReviewers)), unsafe.Pointer(unsafe.SliceData(r.Thresholds)),
			reflect.ValueOf(r.RoleThresholds).UnsafePointer(), reflect.ValueOf(r.Annotations).UnsafePointer(),
		}
	}
	if !reflect.DeepEqual(at(first), at(second)) {
		t.Error("two requests for the same role keep it twice")
	}
	if at(third)[0] == at(first)[0] {
		t.Error("a request shares a role that is another")
	}
}
