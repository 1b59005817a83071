package messenger

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Secrets are secrets by their names. However they are printed, logged or encoded, only the names
// are told, but for values that package fmt finds in unexported fields: there it asks no method.
type Secrets map[string]string

// Token returns the secrets of a bot that a token alone lets in.
func Token(token string) Secrets { return Secrets{SecretToken: token} }

// Trimmed returns a secret without the white space around it.
func (s Secrets) Trimmed(name string) string { return strings.TrimSpace(s[name]) }

// String implements fmt.Stringer.
func (s Secrets) String() string {
	return fmt.Sprintf("secrets %v", slices.Sorted(maps.Keys(s)))
}

// Format implements fmt.Formatter for all verbs but %w, which is for errors and refused by vet.
func (s Secrets) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// GoString implements fmt.GoStringer.
func (s Secrets) GoString() string { return s.String() }

// MarshalLog implements logr.Marshaler.
func (s Secrets) MarshalLog() any { return s.String() }

// MarshalJSON implements json.Marshaler, for loggers that encode what they are given.
func (s Secrets) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// quoteAll encodes texts so that others are encoded otherwise.
func quoteAll(texts ...string) string {
	var b strings.Builder
	for _, text := range texts {
		b.WriteString(strconv.Quote(text))
	}
	return b.String()
}

// quoteMap encodes texts by name so that others are encoded otherwise, also beside more texts.
func quoteMap(texts map[string]string) string {
	all := strconv.Itoa(len(texts))
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		all += quoteAll(name, texts[name])
	}
	return all
}
