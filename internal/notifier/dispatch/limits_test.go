package dispatch_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

// throttleFirst makes the service refuse the first call of a method, and no other.
func throttleFirst(w *world, m dispatch.Method, after time.Duration, scope messenger.Scope) {
	refused := false
	w.answers(func(j dispatch.Job) dispatch.Result {
		if j.Method == m && !refused {
			refused = true
			return dispatch.Throttled(after, scope)
		}
		return dispatch.Done()
	})
}

// A pause holds back what it is about, for exactly as long as the service said, and
// nothing else.
func TestAPauseIsAboutItsScopeAlone(t *testing.T) {
	kinds := []struct {
		address string
		method  dispatch.Method
	}{{"a", dispatch.Edit}, {"a", dispatch.Post}, {"b", dispatch.Edit}, {"b", dispatch.Post}}
	tests := map[string]struct {
		scope  messenger.Scope
		paused [4]bool
	}{
		"method at an address": {messenger.ScopeAddress, [4]bool{true, false, false, false}},
		"method":               {messenger.ScopeMethod, [4]bool{true, false, true, false}},
		"token":                {messenger.ScopeToken, [4]bool{true, true, true, true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			simulate(t, dispatch.Options{}, func(w *world) {
				throttleFirst(w, dispatch.Edit, 10*time.Second, tt.scope)
				w.Add(dispatch.Job{Address: "a", Request: "first", Method: dispatch.Edit})
				w.after(time.Second) // it is refused after 100 ms
				for i, k := range kinds {
					w.Add(dispatch.Job{Address: k.address, Request: fmt.Sprint(i), Method: k.method})
				}
				w.after(time.Minute)
				for i, paused := range tt.paused {
					at := w.find(func(c call) bool { return c.Request == fmt.Sprint(i) })[0].at
					if waited := at >= 10*time.Second+100*time.Millisecond; waited != paused {
						t.Errorf("%v was called after %v; paused: %v, want %v", kinds[i], at, waited, paused)
					}
				}
				want := 10*time.Second + 100*time.Millisecond
				if len(w.find(func(c call) bool { return c.at == want })) != 1 {
					t.Errorf("calls: %v, want one after exactly %v", w.calls, want)
				}
				if again := w.find(func(c call) bool { return c.Request == "first" }); len(again) != 2 {
					t.Errorf("refused call: %v, want it once more", again)
				}
			})
		})
	}
}

func TestOneDeliveryTriesWhetherAPauseIsOver(t *testing.T) {
	for _, scope := range []messenger.Scope{messenger.ScopeAddress, messenger.ScopeMethod, messenger.ScopeToken} {
		t.Run(fmt.Sprint(scope), func(t *testing.T) {
			simulate(t, dispatch.Options{PerAddress: 4}, func(w *world) {
				w.answers(func(dispatch.Job) dispatch.Result {
					return dispatch.Throttled(10*time.Second, scope)
				})
				w.add("alice", "a", numbered("r", 10)...)
				w.after(time.Second)
				for range 3 {
					w.forgetCalls()
					w.after(10 * time.Second)
					if len(w.calls) != 1 {
						t.Errorf("%d calls were made when a pause had ended, want 1", len(w.calls))
					}
				}
				w.answers(nil)
				w.forgetCalls()
				w.after(12 * time.Second)
				if len(w.calls) != 10 || w.most[""] != 4 {
					t.Errorf("%d calls, %d at a time, were made when a call had worked, want 10 and 4", len(w.calls), w.most[""])
				}
			})
		})
	}
}

// Calls that were under way when the service asked to wait say nothing of the time
// after it.
func TestACallFromBeforeAPauseDoesNotEndTheCare(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.answers(func(j dispatch.Job) dispatch.Result {
			if j.Request == "r0" {
				return dispatch.Throttled(10*time.Second, messenger.ScopeToken)
			}
			return dispatch.Done()
		})
		w.add("alice", "a", numbered("r", 4)...)
		w.after(time.Second)
		w.answers(func(dispatch.Job) dispatch.Result { return dispatch.Throttled(10*time.Second, messenger.ScopeToken) })
		w.add("alice", "a", numbered("s", 4)...)
		w.forgetCalls()
		w.after(12 * time.Second)
		if len(w.calls) != 1 {
			t.Errorf("%d calls were made when the pause had ended, want 1", len(w.calls))
		}
	})
}

func TestALaterPauseIsNotCutByAShorterOne(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.answers(func(j dispatch.Job) dispatch.Result {
			if j.Request == "r0" {
				return dispatch.Throttled(2*time.Hour, messenger.ScopeToken)
			}
			return dispatch.Throttled(time.Second, messenger.ScopeToken)
		})
		w.add("alice", "a", "r0", "r1")
		w.after(2*time.Hour - time.Second)
		if len(w.calls) != 2 {
			t.Errorf("%d calls were made before the pause was over, want 2", len(w.calls))
		}
	})
}

