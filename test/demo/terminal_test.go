package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBoxIsStraight(t *testing.T) {
	texts := map[string]string{
		"plain":      "hello",
		"emoji":      "⏳ Pending\n✅ Approved\n❌ Denied\n⌛ Expired\n⏫ Promoted",
		"long words": strings.Repeat("x", 300) + " " + strings.Repeat("田", 100),
		"marks":      strings.Repeat("e\u0301", 200),
		"controls":   "a\x1b[31mb\u202Ec",
		"empty":      "",
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			p := &printer{w: &b}
			p.box("Slack #access-requests", "posted 12:00:00", text)
			for line := range strings.SplitSeq(strings.Trim(b.String(), "\n"), "\n") {
				if n := columns(line); n != boxWidth+4 {
					t.Errorf("%d columns instead of %d: %q", n, boxWidth+4, line)
				}
				if strings.ContainsAny(line, "\x1b\u202E") {
					t.Errorf("the terminal can be steered: %q", line)
				}
			}
		})
	}
}

func TestWrapBreaksBetweenWords(t *testing.T) {
	want := []string{"one two", "three", "abcdefghij", "klm", "", "end"}
	if diff := cmp.Diff(want, wrap("one two three abcdefghijklm\n\nend", 10)); diff != "" {
		t.Errorf("wrap (-want +got):\n%s", diff)
	}
}
