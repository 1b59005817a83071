package message

import "testing"

func TestOwnWordsAreWordsOnly(t *testing.T) {
	for in, want := range map[string]string{
		"Pending, 1 of 2 approvals": "Pending, 1 of 2 approvals",
		"Re-requested":              "Re-requested",
		"@channel #a *b* [c](d)":    "channel a b cd",
		"--- , 'x'":                 "x'",
		"www.evil.example":          "wwwevilexample",
		"1.204 weitere":             "1.204 weitere",
		"1. a :b: c: d":             "1 a b: c: d",
		"**":                        "",
	} {
		if got := PlainWords(in); got != want {
			t.Errorf("PlainWords(%q) = %q, want %q", in, got, want)
		}
	}
}