func TestAPauseOfNoLengthDoesNotSpin(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.latency = 0
		w.answers(func(dispatch.Job) dispatch.Result { return dispatch.Throttled(0, messenger.ScopeToken) })
		w.add("alice", "a", "r")
		w.after(10 * time.Second)
		if len(w.calls) > 25 {
			t.Errorf("%d calls were made in 10 s", len(w.calls))
		}
	})
}

func TestAnAddressInTroubleBacksOffAloneAndOneAtATime(t *testing.T) {
	simulate(t, dispatch.Options{PerAddress: 4}, func(w *world) {
		w.answers(func(j dispatch.Job) dispatch.Result {
			if j.Address == "bad" {
				return dispatch.Retry()
			}
			return dispatch.Done()
		})
		w.add("alice", "bad", numbered("x", 20)...)
		w.after(time.Second)
		w.forgetCalls()
		w.add("alice", "good", numbered("r", 20)...)
		w.after(5 * time.Second)
		good := w.find(func(c call) bool { return c.Address == "good" })
		if len(good) != 20 || good[19].at != 400*time.Millisecond {
			t.Errorf("%d of 20 deliveries went to the good address, want all within 500 ms", len(good))
		}
		if w.most["bad"] > 1 {
			t.Errorf("%d deliveries at a time went to the address in trouble", w.most["bad"])
		}
		w.forgetCalls()
		w.after(10 * time.Minute)
		if n := len(w.calls); n < 20 || n > 80 {
			t.Errorf("%d deliveries in 10 minutes went to the address in trouble, want about 40", n)
		}
		w.idle()
		w.answers(nil)
		w.forgetCalls()
		w.after(time.Minute)
		if len(w.calls) != 20 || w.most["bad"] != 4 || w.Backlog() {
			t.Errorf("%d deliveries, %d at a time, were made when one had worked, want 20 and 4", len(w.calls), w.most["bad"])
		}
	})
}

// Posts may hang, or be refused, at an address that is searched without trouble.
func TestSearchesThatWorkDoNotEndTheBackOffOfPosts(t *testing.T) {
	for _, answer := range []dispatch.Result{dispatch.Retry(), dispatch.Block(broken)} {
		simulate(t, dispatch.Options{}, func(w *world) {
			w.answers(func(j dispatch.Job) dispatch.Result {
				if j.Method == dispatch.Post {
					return answer
				}
				return dispatch.Done()
			})
			w.add("alice", "a", numbered("r", 100)...)
			for range 600 {
				w.Add(dispatch.Job{Address: "a", Request: "found", Requester: "bob", Method: dispatch.Find})
				w.after(time.Second)
			}
			posts := w.find(func(c call) bool { return c.Method == dispatch.Post })
			if n := len(posts); n < 2 || n > 80 {
				t.Errorf("%+v: %d posts in 10 minutes", answer, n)
			}
			w.answers(nil)
			w.after(10 * time.Minute)
			if w.Backlog() || len(w.Problems()) > 0 {
				t.Errorf("%+v: not all is done once posts work", answer)
			}
		})
	}
}

// A job that always fails does not keep the others of its requester.
func TestAJobThatFailsGoesBehindTheOthers(t *testing.T) {
	simulate(t, dispatch.Options{PerAddress: 1, RetryBase: 10 * time.Millisecond}, func(w *world) {
		w.answers(func(j dispatch.Job) dispatch.Result {
			if j.Request == "poison" {
				return dispatch.Retry()
			}
			return dispatch.Done()
		})
		w.Hold()
		w.add("alice", "a", "poison", "r1", "r2")
		w.Release()
		if got, want := w.after(700 * time.Millisecond)[:12], "poison r1 r2"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// Two addresses, and two processes, do not act together.
func TestBackOffHasJitter(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.answers(func(j dispatch.Job) dispatch.Result {
			if j.Requester == "blocked" {
				return dispatch.Block(broken)
			}
			return dispatch.Retry()
		})
		addresses := numbered("a", 20)
		for _, a := range addresses {
			w.add("fails", a, a)
			w.add("blocked", "b"+a, "b"+a)
		}
		w.after(time.Hour)
		for _, group := range []string{"fails", "blocked"} {
			second := map[time.Duration]int{}
			seen := map[string]bool{}
			for _, c := range w.find(func(c call) bool { return c.Requester == group && c.at > 0 }) {
				if !seen[c.Address] {
					seen[c.Address] = true
					second[c.at]++
				}
			}
			if len(second) < 15 {
				t.Errorf("%s: the second calls of 20 addresses came at %d moments", group, len(second))
			}
		}
	})
}

func TestRetryEndsEveryBackOffAtOnce(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.answers(func(j dispatch.Job) dispatch.Result {
			switch j.Address {
			case "blocked":
				return dispatch.Block(broken)
			case "throttled":
				return dispatch.Throttled(time.Hour, messenger.ScopeAddress)
			default:
				return dispatch.Retry()
			}
		})
		addresses := numbered("a", 10)
		for _, a := range append(addresses, "blocked", "throttled") {
			w.add("alice", a, a, a+"'")
		}
		w.after(10 * time.Minute)
		if !w.Backlog() {
			t.Error("nothing waits for a failure to pass, although all fail")
		}
		w.idle()
		w.answers(nil)
		w.Retry()
		w.forgetCalls()
		w.after(250 * time.Millisecond)
		if n := len(w.find(func(c call) bool { return c.Address[0] == 'a' })); n != 20 {
			t.Errorf("%d deliveries were made after Retry, want 20", n)
		}
		if n := len(w.calls); n != 20 {
			t.Errorf("%d deliveries were made that a Retry is not about", n-20)
		}
		if w.Backlog() {
			t.Error("deliveries wait for a failure to pass, although all have worked")
		}
	})
}

