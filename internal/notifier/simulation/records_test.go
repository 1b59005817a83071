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
