package status

import (
	"strings"
	"unicode"
)

// Printable makes text that another program words, such as a parser, fit for a status: it
// drops what does not show, and cuts what is longer than most characters.
func Printable(text string, most int) string {
	runes := []rune(strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return -1
	}, text))
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}
