package teleport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// slowLookup answers each call with the names themselves after a second, or with *err.
func slowLookup(calls *[][]string, err *error) *lookup[string] {
	return &lookup[string]{
		batch: 3, calls: 1,
		sizeOf: func(s string) int { return len(s) },
		read: func(ctx context.Context, names []string) (map[string]string, error) {
			*calls = append(*calls, names)
			time.Sleep(time.Second)
			found := map[string]string{}
			for _, name := range names {
				if !strings.HasPrefix(name, "no-") {
					found[name] = name
				}
			}
			return found, errors.Join(*err, ctx.Err())
		},
	}
}

// TestQuestionsAreJoined covers names that come while a call is under way.
func TestQuestionsAreJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls [][]string
		var none error
		l := slowLookup(&calls, &none)
		gaveUp, giveUp := context.WithCancel(t.Context())
		giveUp()
		if _, err := l.get(gaveUp, "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("the answer to a caller that gave up is %v", err)
		}
		for _, name := range []string{"b", "a", "c", "b", "d", "no-e"} {
			go func() { _, _ = l.get(t.Context(), name) }()
			synctest.Wait()
		}
		found, err := l.get(t.Context(), "a", "b", "c", "d", "no-e")
		if err != nil || found["a"] != "a" || found["d"] != "d" || found["no-e"] != "" {
			t.Errorf("found %v (%v)", found, err)
		}
		if got, want := fmt.Sprint(calls), "[[a] [b c d] [no-e]]"; got != want {
			t.Errorf("the calls are %s, want %s", got, want)
		}
		time.Sleep(answerFor)
		if _, err := l.get(t.Context(), "a"); err != nil || len(calls) != 4 {
			t.Errorf("an answer is believed for ever (%v)", err)
		}
	})
}

// TestWhatCannotBeAsked covers failures and missing permissions: neither is asked about again
// at once, and what was known stays.
func TestWhatCannotBeAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls [][]string
		var failure error
		l := slowLookup(&calls, &failure)
		if _, err := l.get(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			failure error
			holds   time.Duration
			// more is how many calls it takes for one other name.
			more int
		}{
			{failure: errors.New("unavailable"), holds: failedFor, more: 1},
			{failure: fmt.Errorf("list: %w", accessrequest.ErrNotAllowed), holds: deniedFor},
		} {
			failure = tt.failure
			before := len(calls)
			for range 3 {
				if _, err := l.get(t.Context(), "b"); !errors.Is(err, tt.failure) {
					t.Errorf("the failure is %v, want %v", err, tt.failure)
				}
			}
			_, _ = l.get(t.Context(), "c")
			if got := len(calls) - before; got != 1+tt.more {
				t.Errorf("%v: %d calls, want %d", tt.failure, got, 1+tt.more)
			}
			if found, waits, err := l.ask(t.Context(), []string{"a"}); found["a"] != "a" || waits != nil || err != nil {
				t.Errorf("%v: what was known is %v (%v)", tt.failure, found, err)
			}
			time.Sleep(tt.holds)
			failure = nil
			if found, err := l.get(t.Context(), "b"+fmt.Sprint(tt.holds)); err != nil || len(found) != 1 {
				t.Errorf("%v is believed for ever: %v", tt.failure, err)
			}
		}
	})
}

func TestAnswersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls [][]string
		var none error
		l := slowLookup(&calls, &none)
		for i := range 100 {
			if _, err := l.get(t.Context(), strings.Repeat(fmt.Sprint(i%10), 100_000)+fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		sum := 0
		for name, a := range l.s.known {
			sum += entryOverhead + len(name) + len(a.value)
		}
		if sum != l.s.size || sum > maxAnswered || sum == 0 {
			t.Errorf("%d bytes are kept, counted as %d", sum, l.s.size)
		}
		if slices.ContainsFunc(calls, func(names []string) bool { return len(names) > l.batch }) {
			t.Error("a call asks for more than it may")
		}
	})
}
