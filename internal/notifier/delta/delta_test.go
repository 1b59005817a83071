package delta_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/notifier/delta"
)

func record(i int) string {
	return fmt.Sprintf(`{"v":2,"own":{"in":"5f1c0c0e-8b9d-4e4c-9d5e-2f4f7a1f0e11","m":"slack"},"state":"PENDING","exp":%d,"acc":%d,`+
		`"req":{"user":"user-%d@example.com","roles":["editor"],"why":"ticket %d","at":"2026-11-28T10:00:%02dZ"},`+
		`"to":{"C0123456789":{"name":"access-requests","ref":"C0123456789/17957417%02d.627780","shown":"%016x"}}}`,
		1795741791+i, 1795781791+i, i, i*7, i%60, i%100, i*0x9e3779b97f4a7c1)
}

func TestATextThatIsLikeAnotherTakesLittle(t *testing.T) {
	base := delta.NewBase(record(0))
	for i := range 200 {
		text := record(i)
		short := base.Encode(text)
		if got, ok := delta.Decode(base.Text(), short); !ok || got != text {
			t.Fatalf("got %q, want %q", got, text)
		}
		if len(short) > len(text)/2 {
			t.Errorf("%d bytes of a text of %d", len(short), len(text))
		}
	}
}

func TestATextThatIsTooLongIsNoBase(t *testing.T) {
	if delta.NewBase(strings.Repeat("x", 1<<16)) != nil {
		t.Error("a place in it takes more than there is")
	}
	if delta.NewBase(strings.Repeat("x", 1<<16-1)) == nil {
		t.Error("there is no base")
	}
}

func FuzzEveryTextComesBack(f *testing.F) {
	f.Add(record(0), record(1))
	f.Add("", "x")
	f.Add("abcdefabcdef", "abcdefabcdefabcdef")
	f.Fuzz(func(t *testing.T, base, text string) {
		b := delta.NewBase(base)
		if b == nil {
			return
		}
		if got, ok := delta.Decode(base, b.Encode(text)); !ok || got != text {
			t.Errorf("got %q, want %q", got, text)
		}
		// What is none of Encode's must not panic.
		delta.Decode(base, text)
	})
}
