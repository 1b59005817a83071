package dispatch_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

func TestAnHonestRequestPassesAFloodAtItsAddress(t *testing.T) {
	simulate(t, dispatch.Options{PerAddress: 4}, func(w *world) {
		w.latency = time.Second
		w.add("mallory", "a", numbered("flood", 1000)...)
		w.after(500 * time.Millisecond)
		w.add("alice", "a", "honest")
		w.after(time.Minute)
		if got := w.position("honest"); got < 0 || got > 7 { // four were under way, and three begin with it
			t.Errorf("%d deliveries were made before the honest one, want at most 7", got)
		}
	})
}

// The service allows one call per second, and refuses most calls: a refused call has
// not used its requester's turn.
func TestAnHonestRequestPassesAFloodThatIsThrottled(t *testing.T) {
	for name, scope := range map[string]messenger.Scope{
		"at its address":      messenger.ScopeAddress,
		"over many addresses": messenger.ScopeMethod,
		"of the whole token":  messenger.ScopeToken,
	} {
		t.Run(name, func(t *testing.T) {
			simulate(t, dispatch.Options{}, func(w *world) {
				var last time.Time
				var delivered []string
				w.answers(func(j dispatch.Job) dispatch.Result {
					if time.Since(last) < time.Second {
						return dispatch.Throttled(time.Second, scope)
					}
					last, delivered = time.Now(), append(delivered, j.Request)
					return dispatch.Done()
				})
				w.add("mallory", "a", numbered("more", 1000)...)
				for i, r := range numbered("flood", 1000) {
					if scope != messenger.ScopeAddress {
						w.add("mallory", fmt.Sprint("dm", i), r)
					}
				}
				w.after(5 * time.Second)
				w.add("alice", "a", "honest")
				w.mu.Lock()
				delivered = nil
				w.mu.Unlock()
				w.after(20 * time.Second)
				w.mu.Lock()
				defer w.mu.Unlock()
				if got := slices.Index(delivered, "honest"); got < 0 || got > 2 {
					t.Errorf("%d deliveries worked before the honest one, want at most 2", got)
				}
			})
		})
	}
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
		w.Add(dispatch.Job{Address: "a", Request: "approval", Requester: "mallory", Method: dispatch.Edit, Priority: dispatch.Urgent})
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
				w.Add(dispatch.Job{Address: a, Request: r, Requester: "r", Method: dispatch.Edit, Priority: dispatch.Urgent})
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
			w.Add(dispatch.Job{Address: "x", Request: r, Requester: "r", Method: dispatch.Edit, Priority: dispatch.Urgent})
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
				w.Add(dispatch.Job{Address: "x", Request: fmt.Sprint(r, i), Requester: "r", Method: m, Priority: dispatch.Urgent})
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
	simulate(t, dispatch.Options{PerAddress: 4, InFlight: 64}, func(w *world) {
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
			w.Add(dispatch.Job{Address: "x", Request: r, Requester: "r", Method: dispatch.Edit, Priority: dispatch.Urgent})
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
