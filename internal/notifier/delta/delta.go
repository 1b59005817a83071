// Package delta keeps a text as what tells it from another one that is much like it. The records
// of requests that wait differ in who asks, in times and in messages.
package delta

import (
	"encoding/binary"
	"strings"
)

const (
	// shortest is how long a part is at least that is not repeated.
	shortest = 6
	// longest bounds a base, in bytes, so that 16 bits name a place in it.
	longest = 1<<16 - 1
	// slots is how many places of a base are found by what stands there.
	slots = 1 << 10
)

// Base is a text that others are like. Make one with NewBase.
type Base struct {
	text string
	// places are one more than where in text a part begins, by a sum of the part.
	places [slots]uint16
}

// NewBase returns a base, nil for a text that is too long to be one.
func NewBase(text string) *Base {
	if len(text) > longest {
		return nil
	}
	b := &Base{text: text}
	for at := len(text) - shortest; at >= 0; at-- {
		b.places[sum(text[at:])] = uint16(at + 1) //nolint:gosec // a base is no longer
	}
	return b
}

// Text returns what the base was made of.
func (b *Base) Text() string { return b.text }

// Encode returns what tells a text from the base: by turns how long a part is that the base does
// not have, that part, and where in the base the next part is and how long.
func (b *Base) Encode(text string) string {
	var out []byte
	own := 0
	for at := 0; at+shortest <= len(text); {
		from, n := b.find(text[at:])
		if n < shortest {
			at++
			continue
		}
		out = literal(out, text[own:at])
		out = binary.AppendUvarint(out, uint64(from)) //nolint:gosec // a place in the base
		out = binary.AppendUvarint(out, uint64(n))
		at += n
		own = at
	}
	return string(literal(out, text[own:]))
}

// find returns where in the base the start of a text is found, and how much of it.
func (b *Base) find(text string) (from, n int) {
	from = int(b.places[sum(text)]) - 1
	if from < 0 {
		return 0, 0
	}
	for n < len(text) && from+n < len(b.text) && text[n] == b.text[from+n] {
		n++
	}
	return from, n
}

func literal(out []byte, part string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(part))), part...)
}

// sum tells parts of the shortest length apart, mostly.
func sum(text string) int {
	const prime = 16777619
	h := uint32(2166136261)
	for i := range shortest {
		h = (h ^ uint32(text[i])) * prime
	}
	return int(h >> 22)
}

// Decode returns the text that Encode was given with the same base, false if delta is none of its.
func Decode(base, delta string) (text string, ok bool) {
	var out strings.Builder
	in := reader{rest: delta, ok: true}
	for {
		out.WriteString(in.take(in.number()))
		if !in.ok || in.rest == "" {
			return out.String(), in.ok
		}
		from, n := in.number(), in.number()
		if !in.ok || from > len(base) || n > len(base)-from {
			return "", false
		}
		out.WriteString(base[from : from+n])
	}
}

// reader reads a delta; ok is false once it has ended too soon.
type reader struct {
	rest string
	ok   bool
}

func (r *reader) number() int {
	// No number of a delta takes more than this.
	head := []byte(r.rest[:min(len(r.rest), binary.MaxVarintLen64)])
	v, n := binary.Uvarint(head)
	if n <= 0 || v > 1<<31 {
		r.ok = false
		return 0
	}
	r.rest = r.rest[n:]
	return int(v)
}

func (r *reader) take(n int) string {
	if n > len(r.rest) {
		r.ok = false
		return ""
	}
	part := r.rest[:n]
	r.rest = r.rest[n:]
	return part
}
