package googlechat

import (
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

const (
	// graveLookAlike replaces the one character that could end code in a text: the modifier
	// letter grave accent.
	graveLookAlike = "\u02CB"
	// fullwidthLess replaces what begins a mention or a link in a text. Google does not say
	// whether it looks for these in code.
	fullwidthLess = "\uFF1C"
	// bar begins each line of a quotation in a card.
	bar = "│ "
)

// breaking are the characters that an address does not have where it stands in a text.
const breaking = "<>|\"'`*~()[]\\"

// textMarkup is how the text of a message holds words and names. It means the same in both of
// the markups that an app can be configured with, Google Chat's and Markdown, where all else
// differs (https://developers.google.com/workspace/chat/format-messages).
var textMarkup = message.Markup{
	Count: count, Words: message.PlainWords, Code: code, Text: code, Link: code,
	Separator: ", ", LongSeparator: ", ",
	Time:    func(_ time.Time, words string) string { return words },
	Command: func(string) string { return "" },
	Page:    func(address string) string { return "<" + address + ">" }, Breaking: breaking,
}

// cardMarkup is how the texts of a card hold a message, in the part of HTML that they know
// (https://developers.google.com/workspace/chat/format-messages#card-formatting). They mention
// no person.
var cardMarkup = message.Markup{
	Count: count, Words: message.PlainWords, Code: typed, Text: typed, Link: link, Quote: bar,
	Bullet: "• ", Separator: "\n", LongSeparator: "\n",
	Time:    func(_ time.Time, words string) string { return escape(words) },
	Command: command,
	Page:    func(address string) string { return address }, Breaking: breaking,
}

// code writes a line as code, in which a text has no markup.
func code(line string) string {
	return "`" + strings.NewReplacer("`", graveLookAlike, "<", fullwidthLess).Replace(line) + "`"
}

// typed writes what people typed into a card.
func typed(text string) string { return "<i>" + escape(text) + "</i>" }

// link writes an address that shows where it leads.
func link(address string) string {
	return `<a href="` + escape(address) + `">` + escape(address) + `</a>`
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// escape makes a text safe where a card reads HTML.
func escape(text string) string { return escaper.Replace(text) }

// command returns a command unless it has to be written otherwise than it is typed.
func command(line string) string {
	if escape(line) != line || strings.Contains(line, "`") {
		return ""
	}
	return line
}
