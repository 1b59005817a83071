package simulation

import (
	"testing"
	"testing/synctest"
	"time"
)

// newRequestIn makes a world with one request in it.
func newRequestIn(faults ...fault) *world {
	w := newWorld(plan{asked: []asked{{user: "eve", role: "editor", pending: time.Hour, access: time.Hour}}, faults: faults})
	w.teleport.create(0)
	return w
}

// TestAStrangerWritesOnlyWhatTeleportStores covers a request that is gone without a record.
func TestAStrangerWritesOnlyWhatTeleportStores(t *testing.T) {
	for _, recorded := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newRequestIn()
			if recorded {
				if err := w.records.swap("r0", "", "{}"); err != nil {
					t.Fatal(err)
				}
			}
			w.teleport.remove(0, "is deleted")
			w.records.tamper("r0", garbage, func(string) string { return garbage })
			if wrote := w.records.load("r0") == garbage; wrote != recorded || w.tampered("r0") != recorded {
				t.Errorf("recorded %t: a stranger wrote %t", recorded, wrote)
			}
		})
	}
}

// claims is a record that claims a message in C1, and a reply in C2.
const claims = `{"to":{"C1":{"make":{"do":"post","key":"k"}},"C2":{"ref":"C2/m","make":{"do":"reply","key":"l"}}}}`

// TestAClaimInAChannelThatIsNoMoreIsHopeless covers one whose operator died before the call.
func TestAClaimInAChannelThatIsNoMoreIsHopeless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRequestIn()
		w.chat.claims("r0", claims)
		if w.hopeless() != 0 {
			t.Errorf("%d places are hopeless, want none", w.hopeless())
		}
		w.chat.closed["C1"], w.chat.closed["C2"] = true, true
		if w.hopeless() != 1 {
			t.Errorf("%d places are hopeless, want 1", w.hopeless())
		}
	})
}

// TestAClaimThatCouldNotBeWithdrawnIsNotClosed covers one that is settled after its record has no
// room for that.
func TestAClaimThatCouldNotBeWithdrawnIsNotClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for want, faults := range [][]fault{nil, {{service: recordsService, kind: full, request: "r0"}}} {
			w := newRequestIn(faults...)
			w.chat.claims("r0", claims)
			if got := w.unclosed(); got != want {
				t.Errorf("%d messages have no record of how they ended, want %d", got, want)
			}
		}
	})
}
