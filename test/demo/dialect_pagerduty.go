package main

import (
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// pagerDutyDialect is what an incident shows of its alert. What people typed is between quotation
// marks, or in lines that are quoted.
type pagerDutyDialect struct{}

func (pagerDutyDialect) text(post messengertest.Post) string { return post.Text }

func (pagerDutyDialect) lines(want expectation) []string {
	return []string{want.title + ": " + want.status(), "User: “" + want.user + "”"}
}

func (pagerDutyDialect) thread(expectation) []string { return nil }

// links counts those beside the alert, and what its page makes links of.
func (pagerDutyDialect) links(post messengertest.Post) int { return addresses(post.Text) }

func (pagerDutyDialect) notice(post messengertest.Post) string { return post.Text }
