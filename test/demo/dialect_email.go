package main

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
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

// links counts those of the HTML part, and what clients make links of by themselves in a
// quotation, by the rules of all messages.
func (emailDialect) links(post messengertest.Post) int {
	raw := decode[struct{ HTML, Plain string }](post)
	n := strings.Count(raw.HTML, "<a href=")
	for line := range strings.SplitSeq(raw.Plain, "\n") {
		quoted, isQuoted := strings.CutPrefix(line, "> ")
		if !isQuoted {
			continue
		}
		for _, spans := range message.English.Quotation(quoted, len(quoted), message.CountRunes) {
			for _, span := range spans {
				if span.Address {
					n++
				}
			}
		}
	}
	return n
}

func (emailDialect) notice(post messengertest.Post) string { return post.Text }
