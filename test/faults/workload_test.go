package main

import (
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
)

// A request that no recipient heard of is not decided. The tally must not ask for
// a decision, or a machine that is too slow looks like an operator that is wrong.
func TestWhatWasNotToldIsNotDecided(t *testing.T) {
	all, err := platforms()
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWorld(trial{platform: all[0]}, 1, skew{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	})
	w.patience = time.Millisecond
	denied := outcome{[]step{deny(alice)}, tally.Denied}
	if err := w.live(t.Context(), 0, denied, []time.Duration{0}); err != nil {
		t.Fatal(err)
	}
	made := w.made.all()
	if len(made) != 1 || made[0].status != tally.Undecided {
		t.Errorf("due is %+v, want one request that is undecided", made)
	}
	if r := w.teleport.Requests()[0]; r.State != accessrequest.Pending {
		t.Errorf("the request is %s", r.State)
	}
}
