// Package canary finds secrets, and what people typed, where they must not be.
//
// A canary is a value that is nowhere else. Whoever runs an operator gives it canaries for
// secrets and for the text of requesters, collects everything that the operator says, and searches
// it: a canary that is found was given away. It is found also when it was cut, encoded or escaped
// on its way.
package canary

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Kind says where a canary may be.
type Kind string

// The kinds of canaries.
const (
	// Secret may be nowhere but in Secrets of Kubernetes, files of the host, and calls of the
	// service that it lets in to.
	Secret Kind = "secret"
	// Text is what people typed: the content of messages shows it, and nothing else.
	Text Kind = "text"
)

// window is how many characters of a canary are enough to find it.
const window = 12

// Nest keeps canaries. The zero value has none. Its methods are safe for concurrent use.
type Nest struct {
	mu sync.RWMutex
	// traces are all forms of all canaries, by how they begin.
	traces map[string][]trace
}

// trace is a part of one form of a canary.
type trace struct {
	kind Kind
	name string
	form string
	// rest is what follows the window.
	rest string
}

// Add keeps a canary under a name, which is what findings call it. Of a value with parts that are
// no secret, only the others count; see parts. It fails for a value that cannot be searched for,
// because nothing in it is long enough to be there once only.
func (n *Nest) Add(kind Kind, name, value string) error {
	found := parts(value)
	if len(found) == 0 {
		return fmt.Errorf("%s %s has no part of at least %d characters to search for", kind, name, window)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.traces == nil {
		n.traces = map[string][]trace{}
	}
	for _, part := range found {
		for form, pieces := range forms(part) {
			for _, piece := range pieces {
				n.keep(trace{kind: kind, name: name, form: form}, strings.ToLower(piece))
			}
		}
	}
	return nil
}

// keep adds a piece of at least the window's length. The caller holds mu.
func (n *Nest) keep(t trace, piece string) {
	begin := piece[:window]
	t.rest = piece[window:]
	if !slices.ContainsFunc(n.traces[begin], func(known trace) bool { return known.name == t.name && known.rest == t.rest }) {
		n.traces[begin] = append(n.traces[begin], t)
	}
}

// Finding is a canary that was found.
type Finding struct {
	Kind Kind
	Name string
	// Form is what was done to it, and Around is a line of what stands there.
	Form, Around string
}

// String says all of it.
func (f Finding) String() string {
	return fmt.Sprintf("%s %s, %s, in: %s", f.Kind, f.Name, f.Form, f.Around)
}

// Found returns what canaries a text has, each once. Of the kinds only those are searched that
// are named, and all if none is.
func (n *Nest) Found(text string, kinds ...Kind) []Finding {
	n.mu.RLock()
	defer n.mu.RUnlock()
	var findings []Finding
	known := map[string]bool{}
	folded := strings.ToLower(text)
	for i := 0; i+window <= len(folded); i++ {
		for _, t := range n.traces[folded[i:i+window]] {
			wanted := len(kinds) == 0 || slices.Contains(kinds, t.kind)
			if !wanted || known[t.name] || !strings.HasPrefix(folded[i+window:], t.rest) {
				continue
			}
			known[t.name] = true
			findings = append(findings, Finding{t.kind, t.name, t.form, around(folded, i)})
		}
	}
	return findings
}

// around is a line of a text that shows what is at an offset.
func around(text string, at int) string {
	const shown = 100
	return fmt.Sprintf("%q", text[max(at-shown, 0):min(at+shown, len(text))])
}
