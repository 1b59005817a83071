package main

import "github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"

// workflowDialect is an Adaptive Card without what a bot's notifications show. What follows the
// first card of a request says what is new.
type workflowDialect struct{ teamsDialect }

func (d workflowDialect) lines(want expectation) []string {
	return unquoted(append([]string{want.title, want.status(), "User: " + want.user}, said(want.votes)...))
}

func (workflowDialect) thread(expectation) []string { return nil }

// notice begins with the heading of the card.
func (workflowDialect) notice(post messengertest.Post) string { return post.Text }
