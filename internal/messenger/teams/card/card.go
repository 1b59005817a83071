// Package card makes Adaptive Cards of messages, for all that shows them in Microsoft Teams.
//
// Whatever people typed stands in a TextRun of a RichTextBlock, in which Teams reads no
// Markdown (https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features): one
// line of it in a font of its own, several lines in a box. The one TextBlock, in which
// Markdown and mentions are read, holds the names of whom a message mentions, and nothing else.
package card

import (
	"bytes"
	"encoding/json"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// ContentType is that of an attachment that holds a card.
const ContentType = "application/vnd.microsoft.card.adaptive"

const (
	schema = "http://adaptivecards.io/schemas/adaptive-card.json"
	// version is one that Teams and Workflows show; all that is used here came with 1.2
	// (https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference).
	version = "1.4"
)

// Card is an Adaptive Card.
type Card struct {
	Type    string    `json:"type"`
	Schema  string    `json:"$schema"`
	Version string    `json:"version"`
	Body    []element `json:"body"`
	Actions []action  `json:"actions,omitempty"`
	Teams   teams     `json:"msteams"`
}

// Attachment is a card as a part of a message.
type Attachment struct {
	ContentType string `json:"contentType"`
	Content     Card   `json:"content"`
}

// Attached returns the attachments of a message that is a card.
func Attached(c Card) []Attachment { return []Attachment{{ContentType: ContentType, Content: c}} }

// element is an element of a card.
type element struct {
	Type    string    `json:"type"`
	Style   string    `json:"style,omitempty"`
	Bleed   bool      `json:"bleed,omitempty"`
	Spacing string    `json:"spacing,omitempty"`
	Text    string    `json:"text,omitempty"`
	Wrap    bool      `json:"wrap,omitempty"`
	Inlines []run     `json:"inlines,omitempty"`
	Items   []element `json:"items,omitempty"`
}

// run is a part of a line. Teams reads no Markdown in it.
type run struct {
	Type         string  `json:"type"`
	Text         string  `json:"text"`
	Weight       string  `json:"weight,omitempty"`
	Size         string  `json:"size,omitempty"`
	FontType     string  `json:"fontType,omitempty"`
	IsSubtle     bool    `json:"isSubtle,omitempty"`
	SelectAction *action `json:"selectAction,omitempty"`
}

// action opens a page.
type action struct {
	Type  string `json:"type"`
	Title string `json:"title,omitempty"`
	URL   string `json:"url"`
}

func open(title, address string) action {
	return action{Type: "Action.OpenUrl", Title: title, URL: address}
}

// teams is what is for Teams alone.
type teams struct {
	Width    string   `json:"width,omitempty"`
	Entities []entity `json:"entities,omitempty"`
}

// Of returns the card of a message, which is small enough for whatever takes cards.
func Of(m message.Message) Card {
	if m.Plain {
		return plain(m)
	}
	return fitting(func(links bool) Card { return full(m, links) })
}

// Following returns the card of what has become of a request, for readers of a card from before.
func Following(m message.Message) Card {
	if m.Plain {
		return plain(m)
	}
	return fitting(func(links bool) Card { return news(m, links) })
}

// fitting makes a card with links, or without them where it would be too large: a link takes its
// address twice, and is not counted as such.
func fitting(with func(links bool) Card) Card {
	c := with(true)
	if encoded, err := Encode(c); err != nil || len(encoded) > maxBytes {
		c = with(false)
	}
	return c
}

// OfReview returns the card of a review, as a message of its own.
func OfReview(r message.Review) Card {
	p := page{links: true}
	p.text(markup.Reply(r, limits.Author, limits.Long))
	return p.card()
}

// Summary is what notifications show of a message, in which nothing is markup. It names no
// state, which an edit would change without notifying any reader.
func Summary(m message.Message) string {
	l := m.Layout(markup, limits)
	if m.Plain {
		return l.Title
	}
	return spoken(l.Headline(l.Title))
}

// full says all that there is to say.
func full(m message.Message, links bool) Card {
	l := m.Layout(markup, limits)
	p := page{links: links}
	p.body = append(p.body, heading(l, style(m.State)))
	p.mention(m.Mentions)
	for _, fact := range l.Facts {
		p.fact(l, fact.Label, fact.Text)
	}
	p.fact(l, l.Word(message.LabelMore), l.More)
	p.fact(l, l.Word(message.LabelStatusReason), l.StatusReason.Text)
	p.section(l, message.LabelReviews, l.Reviews)
	p.section(l, message.LabelCommands, commands(l.Commands))
	if l.Request != "" {
		p.add(line("Medium", small(l.Request)...))
	}
	p.link(l)
	return p.card()
}

// news says first what is new, and then as much of the rest as tells which request it is.
func news(m message.Message, links bool) Card {
	l := m.Layout(markup, followLimits)
	p := page{links: links}
	p.body = append(p.body, heading(l, style(m.State)))
	p.mention(m.Mentions)
	p.fact(l, l.Word(message.LabelStatusReason), l.StatusReason.Text)
	p.section(l, message.LabelReviews, l.Reviews)
	p.section(l, message.LabelCommands, commands(l.Commands))
	for _, fact := range l.Facts {
		p.fact(l, fact.Label, fact.Text)
	}
	if l.Request != "" {
		p.add(line("Medium", small(l.Request)...))
	}
	p.link(l)
	return p.card()
}

// plain says where a request stands, and nothing that people typed.
func plain(m message.Message) Card {
	l := m.Layout(markup, limits)
	p := page{}
	p.text(message.Lines(l.Title, l.Status))
	if l.Address == "" {
		p.text(l.Request)
	}
	p.mention(m.Mentions)
	p.link(l)
	return p.card()
}

// style is that of the heading. Teams has colours of its own for each, in its light and in its
// dark theme.
func style(state accessrequest.State) string {
	switch state {
	case accessrequest.Pending:
		return "warning"
	case accessrequest.Approved:
		return "good"
	case accessrequest.Denied:
		return "attention"
	case accessrequest.Promoted:
		return "accent"
	default:
		return "default"
	}
}

// Encode encodes what holds a card, in as few bytes as it takes.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
