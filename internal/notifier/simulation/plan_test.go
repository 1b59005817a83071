package simulation

import (
	"fmt"
	"testing"
)

// TestASeedHasOnePlan makes plans twice.
func TestASeedHasOnePlan(t *testing.T) {
	plans := map[string]uint64{}
	for seed := uint64(1); seed <= 100; seed++ {
		text := fmt.Sprintf("%+v", generate(seed))
		if again := fmt.Sprintf("%+v", generate(seed)); again != text {
			t.Fatalf("seed %d has two plans:\n%s\n%s", seed, text, again)
		}
		if other, ok := plans[text]; ok {
			t.Errorf("seeds %d and %d have one plan", seed, other)
		}
		plans[text] = seed
	}
}

// TestPlansEndBeforeTheyAreJudged checks that nothing is planned after calm, and that no
// request ends while engines should be quiet.
func TestPlansEndBeforeTheyAreJudged(t *testing.T) {
	for seed := uint64(1); seed <= 500; seed++ {
		p := generate(seed)
		for _, m := range p.moments {
			if m.at() > calm {
				t.Errorf("seed %d: %s at %s", seed, m, clock(m.at()))
			}
		}
		for _, f := range p.faults {
			if f.from >= f.to || f.to > calm {
				t.Errorf("seed %d: %s from %s", seed, f, clock(f.from))
			}
		}
		for i, a := range p.asked {
			early := a.access <= earlyEnds
			late := a.pending >= lateExpiry && a.access <= allEnded
			if a.access < a.pending || !early && !late {
				t.Errorf("seed %d: %s ends %s, its access %s", seed, name(i), clock(a.pending), clock(a.access))
			}
		}
	}
}
