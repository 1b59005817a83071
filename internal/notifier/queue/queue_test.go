package queue_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/queue"
)

// take hands out what waits in a queue, without waiting.
func take(q *queue.Queue) (ids []string) {
	synctest.Wait()
	for q.Len() > 0 {
		id, _ := q.Get()
		ids = append(ids, id)
		q.Done(id)
	}
	return ids
}

func check(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func TestAnIDIsHandedOutToOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.New()
		for _, id := range []string{"a", "b", "a"} {
			q.Add(id)
		}
		first, _ := q.Get()
		q.Add("a")
		q.Add("a")
		check(t, "while a is handed out", take(q), "b")
		q.Done(first)
		check(t, "once a is done", take(q), "a")
		q.Done("a")
		check(t, "at the end", take(q))
	})
}

func TestTheEarliestTimeHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.New()
		q.AddAfter("late", time.Hour)
		q.AddAfter("sooner", time.Hour)
		q.AddAfter("sooner", time.Minute)
		q.AddAfter("sooner", 2*time.Minute)
		q.AddAfter("now", 0)
		check(t, "at once", take(q), "now")
		time.Sleep(time.Minute - time.Nanosecond)
		check(t, "too early", take(q))
		time.Sleep(time.Nanosecond)
		check(t, "after a minute", take(q), "sooner")
		time.Sleep(58 * time.Minute)
		check(t, "after an hour, almost", take(q))
		time.Sleep(time.Minute)
		check(t, "after an hour", take(q), "late")
	})
}

func TestShutDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue.New()
		q.Add("a")
		q.AddAfter("later", time.Second)
		q.ShutDown()
		q.Add("b")
		q.AddAfter("b", time.Second)
		time.Sleep(time.Hour)
		check(t, "what was there", take(q), "a")
		if id, ok := q.Get(); ok {
			t.Errorf("got %q of a queue that is shut down", id)
		}
		waiting := queue.New()
		go func() {
			synctest.Wait()
			waiting.ShutDown()
		}()
		if id, ok := waiting.Get(); ok {
			t.Errorf("got %q of a queue that was shut down", id)
		}
	})
}

// TestNothingIsForgotten has ids added in many ways while workers take them: each is handed out
// after it was added for the last time, and to one worker at a time.
func TestNothingIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ids, adds = 20, 2000
		q := queue.New()
		var mu sync.Mutex
		out, added, seen := map[string]bool{}, map[string]time.Time{}, map[string]time.Time{}
		var workers sync.WaitGroup
		for range 4 {
			workers.Go(func() {
				for id, ok := q.Get(); ok; id, ok = q.Get() {
					mu.Lock()
					if out[id] {
						t.Errorf("%s is handed out twice at a time", id)
					}
					out[id], seen[id] = true, time.Now()
					mu.Unlock()
					time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
					mu.Lock()
					out[id] = false
					mu.Unlock()
					q.Done(id)
				}
			})
		}
		for range adds {
			id, after := fmt.Sprint(rand.IntN(ids)), time.Duration(rand.IntN(20)-5)*time.Millisecond
			mu.Lock()
			added[id] = time.Now()
			mu.Unlock()
			q.AddAfter(id, after)
			time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
		}
		time.Sleep(time.Minute)
		q.ShutDown()
		workers.Wait()
		for id, at := range added {
			if seen[id].Before(at) {
				t.Errorf("%s was added at %v and handed out at %v", id, at, seen[id])
			}
		}
	})
}
