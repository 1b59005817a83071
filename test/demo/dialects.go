package main

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// dialect is how the messages of one service say what all services say.
type dialect interface {
	// text is what a reader sees, without what differs from run to run.
	text(post messengertest.Post) string
	// lines are the lines that text must have, each of them whole.
	lines(want expectation) []string
	// thread begins the messages in the thread, oldest first; none where the
	// service has no threads.
	thread(want expectation) []string
	// links counts what the service would make a link of.
	links(post messengertest.Post) int
	// notice is the message for a terminal; its first line sums it up.
	notice(post messengertest.Post) string
}

// said are the lines of a review.
func (v vote) said() []string {
	lines := []string{v.emoji + " " + v.did + " by " + v.author}
	if v.reason != "" {
		lines = append(lines, quoted(v.reason)...)
	}
	return lines
}

func said(votes []vote) []string {
	var lines []string
	for _, v := range votes {
		lines = append(lines, v.said()...)
	}
	return lines
}

// replies begin the messages in a thread, one for each review.
func replies(votes []vote) []string {
	var begin []string
	for _, v := range votes {
		begin = append(begin, strings.Join(v.said(), "\n"))
	}
	return begin
}

// decode reads a message as its service keeps it. What a service does not keep
// stays empty, and so do messages that are none of ours.
func decode[T any](post messengertest.Post) T {
	var raw T
	_ = json.Unmarshal(post.Raw, &raw)
	return raw
}

// labelled is a fact on a terminal: on one line, or below its label.
func labelled(label, value string) string {
	if strings.Contains(value, "\n") {
		return label + ":\n  " + strings.ReplaceAll(value, "\n", "\n  ")
	}
	return label + ": " + value
}

// code is a span of code, in which no service makes links.
var code = regexp.MustCompile("`([^`\n]+)`")

// angle is an address that is a link.
var angle = regexp.MustCompile(`<(https://[^\s<>]+)>`)

// address is what clients make links of by themselves.
var address = regexp.MustCompile(`https?://|www\.|mailto:`)

func addresses(text string) int {
	return len(address.FindAllString(text, -1))
}
