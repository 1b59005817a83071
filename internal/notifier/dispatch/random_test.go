package dispatch_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

// Whatever happens in whatever order, each job is done in the end, none runs twice
// at a time, and nothing is remembered afterwards.
func TestEveryJobIsDoneInTheEnd(t *testing.T) {
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, seed))
		job := func() dispatch.Job {
			return dispatch.Job{
				Address:   fmt.Sprint("a", random.IntN(10)),
				Request:   fmt.Sprint("r", random.IntN(40)),
				Requester: fmt.Sprint("u", random.IntN(5)),
				Method:    dispatch.Method(random.IntN(4)),
				Priority:  dispatch.Priority(random.IntN(3) / 2),
			}
		}
		simulate(t, dispatch.Options{InFlight: 12}, func(w *world) {
			w.answers(func(dispatch.Job) dispatch.Result {
				switch random.IntN(12) {
				case 0:
					return dispatch.Retry()
				case 1:
					return dispatch.Block(broken)
				case 2, 3:
					return dispatch.Throttled(time.Duration(random.IntN(5000))*time.Millisecond, messenger.Scope(random.IntN(3)))
				case 4:
					return dispatch.Again(job())
				case 5:
					return dispatch.Instead(job())
				case 6:
					return dispatch.Skip()
				case 7:
					return dispatch.HoldAll()
				default:
					return dispatch.Done()
				}
			})
			last := map[string]dispatch.Job{}
			for range 2000 {
				w.mu.Lock() // the service draws from the same source
				next, then := job(), random.IntN(30)
				pause := time.Duration(random.IntN(200)) * time.Millisecond
				w.mu.Unlock()
				switch then {
				case 0, 1:
					w.Retry()
				case 2:
					w.Probe()
				case 3:
					w.UnblockAll()
				case 4:
					w.Hold()
				case 5, 6, 7:
					w.Release()
				default:
					last[next.Address+next.Request] = next
					w.Add(next)
				}
				time.Sleep(pause)
			}
			w.Hold()
			w.idle()
			w.answers(nil)
			w.forgetCalls()
			for _, j := range last {
				w.Add(j)
			}
			w.Release()
			w.UnblockAll()
			w.checkAllAreDone(t, last)
		})
	}
}

func (w *world) checkAllAreDone(t *testing.T, jobs map[string]dispatch.Job) {
	t.Helper()
	w.after(time.Hour)
	if w.Waiting() != 0 || w.Backlog() || len(w.Problems()) != 0 || dispatch.Addresses(w.Dispatcher) != 0 {
		t.Errorf("%d wait, %d addresses are remembered, problems: %v", w.Waiting(), dispatch.Addresses(w.Dispatcher), w.Problems())
	}
	done := map[string]int{}
	for _, c := range w.find(func(call) bool { return true }) {
		done[c.Address+c.Request]++
	}
	for key := range jobs {
		if done[key] < 1 {
			t.Errorf("%s was not delivered", key)
		}
	}
}
