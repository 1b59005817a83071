package email

import (
	"html"
	"regexp"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// breaking are what must not stand in an address.
const breaking = "<>|\"'`*()[]{}\\^ "

// plainMarkup sets apart what people typed by quotation marks, which it holds none of, and by a
// mark at the beginning of each line of several.
var plainMarkup = message.Markup{
	Count: message.CountRunes, Words: plainWords, Code: quoted, Text: same, Link: same, Quote: "> ",
	Separator: ", ", LongSeparator: "\n", Time: inWords, Command: plainCommand, Page: same, Breaking: breaking,
}

// htmlMarkup sets it apart by elements of its own.
var htmlMarkup = message.Markup{
	Count: countVisible, Words: htmlWords, Code: code, Text: typed, Link: typed, Quote: "&emsp;&emsp;",
	Separator: ", ", LongSeparator: "\n", Time: inWords, Command: htmlCommand, Page: html.EscapeString, Breaking: breaking,
}

// marks are those of quotation.
const marks = "“”"

var unquoted = strings.NewReplacer("“", `"`, "”", `"`)

var tag = regexp.MustCompile("<[^>]*>")

// countVisible counts what a reader sees, so that both parts of a mail are cut alike.
func countVisible(s string) int {
	return message.CountRunes(html.UnescapeString(tag.ReplaceAllString(s, "")))
}

func same(s string) string { return s }

func inWords(_ time.Time, words string) string { return words }

func quoted(line string) string { return "“" + unquoted.Replace(line) + "”" }

// plainWords are words of our own, which are not quoted.
func plainWords(line string) string {
	return strings.TrimLeft(message.CleanLine(unquoted.Replace(line)), "> ")
}

func htmlWords(line string) string { return html.EscapeString(plainWords(line)) }

func code(line string) string {
	return `<code style="font-family:` + mono + `">` + escaped(line) + `</code>`
}

func typed(part string) string { return "<i>" + escaped(part) + "</i>" }

func escaped(s string) string { return html.EscapeString(s) }

// plainCommand leaves out what would look different.
func plainCommand(command string) string {
	if message.CleanLine(command) != command || strings.ContainsAny(command, marks) {
		return ""
	}
	return "    " + command
}

func htmlCommand(command string) string {
	if plainCommand(command) == "" {
		return ""
	}
	return `<span style="font-family:` + mono + `">` + escaped(command) + `</span>`
}
