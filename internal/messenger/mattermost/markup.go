package mattermost

import (
	"slices"
	"strings"
	"unicode"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// graveLookAlike replaces the one character that could end a code span: the
// modifier letter grave accent.
const graveLookAlike = "\u02CB"

// lookAlikes replace what begins a mention of a person, a hashtag and a mention
// of a channel. A code span disarms them for readers and notifications, but the
// server's index of hashtags does not know code.
var lookAlikes = map[rune]rune{
	'@': '\uFF20', // fullwidth commercial at
	'#': '\uFF03', // fullwidth number sign
	'~': '\u223C', // tilde operator
}

// typed makes one line of a text that somebody typed safe: a code span, in
// which Mattermost reads no markup. Empty text stays empty.
func typed(s string) string {
	s = message.CleanLine(s)
	if s == "" {
		return ""
	}
	return "`" + disarm(s) + "`"
}

// disarm replaces what must not be within a code span, rune by rune.
func disarm(s string) string {
	runes := []rune(strings.ReplaceAll(s, "`", graveLookAlike))
	safe := slices.Clone(runes)
	for i, r := range runes {
		if replacement, ok := lookAlikes[r]; ok && begins(runes, i) {
			safe[i] = replacement
		}
	}
	return string(safe)
}

// begins reports whether the character at i stands at the beginning of a word,
// as Mattermost sees it. One that follows an ASCII letter or digit does not, so
// that e-mail addresses stay as they are.
func begins(runes []rune, i int) bool {
	if i > 0 && isASCIIWord(runes[i-1]) {
		return false
	}
	return i+1 < len(runes) && (unicode.IsLetter(runes[i+1]) || unicode.IsDigit(runes[i+1]))
}

func isASCIIWord(r rune) bool {
	return r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// typedLines is typed for a text of several lines: each is a code span.
func typedLines(s string) string {
	lines := strings.Split(message.CleanText(s), "\n")
	for i, line := range lines {
		lines[i] = typed(line)
	}
	return strings.Join(lines, "\n")
}

// countTyped counts a clean text as typed and typedLines will leave it. Every
// line gets two more characters.
func countTyped(s string) int {
	return count(s) + 2 + 2*strings.Count(s, "\n")
}

// cutTyped cuts a text to one line of at most limit characters, and makes it
// safe.
func cutTyped(s string, limit int) string {
	return typed(message.Cut(message.CleanLine(s), limit, countTyped))
}

// cutTypedLines is cutTyped for a text of several lines.
func cutTypedLines(s string, limit int) string {
	return typedLines(message.Cut(message.CleanText(s), limit, countTyped))
}

// words returns a text of our own as words: letters, digits and the few marks
// that begin no markup anywhere. Anything else is left out, and otherwise takes
// the place of a text of which nothing is left.
func words(s, otherwise string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.L, unicode.N, unicode.M) || strings.ContainsRune(" ,'-", r) {
			return r
		}
		return -1
	}, message.CleanLine(s))
	s = strings.TrimLeft(message.CleanLine(s), " ,'-")
	runes := []rune(s)
	s = strings.TrimSpace(string(runes[:min(len(runes), limit)]))
	if s == "" {
		return otherwise
	}
	return s
}

// webLink returns the URL of a page of Teleport, or nothing if it is not one
// that can be shown.
func webLink(address string) string {
	return message.PageURL(address, "<>|\"'`*@#~!()[]\\")
}
