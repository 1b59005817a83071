package slack

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// textLayout lays a message out for the top-level text.
func textLayout(m message.Message) message.Layout { return m.Layout(textMarkup, textLimits) }

// fallbackText is the message as notifications and screen readers present it:
// every fact on a line, the most important one first.
func fallbackText(m message.Message) string {
	l := textLayout(m)
	var reason string
	if l.StatusReason.Text != "" {
		reason = l.Heading(l.Word(message.LabelStatusReason)) + "\n" + l.StatusReason.Text
	}
	var address string
	if l.Address != "" {
		address = link(l)
	}
	return message.Lines(l.Emoji+" "+l.Labelled(l.Title, l.Status), l.Mentions, factLines(l), reason, l.Reviews, address, l.Commands)
}

func factLines(l message.Layout) string {
	var lines []string
	for _, fact := range l.Facts {
		if fact.Field.IsQuotation() {
			lines = append(lines, l.Heading(fact.Label)+"\n"+fact.Text)
		} else {
			lines = append(lines, l.Labelled(fact.Label, fact.Text))
		}
	}
	return strings.Join(l.Language.CutItems(lines, l.Hidden, maxTextFacts, "\n", count), "\n")
}

// replyText is a review as notifications and screen readers present it.
func replyText(r message.Review) string {
	return textMarkup.Review(r, textLimits.Author, textLimits.Long)
}
