package message

import (
	"strings"
	"unicode"
)

// plainMarks are those that begin no markup anywhere.
const plainMarks = " ,'-’、。："

// PlainWords writes a line of our own as words: letters, digits and a few marks, of which a dot
// is one within a number and a colon one before a space. Anything else is left out. It is a
// Markup's Words where a mark can begin markup.
func PlainWords(line string) string {
	runes := []rune(line)
	var kept strings.Builder
	for i, r := range runes {
		inside := i > 0 && i+1 < len(runes)
		dot := r == '.' && inside && unicode.IsDigit(runes[i-1]) && unicode.IsDigit(runes[i+1])
		colon := r == ':' && inside && unicode.IsLetter(runes[i-1]) && runes[i+1] == ' '
		if dot || colon || unicode.In(r, unicode.L, unicode.N, unicode.M) || strings.ContainsRune(plainMarks, r) {
			kept.WriteRune(r)
		}
	}
	return strings.TrimLeft(CleanLine(kept.String()), plainMarks)
}
