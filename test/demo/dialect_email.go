package main

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// emailDialect is a mail as a terminal shows it: people's words stand in quotation marks, or
// behind a mark of quotation.
type emailDialect struct{}

func (emailDialect) text(post messengertest.Post) string { return post.Text }

func (emailDialect) lines(want expectation) []string {
	lines := []string{want.emoji + " " + want.title + ": " + want.standing, "User: “" + want.user + "”"}
	for _, v := range want.votes {
		lines = append(lines, v.emoji+" "+v.did+" by “"+v.author+"”")
		if v.reason != "" {
			lines = append(lines, "> "+v.reason)
		}
	}
	return lines
}

func (emailDialect) thread(expectation) []string { return nil }

// links counts those of the HTML part, in which nothing that people typed is one.
func (emailDialect) links(post messengertest.Post) int {
	return strings.Count(decode[struct{ HTML string }](post).HTML, "<a href=")
}

func (emailDialect) notice(post messengertest.Post) string { return post.Text }
