package discord

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

const (
	// markup are the characters that can begin or end something in Discord's
	// markdown: emphasis, code, spoilers, masked links, mentions, custom emoji,
	// timestamps, quotes and headings. The colon and the slash belong to
	// ":emoji:", links and invitations.
	markup = "\\*_~`|<>[]:/#"
	// lineMarkup are those that do so at the beginning of a line.
	lineMarkup = "-+"
	// fullwidthAt stands in for the one "@" that no backslash can disarm.
	fullwidthAt = '\uFF20'
)

// escape makes a clean text safe where Discord reads markdown. A backslash
// before punctuation shows it as it is. Discord looks for "@everyone" and
// "@here" before it reads any markdown, so that those need another "@".
func escape(s string) string {
	var b strings.Builder
	// indent is true up to the first character of a line that is not a space,
	// number within the digits that a line begins with.
	indent, number := true, false
	for i, r := range s {
		switch {
		case strings.ContainsRune(markup, r),
			indent && strings.ContainsRune(lineMarkup, r),
			number && r == '.':
			b.WriteByte('\\')
		case r == '@' && mentionsAll(s[i+1:]):
			r = fullwidthAt
		}
		b.WriteRune(r)
		number = (indent || number) && '0' <= r && r <= '9'
		indent = r == '\n' || indent && r == ' '
	}
	return b.String()
}

func mentionsAll(name string) bool {
	return strings.HasPrefix(name, "everyone") || strings.HasPrefix(name, "here")
}

// countTyped counts a clean text as escape will leave it.
func countTyped(s string) int {
	return count(escape(s))
}

// typed cuts a text that somebody typed to one line of at most limit
// characters, and makes it safe.
func typed(s string, limit int) string {
	return escape(message.Cut(message.CleanLine(s), limit, countTyped))
}

// typedLines is typed for a text of several lines.
func typedLines(s string, limit int) string {
	return escape(message.Cut(message.CleanText(s), limit, countTyped))
}

// link returns the address of a page in Teleport, or nothing if it is not one
// that can be shown.
func link(address string) string {
	return message.PageURL(address, "<>|\"'`*()[]\\@")
}
