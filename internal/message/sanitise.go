package message

import (
	"strings"
	"unicode"
)

const (
	// maxMarks is how many combining marks may follow one character. Living
	// scripts need at most three; stacks of dozens paint over the lines above.
	maxMarks = 4
	// maxNewlines keeps paragraphs apart, but keeps a requester from pushing
	// the rest of a message out of sight.
	maxNewlines = 2
)

// invisible are the characters that a reader cannot see, or that change how
// others are shown: controls, bidirectional overrides and isolates, zero-width
// characters and fillers.
var invisible = []*unicode.RangeTable{
	unicode.Cc,
	unicode.Cf,
	unicode.Co,
	unicode.Cs,
	unicode.Other_Default_Ignorable_Code_Point,
	unicode.Variation_Selector,
	unicode.Noncharacter_Code_Point,
}

// brailleBlank is a symbol by its category, and blank on every screen.
const brailleBlank = '\u2800'

// CleanText makes a text that a person typed safe to show over several lines.
// Line ends become "\n", at most one empty line stays between paragraphs, every
// kind of space becomes a plain one, invisible characters are dropped unless the
// writing needs them, and invalid UTF-8 becomes U+FFFD. It knows nothing of any service's markup.
func CleanText(s string) string {
	var lines []string
	for line := range strings.SplitSeq(cleanRunes(s), "\n") {
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return collapseNewlines(strings.Trim(strings.Join(lines, "\n"), "\n"))
}

// CleanLine is CleanText for a value that must stay on one line: every run of
// white space becomes one space.
func CleanLine(s string) string {
	return strings.Join(strings.Fields(cleanRunes(s)), " ")
}

// CleanLineOr is CleanLine, or otherwise if nothing is left of the value.
func CleanLineOr(s, otherwise string) string {
	if s = CleanLine(s); s != "" {
		return s
	}
	return otherwise
}

// cleanLines cleans each item, and drops those of which nothing is left.
func cleanLines(items []string) []string {
	var clean []string
	for _, item := range items {
		if line := CleanLine(item); line != "" {
			clean = append(clean, line)
		}
	}
	return clean
}

func cleanRunes(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	kept := make([]rune, 0, len(s))
	marks := 0
	// Ranging over a string yields U+FFFD for invalid UTF-8.
	for _, r := range s {
		r = cleanRune(r)
		if r < 0 {
			continue
		}
		switch {
		case isSometimesNeeded(r):
		case r > unicode.MaxASCII && unicode.In(r, unicode.Mn, unicode.Me):
			marks++
		default:
			marks = 0
		}
		if marks <= maxMarks || isSometimesNeeded(r) {
			kept = append(kept, r)
		}
	}
	return string(dropNeedless(kept))
}

// cleanRune returns what to show for r, or -1 for nothing.
func cleanRune(r rune) rune {
	switch {
	case ' ' <= r && r <= '~':
		return r
	case r == '\n', r == '\r', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029':
		return '\n'
	case unicode.IsSpace(r), r == brailleBlank:
		return ' '
	case isSometimesNeeded(r):
		return r
	case unicode.In(r, invisible...):
		return -1
	default:
		return r
	}
}

func collapseNewlines(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	newlines := 0
	for _, r := range s {
		if r == '\n' {
			newlines++
		} else {
			newlines = 0
		}
		if newlines <= maxNewlines {
			b.WriteRune(r)
		}
	}
	return b.String()
}
