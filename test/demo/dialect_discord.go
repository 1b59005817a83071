package main

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// discordDialect is an embed below a line of text. It has no threads.
type discordDialect struct{}

type discordRaw struct {
	Content string `json:"content"`
	Embeds  []struct {
		Title       string `json:"title"`
		URL         string `json:"url"`
		Description string `json:"description"`
		Fields      []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"fields"`
		Footer struct {
			Text string `json:"text"`
		} `json:"footer"`
	} `json:"embeds"`
}

// when is how the simulator shows a time in a text.
var when = regexp.MustCompile(` \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

func (discordDialect) text(post messengertest.Post) string {
	return when.ReplaceAllString(post.Text, "")
}

func (discordDialect) lines(want expectation) []string {
	lines := []string{want.emoji + " " + want.title, "**" + want.standing + "**"}
	for _, line := range want.typed() {
		lines = append(lines, strings.ReplaceAll(line, "@everyone", "\uFF20everyone"))
	}
	return append(lines, said(want.votes)...)
}

func (discordDialect) thread(expectation) []string { return nil }

// links counts addresses outside of code whose colon no backslash escapes, and the
// title's.
func (discordDialect) links(post messengertest.Post) int {
	inText := func(text string) int { return addresses(code.ReplaceAllString(text, "")) }
	raw := decode[discordRaw](post)
	n := inText(raw.Content)
	for _, e := range raw.Embeds {
		n += inText(e.Title) + addresses(e.URL) + inText(e.Description)
		for _, f := range e.Fields {
			n += inText(f.Name) + inText(f.Value)
		}
	}
	return n
}

func (discordDialect) notice(post messengertest.Post) string {
	raw := decode[discordRaw](post)
	var lines []string
	for _, e := range raw.Embeds {
		lines = append(lines, e.Title+": "+strings.Trim(e.Description, "*"))
		for _, f := range e.Fields {
			lines = append(lines, labelled(f.Name, plainDiscord(f.Value)))
		}
		lines = append(lines, e.URL)
	}
	if len(lines) == 0 {
		return post.Text
	}
	return strings.Join(lines, "\n")
}

var (
	discordTime   = regexp.MustCompile(`<t:(\d{1,12}):[a-zA-Z]>`)
	discordAgain  = regexp.MustCompile(` \(<t:\d{1,12}:R>\)`)
	discordEscape = regexp.MustCompile(`\\([!-/:-@\[-` + "`" + `{-~])`)
)

// plainDiscord shows times and escapes as a reader sees them.
func plainDiscord(text string) string {
	text = discordAgain.ReplaceAllString(text, "")
	text = discordTime.ReplaceAllStringFunc(text, func(markup string) string {
		// The expression lets through at most twelve digits.
		unix, _ := strconv.ParseInt(discordTime.FindStringSubmatch(markup)[1], 10, 64)
		return time.Unix(unix, 0).Local().Format("2006-01-02 15:04")
	})
	text = angle.ReplaceAllString(code.ReplaceAllString(text, "$1"), "$1")
	return discordEscape.ReplaceAllString(text, "$1")
}
