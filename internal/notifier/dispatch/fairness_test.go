package dispatch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

func TestAnHonestRequestPassesAFloodAtItsAddress(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.latency = time.Second
		w.add("mallory", "a", numbered("flood", 1000)...)
		w.after(500 * time.Millisecond)
		w.add("alice", "a", "honest")
		w.after(time.Minute)
		if got := w.position("honest"); got < 0 || got > 5 {
			t.Errorf("%d deliveries were made before the honest one, want at most 5", got)
		}
	})
}

// The flood has an address of its own for each of its jobs, and the service allows one
// call per second for the whole token.
func TestAnHonestRequestPassesAFloodOverManyAddresses(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		var last time.Time
		w.answers(func(dispatch.Job) dispatch.Result {
			if time.Since(last) < time.Second {
				return dispatch.Throttled(time.Second, messenger.ScopeMethod)
			}
			last = time.Now()
			return dispatch.Done()
		})
		for i, r := range numbered("flood", 1000) {
			w.add("mallory", fmt.Sprint("dm", i), r)
		}
		w.add("mallory", "a", numbered("more", 100)...)
		w.after(5 * time.Second)
		w.add("alice", "a", "honest")
		w.forgetCalls()
		w.after(20 * time.Second)
		if got := w.position("honest"); got < 0 || got > 6 {
			t.Errorf("%d deliveries were made before the honest one, want at most 6", got)
		}
	})
}

func TestRequestersTakeTurnsAndKeepTheirOrder(t *testing.T) {
	simulate(t, dispatch.Options{PerAddress: 1}, func(w *world) {
		w.Hold()
		w.add("a", "x", "a1", "a2", "a3")
		w.add("b", "x", "b1", "b2")
		w.add("c", "x", "c1")
		w.Release()
		if got, want := w.after(time.Minute), "a1 b1 c1 a2 b2 a3"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestADecisionGoesAtOnceBehindAThousandPosts(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.latency = time.Second
		w.add("mallory", "a", numbered("flood", 1000)...)
		w.after(10*time.Second + 500*time.Millisecond)
		w.forgetCalls()
		w.Add(dispatch.Job{Address: "a", Request: "approval", Requester: "mallory", Method: dispatch.Edit, Urgent: true})
		w.after(time.Second)
		// The four deliveries under way end at the same moment.
		if got, first := w.position("approval"), w.calls[0].at; got < 0 || w.calls[got].at != first {
			t.Errorf("deliveries: %v, want the decision among the first", w.calls)
		}
	})
}

func TestUrgentJobsLeaveOneTurnInFiveToPosts(t *testing.T) {
	simulate(t, dispatch.Options{PerAddress: 1}, func(w *world) {
		w.Hold()
		for _, a := range []string{"x", "y"} {
			for _, r := range numbered("u", 100) {
				w.Add(dispatch.Job{Address: a, Request: r, Requester: "r", Method: dispatch.Edit, Urgent: true})
			}
			w.add("r", a, numbered("p", 100)...)
		}
		w.Release()
		w.after(5 * time.Second) // 50 at each address
		for _, a := range []string{"x", "y"} {
			posts := len(w.find(func(c call) bool { return c.Address == a && c.Method == dispatch.Post }))
			if posts < 9 || posts > 11 {
				t.Errorf("%d of 50 deliveries at %s were posts, want 10", posts, a)
			}
		}
	})
}

// What an address leaves to posts does not depend on what others do.
func TestPostsAreNotStarvedWhileAnotherAddressPostsOnly(t *testing.T) {
	simulate(t, dispatch.Options{PerAddress: 1, InFlight: 2}, func(w *world) {
		w.Hold()
		for _, r := range numbered("u", 100) {
			w.Add(dispatch.Job{Address: "x", Request: r, Requester: "r", Method: dispatch.Edit, Urgent: true})
		}
		w.add("r", "x", numbered("p", 100)...)
		w.add("r", "y", numbered("p", 100)...)
		w.Release()
		w.after(5 * time.Second)
		posts := len(w.find(func(c call) bool { return c.Address == "x" && c.Method == dispatch.Post }))
		if posts < 9 {
			t.Errorf("%d of 50 deliveries were posts, want at least 9", posts)
		}
	})
}

func TestEachMethodHasItsTurn(t *testing.T) {
	simulate(t, dispatch.Options{PerAddress: 1}, func(w *world) {
		w.Hold()
		for _, r := range numbered("r", 100) {
			for i, m := range []dispatch.Method{dispatch.Edit, dispatch.Find, dispatch.Reply} {
				w.Add(dispatch.Job{Address: "x", Request: fmt.Sprint(r, i), Requester: "r", Method: m, Urgent: true})
			}
		}
		w.Release()
		w.after(3 * time.Second)
		for _, m := range []dispatch.Method{dispatch.Edit, dispatch.Find, dispatch.Reply} {
			if n := len(w.find(func(c call) bool { return c.Method == m })); n < 9 {
				t.Errorf("%d of 30 deliveries were of method %s, want 10", n, m)
			}
		}
	})
}

func TestDeliveriesUnderWayAreBounded(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		for i, r := range numbered("r", 2000) {
			w.add("alice", fmt.Sprint("a", i%100), r)
		}
		w.after(time.Minute)
		if len(w.calls) != 2000 {
			t.Errorf("%d deliveries were made, want 2000", len(w.calls))
		}
		for a, n := range w.most {
			if want := 4; a != "" && n > want {
				t.Errorf("%d deliveries were under way at %s, want at most %d", n, a, want)
			}
		}
		if got := w.most[""]; got != 64 {
			t.Errorf("at most %d deliveries were under way, want 64", got)
		}
	})
}

func TestUrgentJobsOfOneAddressDoNotStarvePostsToAnother(t *testing.T) {
	simulate(t, dispatch.Options{InFlight: 1}, func(w *world) {
		w.Hold()
		for _, r := range numbered("u", 100) {
			w.Add(dispatch.Job{Address: "x", Request: r, Requester: "r", Method: dispatch.Edit, Urgent: true})
		}
		w.add("r", "y", numbered("p", 100)...)
		w.Release()
		w.after(5 * time.Second)
		if n := len(w.find(func(c call) bool { return c.Address == "y" })); n != 10 {
			t.Errorf("%d of 50 deliveries were posts, want 10", n)
		}
	})
}

func TestATurnIsNotGivenToAnotherRequester(t *testing.T) {
	simulate(t, dispatch.Options{InFlight: 1}, func(w *world) {
		w.Hold()
		w.add("m", "b", "m1", "m2")
		w.add("m", "a", "m3")
		w.add("n", "a", "n1")
		w.Release()
		if got, want := w.after(time.Minute), "m1 n1 m3 m2"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
