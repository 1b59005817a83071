package discord

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

const (
	// special are the characters that can begin or end something in Discord's
	// markdown: emphasis, code, spoilers, masked links, mentions, custom emoji,
	// timestamps, quotes and headings. The colon and the slash belong to
	// ":emoji:", links and invitations.
	special = "\\*_~`|<>[]:/#"
	// lineSpecial are those that do so at the beginning of a line.
	lineSpecial = "-+"
	// fullwidthAt stands in for the one "@" that no backslash can disarm.
	fullwidthAt   = '\uFF20'
	fullwidthHash = '\uFF03'
	// graveLookAlike replaces the one character that could end code: the modifier
	// letter grave accent.
	graveLookAlike = '\u02CB'
)

// markup is how Discord's markdown holds a message.
var markup = message.Markup{
	Count: count, Words: escape, Code: code, Text: escape, Link: angle, Quote: "> ",
	Bullet: "• ", Separator: "\n", LongSeparator: "\n",
	Time: date, Ago: ago, Command: codeOf,
	// The brackets keep Discord from fetching a preview.
	Page: angle, Breaking: "<>|\"'`*()[]\\@",
}

// code writes a line as code, in which Discord reads no markdown. Mentions are
// looked for before that.
func code(line string) string {
	var b strings.Builder
	b.WriteByte('`')
	last := ' '
	for i, r := range line {
		typed := r
		switch {
		case r == '`':
			r = graveLookAlike
		case r == '@' && (last == '<' || mentionsAll(line[i+1:])):
			r = fullwidthAt
		case r == '#' && last == '<':
			r = fullwidthHash
		}
		b.WriteRune(r)
		last = typed
	}
	b.WriteByte('`')
	return b.String()
}

// angle writes an address that Discord makes a link of, without a preview.
func angle(address string) string {
	return "<" + address + ">"
}

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
		case strings.ContainsRune(special, r),
			indent && strings.ContainsRune(lineSpecial, r),
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

// codeOf returns a command unless it could end the code that it stands in, or
// mean something else there.
func codeOf(command string) string {
	if strings.ContainsAny(command, "`@<\\") {
		return ""
	}
	return command
}
