package gate_test

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/notifier/gate"
)

// The table of the package.
func TestAGateFollowsItsTable(t *testing.T) {
	for before, want := range map[gate.Gate][3]gate.Gate{
		gate.Open:   {gate.Held, gate.Open, gate.Closed},
		gate.Held:   {gate.Held, gate.Open, gate.Closed},
		gate.Closed: {gate.Closed, gate.Closed, gate.Closed},
	} {
		for i, change := range []func(*gate.Gate){(*gate.Gate).Hold, (*gate.Gate).Release, (*gate.Gate).Close} {
			g := before
			if change(&g); g != want[i] {
				t.Errorf("%d after change %d is %d, want %d", before, i, g, want[i])
			}
		}
	}
}
