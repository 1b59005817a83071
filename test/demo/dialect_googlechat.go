package main

import (
	"html"
	"regexp"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// googleDialect is a card below a line of text. What people typed is in italics.
type googleDialect struct{}

type googleRaw struct {
	Text  string `json:"text"`
	Cards []struct {
		Card struct {
			Header struct {
				Title string `json:"title"`
			} `json:"header"`
			Sections []struct {
				Widgets []googleWidget `json:"widgets"`
			} `json:"sections"`
		} `json:"card"`
	} `json:"cardsV2"`
}

type googleWidget struct {
	DecoratedText struct {
		TopLabel string `json:"topLabel"`
		Text     string `json:"text"`
	} `json:"decoratedText"`
	TextParagraph struct {
		Text string `json:"text"`
	} `json:"textParagraph"`
	ButtonList struct {
		Buttons []struct {
			Text    string `json:"text"`
			OnClick struct {
				OpenLink struct {
					URL string `json:"url"`
				} `json:"openLink"`
			} `json:"onClick"`
		} `json:"buttons"`
	} `json:"buttonList"`
}

// googleBar begins the lines of a quotation.
const googleBar = "│ "

func (googleDialect) text(post messengertest.Post) string { return post.Text }

func (googleDialect) lines(want expectation) []string {
	lines := []string{want.title + " from " + want.user, want.emoji + " " + want.standing}
	for _, line := range append(want.typed(), said(want.votes)...) {
		lines = append(lines, barred(line))
	}
	return lines
}

func (googleDialect) thread(want expectation) []string {
	begin := replies(want.votes)
	for i, text := range begin {
		begin[i] = strings.ReplaceAll(text, "\n> ", "\n"+googleBar)
	}
	return begin
}

// barred is a line that may be quoted.
func barred(line string) string {
	if rest, ok := strings.CutPrefix(line, "> "); ok {
		return googleBar + rest
	}
	return line
}

// googleHref is a link in a card, however it is written.
var googleHref = regexp.MustCompile(`(?i)<a\s[^>]*href`)

// links counts addresses in the text outside of code, and links and buttons of the card: it makes
// none of an address by itself.
func (googleDialect) links(post messengertest.Post) int {
	raw := decode[googleRaw](post)
	n := addresses(code.ReplaceAllString(raw.Text, ""))
	for _, each := range raw.Cards {
		for _, section := range each.Card.Sections {
			for _, w := range section.Widgets {
				n += len(googleHref.FindAllString(w.DecoratedText.Text+w.TextParagraph.Text, -1)) + len(w.ButtonList.Buttons)
			}
		}
	}
	return n
}

func (d googleDialect) notice(post messengertest.Post) string {
	raw := decode[googleRaw](post)
	if len(raw.Cards) == 0 {
		return d.text(post)
	}
	var lines []string
	for _, each := range raw.Cards {
		line := code.ReplaceAllString(raw.Text, "$1")
		if title := each.Card.Header.Title; title != "" {
			line += ": " + title
		}
		lines = append(lines, line)
		for _, section := range each.Card.Sections {
			for _, w := range section.Widgets {
				lines = append(lines, w.lines()...)
			}
		}
	}
	return strings.Join(lines, "\n")
}

func (w googleWidget) lines() (lines []string) {
	if w.DecoratedText.Text != "" {
		lines = append(lines, labelled(w.DecoratedText.TopLabel, plainGoogle(w.DecoratedText.Text)))
	}
	if w.TextParagraph.Text != "" {
		lines = append(lines, plainGoogle(w.TextParagraph.Text))
	}
	for _, b := range w.ButtonList.Buttons {
		lines = append(lines, b.Text+" ("+b.OnClick.OpenLink.URL+")")
	}
	return lines
}

var googleTag = regexp.MustCompile(`</?[a-z][^<>]*>`)

// plainGoogle shows a text of a card as a reader sees it.
func plainGoogle(text string) string {
	return strings.ReplaceAll(html.UnescapeString(googleTag.ReplaceAllString(text, "")), googleBar, "> ")
}
