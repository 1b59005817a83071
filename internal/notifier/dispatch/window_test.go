package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/dispatch"
)

// TestAFloodAtASlowServiceIsDoneSoon covers a service that takes its time and answers well:
// the window widens until the flood is through.
func TestAFloodAtASlowServiceIsDoneSoon(t *testing.T) {
	simulate(t, dispatch.Options{}, func(w *world) {
		w.latency = 200 * time.Millisecond
		w.add("alice", "a", numbered("r", 200)...)
		w.after(time.Second)
		w.idle()
		if took := w.calls[len(w.calls)-1].at + w.latency; len(w.calls) != 200 || took > 8*w.latency {
			t.Errorf("%d deliveries took %s, want 200 in eight calls' time", len(w.calls), took)
		}
		if got := w.most["a"]; got != 32 {
			t.Errorf("at most %d deliveries were under way, want 32", got)
		}
	})
}

// TestTroubleNarrowsTheWindow covers what an address may do once it works again: half of what it
// did before calls failed or had to wait, and one more with each that works.
func TestTroubleNarrowsTheWindow(t *testing.T) {
	for name, trouble := range map[string]dispatch.Result{
		"calls fail":      dispatch.Retry(),
		"calls must wait": dispatch.Throttled(time.Second, messenger.ScopeAddress),
	} {
		t.Run(name, func(t *testing.T) {
			simulate(t, dispatch.Options{Window: 16, PerAddress: 16}, func(w *world) {
				w.answers(func(dispatch.Job) dispatch.Result { return trouble })
				w.add("alice", "a", numbered("r", 200)...)
				if got := strings.Fields(w.after(50 * time.Millisecond)); len(got) != 16 {
					t.Errorf("at first %d deliveries were under way, want 16", len(got))
				}
				w.after(100 * time.Millisecond)
				w.answers(nil)
				w.forgetCalls()
				w.after(10 * time.Second)
				at := map[time.Duration]int{}
				for _, c := range w.calls {
					at[c.at.Truncate(100*time.Millisecond)]++
				}
				var widths []int
				for i := range 200 {
					if n := at[time.Duration(i)*100*time.Millisecond]; n > 0 {
						widths = append(widths, n)
					}
				}
				// Sixteen calls that failed together halve it once; the first that works widens it.
				if len(widths) < 4 || widths[0] != 1 || widths[1] != 10 || widths[2] != 16 || len(w.calls) != 200 {
					t.Errorf("%d deliveries were made, so many at a time: %v; want 1, 10, 16", len(w.calls), widths)
				}
			})
		})
	}
}
