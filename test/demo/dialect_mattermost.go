package main

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// mattermostDialect is an attachment below a line of text. What people typed is
// in code.
type mattermostDialect struct{}

type mattermostRaw struct {
	Message string `json:"message"`
	Props   struct {
		Attachments []struct {
			Title     string `json:"title"`
			TitleLink string `json:"title_link"`
			Text      string `json:"text"`
			Fields    []struct {
				Title string `json:"title"`
				Value string `json:"value"`
			} `json:"fields"`
		} `json:"attachments"`
	} `json:"props"`
}

// mattermostDisarmed are the characters that would begin something outside of
// code, and what stands in for them.
var mattermostDisarmed = strings.NewReplacer(" @", " \uFF20", "<@", "<\uFF20", "`", "\u02CB")

func (mattermostDialect) text(post messengertest.Post) string { return post.Text }

func (mattermostDialect) lines(want expectation) []string {
	lines := []string{"**" + want.title + "** from " + want.user, want.emoji + " **" + want.standing + "**"}
	for _, line := range want.typed() {
		lines = append(lines, mattermostDisarmed.Replace(line))
	}
	return append(lines, said(want.votes)...)
}

func (mattermostDialect) thread(want expectation) []string { return replies(want.votes) }

// links counts addresses outside of code, and the title's.
func (mattermostDialect) links(post messengertest.Post) int {
	inText := func(text string) int { return addresses(code.ReplaceAllString(text, "")) }
	raw := decode[mattermostRaw](post)
	n := inText(raw.Message)
	for _, a := range raw.Props.Attachments {
		n += inText(a.Title) + addresses(a.TitleLink) + inText(a.Text)
		for _, f := range a.Fields {
			n += inText(f.Title) + inText(f.Value)
		}
	}
	return n
}

func (d mattermostDialect) notice(post messengertest.Post) string {
	raw := decode[mattermostRaw](post)
	if len(raw.Props.Attachments) == 0 {
		return d.text(post)
	}
	var lines []string
	for _, a := range raw.Props.Attachments {
		lines = append(lines, plainMattermost(raw.Message+": "+a.Text))
		for _, f := range a.Fields {
			lines = append(lines, labelled(f.Title, plainMattermost(f.Value)))
		}
		if a.TitleLink != "" {
			lines = append(lines, a.Title+" ("+a.TitleLink+")")
		}
	}
	return strings.Join(lines, "\n")
}

// plainMattermost shows addresses, code and bold words as a reader sees them.
func plainMattermost(text string) string {
	return strings.NewReplacer("`", "", "**", "").Replace(angle.ReplaceAllString(text, "$1"))
}
