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
	if reason := cutTyped(m.StatusReason, maxTextDecision); reason != "" {
		lines = append(lines, message.LabelStatusReason+": "+reason)
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
	for i, field := range fields {
		if i == maxFacts {
			lines = append(lines, message.AndMore(len(fields)-i))
			break
		}
		if value := factText(field); value != "" {
			lines = append(lines, cutTyped(message.CleanLineOr(field.Label, message.NoLabel), maxLabel)+": "+value)
		}
	}
	return message.CutItems(lines, maxFacts+1, maxTextFacts, "\n", count)
}

func factText(field message.Field) string {
	switch {
	case !field.Time.IsZero():
		return date(field.Time)
	case len(field.Items) > 0:
		items := message.Shown(field.Items, maxItems, func(item string) string { return typed(cutItem(item)) })
		return strings.Join(message.CutItems(items, maxItems, maxTextList, ", ", count), ", ")
	case field.Long:
		return cutTyped(field.Text, maxTextLong)
	default:
		return cutTyped(field.Text, maxValue)
	}
}

func reviewLines(reviews []message.Review) []string {
	var lines []string
	for _, r := range message.Latest(reviews, maxReviews) {
		lines = append(lines, reviewLine(r, maxTextReason))
	}
	if hidden := len(reviews) - len(lines); hidden > 0 {
		lines = append([]string{message.Earlier(hidden)}, lines...)
	}
	return lines
}

func reviewLine(r message.Review, limit int) string {
	line := message.Mark(r.State) + " " + r.Decision() + " by " + cutTyped(message.CleanLineOr(r.Author, message.NoAuthor), maxAuthor)
	if reason := cutTyped(r.Reason, limit); reason != "" {
		line += ": " + reason
	}
	return line
}

// replyText is a review as notifications and screen readers present it.
func replyText(r message.Review) string {
	return reviewLine(r, maxLong)
}

func title(m message.Message) string {
	return cutTyped(message.CleanLineOr(m.Title, message.NoTitle), maxHeader)
}

func status(m message.Message) string {
	return cutTyped(message.CleanLineOr(m.Status, message.NoStatus), maxValue)
}

// plainText is the shortest message that still says what happened. It holds
// nothing that a requester typed.
func plainText(m message.Message) string {
	lines := []string{title(m), status(m)}
	if text := link(m.URL, ""); text != "" {
		lines = append(lines, text)
	} else if id := cutTyped(m.RequestID, maxID); id != "" {
		lines = append(lines, message.LabelRequest+" "+id)
	}
	return strings.Join(lines, "\n")
}
