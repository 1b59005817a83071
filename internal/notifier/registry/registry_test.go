package registry_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper/keepertest"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
	"github.com/accessnotifier/accessnotifier/internal/notifier/registry"
	"github.com/accessnotifier/accessnotifier/internal/notifier/track"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// newRequest is r1, of which the record is given.
func newRequest(t *testing.T, text string) *track.Request {
	t.Helper()
	k, err := keeper.New("r1", "me", &keepertest.Store{}, func() record.Owner { return record.Owner{} }, text)
	if err != nil {
		t.Fatal(err)
	}
	return track.New("r1", k, track.Planner{})
}

// TestWhatWasClosedIsKeptUntilItIsForgotten covers what a registry says of a request.
func TestWhatWasClosedIsKeptUntilItIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := registry.New()
		read := time.Now()
		time.Sleep(time.Second)
		r := all.Open(newRequest(t, `{"v":2,"closed":true,"state":"APPROVED"}`))
		if all.Open(newRequest(t, "")) != r {
			t.Error("opened twice")
		}
		recipient := routing.Recipient{Name: "ops"}
		all.WaitFor("r1", []routing.Recipient{recipient})
		all.Close(r)
		if got := all.Concerned(recipient); len(got) != 0 || all.Get("r1") != nil {
			t.Errorf("a closed request is still open or waits: %v", got)
		}
		// These records were read before it was closed.
		all.NoteClosed("r1", record.Mark{State: accessrequest.Denied}, read)
		if c, ok := all.ClosedAs("r1"); !ok || c.Mark.State != accessrequest.Approved || c.Kept != nil {
			t.Errorf("closed as %+v", c)
		}
		all.Forget(func(string) bool { return false })
		if _, ok := all.ClosedAs("r1"); ok {
			t.Error("not forgotten")
		}
	})
}
