package main

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// teamsDialect is an Adaptive Card. What people typed over several lines is in a box, without
// signs of quotation.
type teamsDialect struct{}

type teamsRaw struct {
	Summary     string `json:"summary"`
	Attachments any    `json:"attachments"`
}

func (teamsDialect) text(post messengertest.Post) string { return post.Text }

func (teamsDialect) lines(want expectation) []string {
	lines := []string{want.title, want.status(), "Roles: " + want.role}
	if want.user != "" {
		lines = append(lines, "User: "+want.user)
	}
	return unquoted(append(append(lines, quoted(want.reason)...), said(want.votes)...))
}

// thread is that of a channel: chats have none.
func (teamsDialect) thread(want expectation) []string {
	if want.direct {
		return nil
	}
	return unquoted(replies(want.votes))
}

// unquoted are lines as they stand in a box.
func unquoted(lines []string) []string {
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(strings.TrimPrefix(line, "> "), "\n> ", "\n")
	}
	return lines
}

// notice begins with what Teams shows in notifications.
func (teamsDialect) notice(post messengertest.Post) string { return post.Text }

// links counts what opens a page.
func (teamsDialect) links(post messengertest.Post) int {
	return opening(decode[teamsRaw](post).Attachments)
}

func opening(value any) int {
	n := 0
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			n += opening(item)
		}
	case map[string]any:
		if v["type"] == "Action.OpenUrl" {
			n++
		}
		if text, _ := v["text"].(string); v["type"] == "TextBlock" {
			n += addresses(text)
		}
		for _, item := range v {
			n += opening(item)
		}
	}
	return n
}
