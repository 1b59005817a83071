package main

import (
	"regexp"
	"slices"
	"testing"
)

// TestBriefPlaysEveryKind wants every scenario to be played in brief, on every service in all,
// and on no two that do not differ.
func TestBriefPlaysEveryKind(t *testing.T) {
	every := regexp.MustCompile("")
	all, err := trials(every, false)
	if err != nil {
		t.Fatal(err)
	}
	brief, err := trials(every, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		alike := slices.ContainsFunc(brief, func(b trial) bool {
			return b.name == a.name && b.platform.kind(a.matters) == a.platform.kind(a.matters)
		})
		if !alike {
			t.Errorf("%s is played on none in brief", a.fullName())
		}
		if !slices.ContainsFunc(brief, func(b trial) bool { return b.platform.name == a.platform.name }) {
			t.Errorf("nothing is played on %s in brief", a.platform.name)
		}
	}
	if len(brief) > len(all)*2/3 {
		t.Errorf("%d of %d are played in brief", len(brief), len(all))
	}
}
