package pattern

import (
	"errors"
	"strings"
	"testing"
)

func TestCompile(t *testing.T) {
	for source, want := range map[string]error{
		"^a*$": nil, "": nil, "(a{20}){10}": nil, strings.Repeat("a", maxSize-2): nil,
		"(": errPattern, "a{2000}": errPattern, "[": errPattern,
		strings.Repeat("a", maxSize): errTooLong, strings.Repeat("a{1000}", 3): errTooLong, "((a|b){30}){30}": errTooLong,
	} {
		if _, err := Compile(source); !errors.Is(err, want) {
			t.Errorf("%.40s: %v, want %v", source, err, want)
		}
	}
}

func TestCostGrowsWithPatternAndText(t *testing.T) {
	small, _ := Compile("ab")
	large, err := Compile("(ab){100}")
	if err != nil || large.Cost(1000) < 50*small.Cost(1000) || small.Cost(10_000) < 9*small.Cost(1000) {
		t.Errorf("costs %d and %d, of a longer text %d (%v)", small.Cost(1000), large.Cost(1000), small.Cost(10_000), err)
	}
}
