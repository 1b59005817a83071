package dispatch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

func TestAJobThatWaitsIsMerged(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.Hold()
		for range 3 {
			w.add("alice", "a", "r")
		}
		want := dispatch.Job{Address: "a", Request: "r", Requester: "alice", Method: dispatch.Edit, Priority: dispatch.Urgent}
		w.Add(want)
		if w.Waiting() != 1 {
			t.Errorf("%d jobs wait, want 1", w.Waiting())
		}
		w.Release()
		w.after(time.Minute)
		if len(w.calls) != 1 || w.calls[0].Job != want {
			t.Errorf("calls: %v, want one for %v", w.calls, want)
		}
	})
}

func TestAJobAddedDuringItsDeliveryIsDeliveredOnceMore(t *testing.T) {
	for name, result := range map[string]dispatch.Result{
		"done":    dispatch.Done(),
		"skipped": dispatch.Skip(),
		"again":   dispatch.Again(dispatch.Job{Method: dispatch.Edit}),
		"instead": dispatch.Instead(dispatch.Job{Method: dispatch.Edit}),
	} {
		t.Run(name, func(t *testing.T) {
			simulate(t, dispatch.Options{}, func(w *world) {
				results := []dispatch.Result{result, dispatch.Done()}
				w.answers(func(dispatch.Job) (r dispatch.Result) {
					r, results = results[0], results[1:]
					return r
				})
				w.add("alice", "a", "r")
				w.after(50 * time.Millisecond)
				for range 3 {
					w.Add(dispatch.Job{Address: "a", Request: "r", Requester: "alice", Method: dispatch.Edit, Priority: dispatch.Urgent})
				}
				w.after(time.Minute)
				if len(w.calls) != 2 || w.calls[1].Method != dispatch.Edit || w.calls[1].Priority != dispatch.Urgent {
					t.Errorf("calls: %v, want a second one, for an urgent edit", w.calls)
				}
				if w.most["a"] != 1 {
					t.Error("one job was delivered twice at a time")
				}
			})
		})
	}
}

func TestTheNextStepOfAJobGoesBeforeItsRequestersOthers(t *testing.T) {
	for name, next := range map[string]func(dispatch.Job) dispatch.Result{
		"again": dispatch.Again, "instead": dispatch.Instead,
	} {
		t.Run(name, func(t *testing.T) {
			simulate(t, dispatch.Options{PerAddress: 1}, func(w *world) {
				first := true
				w.answers(func(j dispatch.Job) dispatch.Result {
					if j.Request == "r1" && first {
						first = false
						return next(dispatch.Job{Method: dispatch.Post})
					}
					return dispatch.Done()
				})
				w.Hold()
				w.add("alice", "a", "r0", "r1", "r2", "r3")
				w.Release()
				if got, want := w.after(time.Minute), "r0 r1 r1 r2 r3"; got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			})
		})
	}
}

// What was not called, or is about one message, does not say that the address works.
func TestOnlyACallThatWorkedEndsAProblem(t *testing.T) {
	tests := map[string]struct {
		result dispatch.Result
		works  bool
	}{
		"done":    {dispatch.Done(), true},
		"again":   {dispatch.Again(dispatch.Job{Method: dispatch.Edit}), true},
		"skip":    {dispatch.Skip(), false},
		"instead": {dispatch.Instead(dispatch.Job{Method: dispatch.Edit}), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			simulate(t, dispatch.Options{}, func(w *world) {
				w.answers(func(dispatch.Job) dispatch.Result { return dispatch.Block(broken) })
				w.add("alice", "a", "r")
				w.after(time.Second)
				w.add("alice", "a", "later")
				w.answers(func(j dispatch.Job) dispatch.Result {
					if j.Request == "r" && j.Method == dispatch.Post {
						return tt.result
					}
					return dispatch.Block(broken)
				})
				w.UnblockAll()
				w.after(150 * time.Millisecond)
				if works := len(w.Problems()) == 0; works != tt.works {
					t.Errorf("problems: %v, want it to be over: %v", w.Problems(), tt.works)
				}
			})
		})
	}
}

// A call that was under way when its address failed says nothing of the time after it.
func TestACallFromBeforeAFailureDoesNotEndIt(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.answers(func(j dispatch.Job) dispatch.Result {
			if j.Request == "r0" {
				return dispatch.Block(broken)
			}
			return dispatch.Done()
		})
		w.add("alice", "a", "r0")
		w.after(50 * time.Millisecond)
		w.add("alice", "a", "r1")
		w.after(time.Second)
		if len(w.Problems()) != 1 || len(w.calls) != 2 {
			t.Errorf("problems: %v, want one, and no calls after it: %v", w.Problems(), w.calls)
		}
	})
}

func TestDeliveriesThatFailTogetherCountOnce(t *testing.T) {
	simulate(t, dispatch.Options{RetryBase: time.Second, RetryCap: time.Hour}, func(w *world) {
		w.answers(func(dispatch.Job) dispatch.Result { return dispatch.Retry() })
		for i := range 16 {
			a := fmt.Sprint("a", i)
			w.add("alice", a, numbered(a+"-", 4)...)
		}
		w.after(1310 * time.Millisecond)
		if n := len(w.calls); n < 64+16 {
			t.Errorf("%d calls were made again within the first back-off of 16 addresses", n-64)
		}
	})
}

func TestAFailedJobIsRepeatedAsItWasAddedLast(t *testing.T) {
	for name, failure := range map[string]dispatch.Result{
		"retry":     dispatch.Retry(),
		"throttled": dispatch.Throttled(time.Second, messenger.ScopeAddress),
		"block":     dispatch.Block(broken),
	} {
		t.Run(name, func(t *testing.T) {
			simulate(t, dispatch.Options{}, func(w *world) {
				first := true
				w.answers(func(dispatch.Job) dispatch.Result {
					if first {
						first = false
						return failure
					}
					return dispatch.Done()
				})
				w.add("alice", "a", "r")
				w.after(50 * time.Millisecond)
				w.Add(dispatch.Job{Address: "a", Request: "r", Requester: "alice", Method: dispatch.Edit})
				w.after(10 * time.Minute)
				if len(w.calls) != 2 || w.calls[1].Method != dispatch.Edit {
					t.Errorf("calls: %v, want a second one, for an edit", w.calls)
				}
			})
		})
	}
}

// Nothing is remembered of an address without jobs and without trouble.
func TestAddressesAreForgotten(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.answers(func(j dispatch.Job) dispatch.Result {
			switch j.Requester {
			case "block":
				return dispatch.Block(broken)
			case "retry":
				return dispatch.Retry()
			case "throttle":
				return dispatch.Throttled(time.Minute, messenger.ScopeAddress)
			default:
				return dispatch.Done()
			}
		})
		for _, requester := range []string{"block", "retry", "throttle", "done"} {
			for i := range 50 {
				w.add(requester, fmt.Sprint(requester, i), fmt.Sprint(requester, i))
			}
		}
		w.after(10 * time.Second)
		w.answers(func(dispatch.Job) dispatch.Result { return dispatch.Skip() })
		w.after(10 * time.Minute)
		if n := dispatch.Addresses(w.Dispatcher); n != 0 {
			t.Errorf("%d addresses are remembered", n)
		}
	})
}
