package pigeon

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

var count message.Count = message.CountUTF16

// markup is a line of code for what people typed, and nothing for what is ours.
var markup = message.Markup{
	Count: count, Words: words, Code: code, Text: code, Link: angle, Quote: "&gt; ",
	Separator: ", ", LongSeparator: ", ",
	Time: message.UTC, Command: command, Page: angle, Breaking: "<>|\"'`*",
}

var limits = message.Limits{
	Title: 150, Status: 200, Label: 60, ID: 200, Facts: 20, FactsSum: 2500,
	Value: 200, Long: 800, List: 300, LongList: 300, Items: 25, Item: 200,
	Decision: 300, Reviews: 3, Author: 200, ReviewReason: 300,
}

// render places the parts of a message below each other.
func render(m message.Message) string {
	l := m.Layout(markup, limits)
	if m.Plain {
		return l.Plain()
	}
	lines := []string{l.Emoji + " " + l.Title + ": " + l.Status}
	for _, fact := range l.Facts {
		separator := ": "
		if fact.Field.IsQuotation() {
			separator = ":\n"
		}
		lines = append(lines, fact.Label+separator+fact.Text)
	}
	lines = append(lines, l.More)
	if l.StatusReason.Text != "" {
		lines = append(lines, message.LabelStatusReason+":", l.StatusReason.Text)
	}
	lines = append(lines, l.Reviews, l.Page, l.Commands)
	if l.ID != "" {
		lines = append(lines, message.LabelRequest+" "+code(l.ID))
	}
	return message.Lines(lines...)
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func code(line string) string {
	return "`" + escaper.Replace(strings.ReplaceAll(line, "`", "\u02CB")) + "`"
}

func angle(address string) string { return "<" + escaper.Replace(address) + ">" }

func words(s string, limit int) string {
	s = strings.NewReplacer("*", "", "_", "", "~", "", "`", "").Replace(message.CleanLine(s))
	return escaper.Replace(message.Cut(message.CleanLine(s), limit, func(s string) int { return count(escaper.Replace(s)) }))
}

func command(command string) string {
	if strings.Contains(command, "`") {
		return ""
	}
	return escaper.Replace(command)
}
