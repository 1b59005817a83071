package slack

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// fallbackText is the message as notifications and screen readers present it:
// every fact on a line, the most important one first.
func fallbackText(m message.Message) string {
	lines := []string{message.Mark(m.State) + " " + title(m) + ": " + status(m)}
	lines = append(lines, factLines(m.Fields)...)
	if reason := markup.Quotation(m.StatusReason, maxTextDecision); reason != "" {
		lines = append(lines, message.LabelStatusReason+":", reason)
	}
	lines = append(lines, reviewLines(m.Reviews)...)
	if text := link(m.URL, m.LinkLabel()); text != "" {
		lines = append(lines, text)
	}
	if text := message.CommandLines(m.Commands, codeOf); text != "" {
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n")
}

func factLines(fields []message.Field) []string {
	var lines []string
	hidden := 0
	for i, field := range fields {
		if i == maxFacts {
			hidden = len(fields) - i
			break
		}
		if value := factText(field); value != "" {
			lines = append(lines, words(field.Label, message.NoLabel, maxLabel)+":"+value)
		}
	}
	return message.CutItems(lines, hidden, maxTextFacts, "\n", count)
}

// factText is what follows a fact's label and colon.
func factText(field message.Field) string {
	var text string
	switch {
	case !field.Time.IsZero():
		text = date(field.Time)
	case len(field.Items) > 0 || field.More > 0:
		text = markup.List(field, maxTextList, "", ", ")
	case field.Own:
		text = words(field.Text, "", maxValue)
	case field.Long:
		if text = markup.Quotation(field.Text, maxTextLong); text != "" {
			return "\n" + text
		}
	default:
		text = markup.Value(field.Text, maxValue)
	}
	if text == "" {
		return ""
	}
	return " " + text
}

func reviewLines(reviews []message.Review) []string {
	var lines []string
	shown := message.Latest(reviews, maxTextReviews)
	if hidden := len(reviews) - len(shown); hidden > 0 {
		lines = append(lines, message.Earlier(hidden))
	}
	for _, r := range shown {
		lines = append(lines, reviewText(r, maxTextReason))
	}
	return lines
}

// replyText is a review as notifications and screen readers present it.
func replyText(r message.Review) string { return reviewText(r, maxTextLong) }

func reviewText(r message.Review, limit int) string {
	text := markup.By(r, maxAuthor)
	if reason := markup.Quotation(message.CleanLine(r.Reason), limit); reason != "" {
		text += "\n" + reason
	}
	return text
}

func title(m message.Message) string { return words(m.Title, message.NoTitle, maxHeader) }

func status(m message.Message) string { return words(m.Status, message.NoStatus, maxValue) }

// plainText is the shortest message that still says what happened. It holds
// nothing that a requester typed.
func plainText(m message.Message) string {
	lines := []string{title(m), status(m)}
	if text := link(m.URL, ""); text != "" {
		lines = append(lines, text)
	} else if id := words(m.RequestID, "", maxID); id != "" {
		lines = append(lines, message.LabelRequest+" "+id)
	}
	return strings.Join(lines, "\n")
}
