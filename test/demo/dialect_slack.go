package main

import (
	"regexp"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// slackDialect is the blocks of Slack, with a text before them.
type slackDialect struct{}

type slackRaw struct {
	Text   string `json:"text"`
	Blocks any    `json:"blocks"`
}

func (slackDialect) text(post messengertest.Post) string { return post.Text }

func (slackDialect) lines(want expectation) []string {
	return append(append([]string{want.title, want.status()}, want.typed()...), said(want.votes)...)
}

func (slackDialect) thread(want expectation) []string {
	if want.outcome == "" {
		return replies(want.votes)
	}
	return append(replies(want.votes[:max(len(want.votes)-1, 0)]), want.outcome)
}

// notice is the top-level text, which notifications and screen readers present.
// Post.Text has it before the blocks.
func (slackDialect) notice(post messengertest.Post) string {
	text := decode[slackRaw](post).Text
	if text == "" {
		return post.Text
	}
	lines := strings.Split(post.Text, "\n")
	n := min(strings.Count(text, "\n")+1, len(lines))
	return strings.Join(lines[:n], "\n")
}

// slackLink is what Slack makes a link of in a text that it reads as mrkdwn.
var slackLink = regexp.MustCompile(`<(?:https?|mailto):[^<>]*>`)

// links counts the links in the blocks.
func (slackDialect) links(post messengertest.Post) int {
	return slackLinksIn(decode[slackRaw](post).Blocks)
}

func slackLinksIn(value any) int {
	n := 0
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			n += slackLinksIn(item)
		}
	case map[string]any:
		text, _ := v["text"].(string)
		switch v["type"] {
		case "mrkdwn":
			n += len(slackLink.FindAllString(code.ReplaceAllString(text, ""), -1))
		case "link":
			n++
		}
		for _, item := range v {
			n += slackLinksIn(item)
		}
	}
	return n
}
