package slack

import (
	"strconv"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// escaper escapes what Slack reads as the beginning of markup, according to
// https://docs.slack.dev/messaging/formatting-message-text.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// graveLookAlike replaces the one character that could end code: the modifier
// letter grave accent.
const graveLookAlike = "\u02CB"

// textMarkup is how mrkdwn holds a message.
var textMarkup = message.Markup{
	Count: count, Words: words, Code: code, Text: code, Link: angle, Quote: "&gt; ",
	Separator: ", ", LongSeparator: ", ",
	Time: date, Command: codeOf, Page: angle, Breaking: breaking,
}

// markup is how the blocks hold it: what a person typed over several lines stands in
// rich text, and each item on a line.
var markup = inBlocks(textMarkup)

func inBlocks(m message.Markup) message.Markup {
	m.Structured, m.Bullet, m.Separator, m.LongSeparator = true, "• ", "\n", "\n"
	return m
}

// breaking are the characters that could end a link, or begin something within it.
const breaking = "<>|\"'`*"

// code writes a line as code, in which Slack reads no formatting, no :emoji: and
// no links once the line is escaped.
func code(line string) string {
	return "`" + escaper.Replace(strings.ReplaceAll(line, "`", graveLookAlike)) + "`"
}

// angle writes an address that Slack makes a link of, and shows as it is.
func angle(address string) string {
	return "<" + escaper.Replace(address) + ">"
}

// words writes our own words. Without the characters that format text they are the
// same in mrkdwn.
func words(line string) string {
	return escaper.Replace(message.CleanLine(strings.Map(func(r rune) rune {
		if strings.ContainsRune("*_~`", r) {
			return -1
		}
		return r
	}, line)))
}

// codeOf escapes a command for code, in which it must not end the code.
func codeOf(command string) string {
	if strings.Contains(command, "`") {
		return ""
	}
	return escaper.Replace(command)
}

// link is the link to the page in Teleport.
func link(l message.Layout) string {
	return "<" + escaper.Replace(l.Address) + "|" + l.LinkLabel + ">"
}

// date is a time that Slack shows in the reader's own time zone.
func date(t time.Time, words string) string {
	return "<!date^" + strconv.FormatInt(t.Unix(), 10) + "^{date_short_pretty} {time}|" + words + ">"
}
