package pigeon

import (
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

var count message.Count = message.CountUTF16

// markup is a line of code for what people typed, and nothing for what is ours.
var markup = message.Markup{
	Count: count, Words: words, Code: code, Text: code, Link: angle, Quote: "&gt; ",
	Separator: ", ", LongSeparator: ", ",
	Time: func(_ time.Time, words string) string { return words }, Command: command, Page: angle, Breaking: "<>|\"'`*",
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
	lines := []string{l.Emoji + " " + l.Labelled(l.Title, l.Status)}
	for _, fact := range l.Facts {
		if fact.Field.IsQuotation() {
			lines = append(lines, l.Heading(fact.Label), fact.Text)
		} else {
			lines = append(lines, l.Labelled(fact.Label, fact.Text))
		}
	}
	lines = append(lines, l.More)
	if l.StatusReason.Text != "" {
		lines = append(lines, l.Heading(l.Word(message.LabelStatusReason)), l.StatusReason.Text)
	}
	lines = append(lines, l.Reviews, l.Page, l.Commands)
	if l.ID != "" {
		lines = append(lines, l.Word(message.LabelRequest)+" "+code(l.ID))
	}
	return message.Lines(lines...)
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func code(line string) string {
	return "`" + escaper.Replace(strings.ReplaceAll(line, "`", "\u02CB")) + "`"
}

func angle(address string) string { return "<" + escaper.Replace(address) + ">" }

func words(line string) string {
	return escaper.Replace(message.CleanLine(strings.NewReplacer("*", "", "_", "", "~", "", "`", "").Replace(line)))
}

func command(command string) string {
	if strings.Contains(command, "`") {
		return ""
	}
	return escaper.Replace(command)
}
