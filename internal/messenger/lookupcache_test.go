package messenger

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// asking returns a question that takes a second, and how often it was asked.
func asking(err error) (ask func(context.Context) (int, error), asked func() int) {
	var mu sync.Mutex
	var n int
	return func(ctx context.Context) (int, error) {
			mu.Lock()
			n++
			answer := n
			mu.Unlock()
			select {
			case <-time.After(time.Second):
				return answer, err
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}, func() int {
			mu.Lock()
			defer mu.Unlock()
			return n
		}
}

func TestMemoryKeepsAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := LookupCache[int]{TTL: time.Minute}
		ask, asked := asking(nil)
		get := func(key string, want int) {
			t.Helper()
			if got, err := m.Get(t.Context(), key, ask); got != want || err != nil {
				t.Errorf("Get(%q) = %d, %v; want %d", key, got, err, want)
			}
		}
		get("a", 1)
		get("a", 1)
		get("b", 2)
		time.Sleep(time.Minute)
		get("a", 3)
		if len(m.answers) != 1 {
			t.Errorf("%d answers are kept, want the one that is not too old", len(m.answers))
		}
		if asked() != 3 {
			t.Errorf("asked %d times, want 3", asked())
		}
	})
}

func TestMemoryAsksOnceForAll(t *testing.T) {
	failure := errors.New("no")
	for name, want := range map[string]error{"answer": nil, "failure": failure} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := LookupCache[int]{TTL: time.Minute}
				ask, asked := asking(want)
				var group sync.WaitGroup
				for range 10 {
					group.Go(func() {
						if got, err := m.Get(t.Context(), "a", ask); got != 1 || !errors.Is(err, want) {
							t.Errorf("Get = %d, %v", got, err)
						}
					})
				}
				group.Wait()
				if asked() != 1 {
					t.Errorf("asked %d times, want once", asked())
				}
				if want != nil && len(m.answers) != 0 {
					t.Error("a failure is kept")
				}
			})
		})
	}
}

// TestMemoryAsksAgainForThoseWhoStay covers an asker that goes away while others
// wait for its answer.
func TestMemoryAsksAgainForThoseWhoStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := LookupCache[int]{TTL: time.Minute}
		ask, asked := asking(nil)
		hasty, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := m.Get(hasty, "a", ask); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Get = %v", err)
			}
		})
		synctest.Wait()
		group.Go(func() {
			if got, err := m.Get(t.Context(), "a", ask); got != 2 || err != nil {
				t.Errorf("Get = %d, %v", got, err)
			}
		})
		group.Go(func() {
			if _, err := m.Get(hasty, "a", ask); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Get = %v", err)
			}
		})
		group.Wait()
		if asked() != 2 {
			t.Errorf("asked %d times, want 2", asked())
		}
	})
}

// TestMemoryForgetsWhatIsTooOld covers one who misses something in an answer that
// others asked for earlier, also while they wait for it.
func TestMemoryForgetsWhatIsTooOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := LookupCache[int]{TTL: time.Minute}
		ask, asked := asking(nil)
		get := func(want int) {
			t.Helper()
			if got, err := m.Get(t.Context(), "a", ask); got != want || err != nil {
				t.Errorf("Get = %d, %v; want %d", got, err, want)
			}
		}
		start := time.Now()
		var group sync.WaitGroup
		group.Go(func() { get(1) })
		synctest.Wait()
		m.Invalidate("a", start)
		group.Go(func() { get(1) })
		time.Sleep(500 * time.Millisecond)
		m.Invalidate("a", time.Now())
		get(2)
		group.Wait()
		get(2)
		if asked() != 2 {
			t.Errorf("asked %d times, want 2", asked())
		}
	})
}

func TestMemoryOutlivesAPanic(t *testing.T) {
	m := LookupCache[int]{TTL: time.Minute}
	func() {
		defer func() { _ = recover() }()
		_, _ = m.Get(t.Context(), "a", func(context.Context) (int, error) { panic("impossible") })
	}()
	if got, err := m.Get(t.Context(), "a", func(context.Context) (int, error) { return 7, nil }); got != 7 || err != nil {
		t.Errorf("Get = %d, %v", got, err)
	}
}
