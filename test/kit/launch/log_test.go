package launch

import (
	"strings"
	"testing"
)

func TestTailKeepsTheLastLines(t *testing.T) {
	var log Log
	if got := log.tail(); !strings.Contains(got, "nothing") {
		t.Errorf("an empty log is told as %q", got)
	}
	for range keptBytes / 2 {
		for _, part := range []string{"old\nne", "w\n"} {
			if _, err := log.Write([]byte(part)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := log.Write([]byte("unfinished")); err != nil {
		t.Fatal(err)
	}
	if n := len(log.text); n > 2*keptBytes {
		t.Errorf("%d bytes are kept, want at most %d", n, 2*keptBytes)
	}
	got := log.tail()
	if n := strings.Count(got, "\n"); n != shownLines {
		t.Errorf("%d lines are shown, want %d", n, shownLines)
	}
	if !strings.HasSuffix(got, "new\n    unfinished") {
		t.Errorf("the end is %q", got[len(got)-40:])
	}
}
