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

// markup is how mrkdwn holds what people typed.
var markup = message.Markup{
	Count: count, Code: code, Text: code, Link: angle, Mark: "&gt; ", MaxItems: maxItems, MaxItem: maxItem,
}

// code writes a line as code, in which Slack reads no formatting, no :emoji: and
// no links once the line is escaped.
func code(line string) string {
	return "`" + escaper.Replace(strings.ReplaceAll(line, "`", graveLookAlike)) + "`"
}

// angle writes an address that Slack makes a link of, and shows as it is.
func angle(address string) string {
	return "<" + escaper.Replace(address) + ">"
}

// words cuts our own words to one line of at most limit characters. Without the
// characters that format text they are the same in mrkdwn.
func words(s, otherwise string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("*_~`", r) {
			return -1
		}
		return r
	}, message.CleanLine(s))
	escaped := func(s string) int { return count(escaper.Replace(s)) }
	return escaper.Replace(message.Cut(message.CleanLineOr(s, otherwise), limit, escaped))
}

// link returns a link to Teleport, or nothing if the URL is not one that can
// be shown.
func link(address, label string) string {
	address = pageURL(address)
	switch {
	case address == "":
		return ""
	case label == "":
		return angle(address)
	default:
		return "<" + escaper.Replace(address) + "|" + label + ">"
	}
}

func pageURL(address string) string {
	return message.PageURL(address, "<>|\"'`*")
}

// date is a time that Slack shows in the reader's own time zone.
func date(t time.Time) string {
	return "<!date^" + strconv.FormatInt(t.Unix(), 10) + "^{date_short_pretty} {time}|" + message.UTC(t) + ">"
}
