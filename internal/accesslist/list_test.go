package accesslist

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestBatches covers lists that are due, overdue and not due yet, of several owners.
func TestBatches(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	list := func(name string, in time.Duration, owners ...string) List {
		return List{Name: name, Title: "The " + name, Due: now.Add(in), Owners: owners}
	}
	soon, overdue := list("soon", Window, "bob", "alice", "bob"), list("overdue", -time.Hour, "alice")
	later, orphan := list("later", Window+time.Second, "alice", "carol"), list("orphan", 0)
	want := []Batch{{Owner: "alice", Lists: []List{overdue, soon}}, {Owner: "bob", Lists: []List{soon}}}
	for _, order := range [][]List{{soon, overdue, later, orphan}, {orphan, later, overdue, soon}} {
		if diff := cmp.Diff(want, Batches(order, now)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}
