package slack

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// escaper escapes what Slack reads as the beginning of markup, according to
// https://docs.slack.dev/messaging/formatting-message-text.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// lookAlikes replace the characters that format text. Slack has no way to
// escape them.
var lookAlikes = map[rune]rune{
	'*': '\u2217', // asterisk operator
	'_': '\uFF3F', // fullwidth low line
	'~': '\u223C', // tilde operator
	'`': '\u02CB', // modifier letter grave accent
	':': '\uA789', // modifier letter colon, against :emoji: and links
}

// typed makes one line of a text that somebody typed safe within mrkdwn: no
// mention, no link, no formatting. Formatting needs a word's boundary, so that
// a name such as "db_admin" stays as it is.
func typed(s string) string {
	runes := []rune(message.CleanLine(s))
	safe := slices.Clone(runes)
	for i, r := range runes {
		if replacement, ok := lookAlikes[r]; ok && formats(runes, i) {
			safe[i] = replacement
		}
	}
	return escaper.Replace(string(safe))
}

// formats reports whether the character at i could format its surroundings: a
// colon that is not part of a time or followed by a space, and any other that
// is not between two letters or digits.
func formats(runes []rune, i int) bool {
	if i == len(runes)-1 {
		return runes[i] != ':'
	}
	if runes[i] == ':' {
		return runes[i+1] != ' ' && !between(runes, i, unicode.IsDigit)
	}
	return !between(runes, i, isWord)
}

func between(runes []rune, i int, is func(rune) bool) bool {
	return i > 0 && is(runes[i-1]) && is(runes[i+1])
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// countTyped counts a clean text as typed will leave it. Look-alikes are as
// long as what they replace.
func countTyped(s string) int {
	return count(escaper.Replace(s))
}

// cutTyped cuts a text to one line of at most limit characters, and makes it
// safe within mrkdwn.
func cutTyped(s string, limit int) string {
	return typed(message.Cut(message.CleanLine(s), limit, countTyped))
}

// link returns a link to Teleport, or nothing if the URL is not one that can
// be shown.
func link(address, label string) string {
	address = message.PageURL(address, "<>|\"'`*")
	switch {
	case address == "":
		return ""
	case label == "":
		return "<" + escaper.Replace(address) + ">"
	default:
		return "<" + escaper.Replace(address) + "|" + label + ">"
	}
}

// date is a time that Slack shows in the reader's own time zone.
func date(t time.Time) string {
	return "<!date^" + strconv.FormatInt(t.Unix(), 10) + "^{date_short_pretty} {time}|" + message.UTC(t) + ">"
}
