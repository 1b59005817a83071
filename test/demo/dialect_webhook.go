package main

import (
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// webhookDialect is what a service desk would show of an event.
type webhookDialect struct{}

func (webhookDialect) text(post messengertest.Post) string { return post.Text }

func (webhookDialect) lines(want expectation) []string {
	lines := []string{want.title, "User: " + want.user, want.standing}
	for _, v := range want.votes {
		lines = append(lines, v.said()[0])
	}
	return lines
}

func (webhookDialect) thread(expectation) []string { return nil }

// links counts the page, and what of the reason is an address by the rules of all messages.
func (webhookDialect) links(post messengertest.Post) int {
	raw := decode[struct {
		URL   string
		Facts struct{ Reason string }
	}](post)
	n := addresses(raw.URL)
	for _, line := range message.English.Quotation(raw.Facts.Reason, len(raw.Facts.Reason), message.CountRunes) {
		for _, span := range line {
			if span.Address {
				n++
			}
		}
	}
	return n
}

func (webhookDialect) notice(post messengertest.Post) string { return post.Text }
