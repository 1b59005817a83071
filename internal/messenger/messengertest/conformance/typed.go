package conformance

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// short is what any place has room for, in bytes.
const short = 40

// FuzzTyped checks that nothing that people type is more than text, in any place of a message and
// of a reply. The simulator is the judge: it has parsers of its own for the service's markup, and
// says what would notify, what leads elsewhere, and what stands outside of code and quotations.
func FuzzTyped(f *testing.F, subject Subject) {
	all := places()
	texts := corpus("U0000000001")
	for i, name := range slices.Sorted(maps.Keys(texts)) {
		f.Add(texts[name], uint8(i))
	}
	for i, name := range slices.Sorted(maps.Keys(unseen)) {
		f.Add(unseen[name], uint8(i*3))
	}
	f.Fuzz(func(t *testing.T, text string, where uint8) {
		if strings.Contains(text, factBefore) || strings.Contains(text, factAfter) {
			return
		}
		b := inMemory(t, subject, messengertest.Options{})
		b.sim.AddUser(email, messengertest.Named(alice))
		switch at := int(where) % (len(all) + 2); at {
		case len(all):
			if len(text) < short {
				b.checkHarmlessReply(t, "reply", text)
			}
		case len(all) + 1:
			// An address in the place of the page's is the page's.
			if !strings.Contains(strings.ToLower(text), "https://") {
				b.checkHarmlessElsewhere(t, "text", text)
			}
		default:
			// What is longer may be cut.
			all[at].tight = true
			b.checkHarmless(t, all[at].name, all[at], text, false)
		}
	})
}