func TestProbeTriesOneAddress(t *testing.T) {
	simulate(t, dispatch.Options{RetryBase: time.Hour, RetryCap: time.Hour}, func(w *world) {
		w.answers(func(dispatch.Job) dispatch.Result { return dispatch.Retry() })
		for _, a := range numbered("a", 10) {
			w.add("alice", a, a)
		}
		w.after(time.Second)
		for range 3 {
			w.forgetCalls()
			w.Probe()
			w.after(time.Second)
			if len(w.calls) != 1 {
				t.Errorf("%d deliveries were made after Probe, want 1", len(w.calls))
			}
		}
	})
}

func TestAnAddressThatCannotWorkIsTriedSlowlyAndReported(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.answers(func(dispatch.Job) dispatch.Result { return dispatch.Block(broken) })
		w.add("alice", "a", "r1", "r2", "r3")
		w.after(time.Second)
		if p := w.Problems(); len(p) != 1 || p["a"] != broken {
			t.Errorf("problems: %v", p)
		}
		w.forgetCalls()
		w.after(time.Hour)
		if n := len(w.calls); n < 10 || n > 15 {
			t.Errorf("%d deliveries were made in an hour, want one in about 5 minutes", n)
		}
		w.answers(nil)
		w.forgetCalls()
		w.UnblockAll()
		w.after(time.Second)
		if len(w.calls) != 3 || len(w.Problems()) != 0 {
			t.Errorf("%d deliveries were made after UnblockAll, want 3; problems: %v", len(w.calls), w.Problems())
		}
	})
}

// A problem is over once nothing is left to deliver, although no call says so.
func TestTheProblemOfAnAddressWithoutJobsIsOver(t *testing.T) {
	for name, over := range map[string]func(w *world){
		"with time":   func(w *world) { w.after(6 * time.Minute) },
		"when mended": func(w *world) { w.UnblockAll(); w.after(time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			simulate(t, dispatch.Options{}, func(w *world) {
				w.answers(func(dispatch.Job) dispatch.Result { return dispatch.Block(broken) })
				w.add("alice", "a", "r1", "r2")
				w.after(time.Second)
				w.answers(func(dispatch.Job) dispatch.Result { return dispatch.Skip() })
				w.after(time.Second)
				if len(w.Problems()) != 1 {
					t.Errorf("problems: %v, want it to be shown for a while", w.Problems())
				}
				over(w)
				if len(w.Problems()) != 0 {
					t.Errorf("problems: %v, although there is nothing to deliver", w.Problems())
				}
			})
		})
	}
}

func TestARefusedTokenHoldsEverything(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.answers(func(dispatch.Job) dispatch.Result { return dispatch.HoldAll() })
		w.add("alice", "a", "r1")
		w.after(time.Second)
		w.add("alice", "b", "r2")
		w.after(time.Hour)
		if len(w.calls) != 1 || w.Waiting() != 2 || w.Backlog() {
			t.Errorf("%d deliveries were made, %d wait, want 1 and 2", len(w.calls), w.Waiting())
		}
		w.answers(nil)
		w.forgetCalls()
		w.Release()
		synctest.Wait()
		if len(w.calls) != 2 {
			t.Errorf("%d deliveries began at once after Release, want 2", len(w.calls))
		}
	})
}

// TestARefusalFromBeforeReleaseHoldsNothing covers a delivery that hears that the token is
// refused, and ends only after the token was found to work again: nothing would release
// what it holds.
func TestARefusalFromBeforeReleaseHoldsNothing(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.latency = time.Minute
		w.answers(func(dispatch.Job) dispatch.Result { return dispatch.HoldAll() })
		w.add("alice", "a", "r1")
		w.after(time.Second)
		w.Hold()
		w.Release()
		w.after(time.Minute)
		w.answers(nil)
		w.add("alice", "b", "r2")
		w.after(time.Hour)
		if len(w.calls) != 3 || w.Waiting() != 0 {
			t.Errorf("%d deliveries were made, %d wait, want 3 and 0", len(w.calls), w.Waiting())
		}
	})
}
