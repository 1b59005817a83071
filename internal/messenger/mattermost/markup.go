package mattermost

import (
	"regexp"
	"slices"
	"strings"
	"time"
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

// prose is a line of words and the punctuation between them, in which Mattermost finds
// none of its many kinds of markup: no mention, hashtag, link, emoji, list or heading, nor
// anything that begins or ends one. A full stop stands within numbers only, so that
// nothing looks like a host, and a colon before a space or within a time of day.
var prose = regexp.MustCompile(`^` + proseWord + `(?: (?:[-–—] )?` + proseWord + `)*$`)

const proseWord = `["'(]*(?:` +
	`\p{Nd}{1,2}:\p{Nd}{2}|` + // 22:00
	`\p{Nd}+(?:\.\p{Nd}+)+|` + // 1.2.3
	`[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:[-/'’][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)*` +
	`)[.,!?"')]*:?`

// notProse are what prose would let through: the first item of a list, and the one
// emoticon of letters only.
var notProse = regexp.MustCompile(`^\p{N}+[.)]|(?i:\bx-d\b)`)

// markup is how Mattermost's markdown holds a message.
var markup = message.Markup{
	Count: count, Words: message.PlainWords, Code: code, Text: quoted, Link: angle, Quote: "> ",
	// A line that follows a quotation at once would be a part of it.
	AfterQuotation: "\n",
	Separator:      ", ", LongSeparator: "\n",
	Time: func(_ time.Time, words string) string { return words }, Command: codeOf,
	Page: func(address string) string { return address }, Breaking: "<>|\"'`*@#~!()[]\\",
}

// code writes a line as code, in which Mattermost reads no markup.
func code(line string) string {
	return "`" + disarm(line) + "`"
}

// quoted writes a part of a quotation: as it was typed if it is prose, as code otherwise,
// in which Mattermost reads no markup.
func quoted(part string) string {
	if prose.MatchString(part) && !notProse.MatchString(part) {
		return part
	}
	return code(part)
}

// angle writes an address that Mattermost makes a link of.
func angle(address string) string {
	return "<" + address + ">"
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

// codeOf returns a command unless it would look different: it would not do what
// a reader expects.
func codeOf(command string) string {
	if disarm(command) != command {
		return ""
	}
	return command
}
