package simulation

import (
	"slices"
	"testing"
	"time"
)

// TestShrinkKeepsWhatMatters lets a plan fail as long as two moments and a fault are in
// it.
func TestShrinkKeepsWhatMatters(t *testing.T) {
	var p plan
	for i := range 40 {
		p.moments = append(p.moments, started{when(time.Duration(i) * time.Second), i})
		p.faults = append(p.faults, fault{salt: uint64(i)})
	}
	fails := func(p plan) bool {
		has := func(slot int) bool {
			return slices.ContainsFunc(p.moments, func(m moment) bool { return m.(started).slot == slot })
		}
		return has(3) && has(31) && slices.ContainsFunc(p.faults, func(f fault) bool { return f.salt == 17 })
	}
	if least := shrink(p, time.Now().Add(time.Minute), fails); least.size() != 3 || !fails(least) {
		t.Errorf("shrunk to %v and %v, want the two moments and the fault that matter", least.moments, least.faults)
	}
}

// TestShrinkEndsInTime lets a plan fail that takes too long.
func TestShrinkEndsInTime(t *testing.T) {
	p := plan{moments: []moment{started{}, started{}}}
	if least := shrink(p, time.Now(), func(plan) bool { return true }); least.size() != p.size() {
		t.Errorf("shrunk to %d after the deadline", least.size())
	}
}
