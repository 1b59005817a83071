package googlechat

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// content is what a message shows, in the form in which it is sent.
type content struct {
	Text  string       `json:"text"`
	Cards []cardWithID `json:"cardsV2"`
}

type cardWithID struct {
	ID   string `json:"cardId"`
	Card card   `json:"card"`
}

type card struct {
	Header   *header   `json:"header,omitempty"`
	Sections []section `json:"sections"`
}

// cardID tells the cards of a message apart, of which there is one.
const cardID = "1"

// header is plain text.
type header struct {
	Title string `json:"title"`
}

type section struct {
	Widgets []widget `json:"widgets"`
}

// widget has one of its members.
type widget struct {
	DecoratedText *decoratedText `json:"decoratedText,omitempty"`
	TextParagraph *textParagraph `json:"textParagraph,omitempty"`
	ButtonList    *buttonList    `json:"buttonList,omitempty"`
}

// decoratedText is a text below a label, which is plain text.
type decoratedText struct {
	TopLabel string `json:"topLabel"`
	Text     string `json:"text"`
	WrapText bool   `json:"wrapText"`
}

type textParagraph struct {
	Text string `json:"text"`
}

type buttonList struct {
	Buttons []button `json:"buttons"`
}

type button struct {
	Text    string  `json:"text"`
	OnClick onClick `json:"onClick"`
}

type onClick struct {
	OpenLink openLink `json:"openLink"`
}

type openLink struct {
	URL string `json:"url"`
}

// render renders a message. The text names no state, which an edit would change without
// notifying any reader.
func render(m message.Message) content {
	line := m.Layout(textMarkup, limits)
	if m.Plain {
		return content{Text: line.Plain(), Cards: []cardWithID{}}
	}
	return content{
		Text:  message.Lines(line.Headline(line.Title), line.Mentions),
		Cards: []cardWithID{{ID: cardID, Card: newCard(m.Layout(cardMarkup, limits))}},
	}
}

// newCard holds everything but the headline.
func newCard(l message.Layout) card {
	var facts, outcome section
	for _, fact := range l.Facts {
		facts.add(fact.Label, fact.Text)
	}
	if l.More != "" {
		facts.Widgets = append(facts.Widgets, widget{TextParagraph: &textParagraph{Text: l.More}})
	}
	outcome.add(l.Word(message.LabelStatusReason), l.StatusReason.Text)
	outcome.add(l.Word(message.LabelReviews), l.Reviews)
	outcome.add(l.Word(message.LabelCommands), commandText(l.Commands))
	outcome.add(l.Word(message.LabelRequest), cardMarkup.Value(l.ID, limits.ID))
	if l.Address != "" {
		open := button{Text: l.LinkLabel, OnClick: onClick{OpenLink: openLink{URL: l.Address}}}
		outcome.Widgets = append(outcome.Widgets, widget{ButtonList: &buttonList{Buttons: []button{open}}})
	}
	c := card{Header: &header{Title: l.Emoji + " " + l.Status}}
	for _, s := range []section{facts, outcome} {
		// A section must have a widget.
		if len(s.Widgets) > 0 {
			c.Sections = append(c.Sections, s)
		}
	}
	if len(c.Sections) == 0 {
		return card{Sections: []section{{Widgets: []widget{{TextParagraph: &textParagraph{Text: c.Header.Title}}}}}}
	}
	return c
}

// add adds a text below a label, unless it is empty.
func (s *section) add(label, text string) {
	if text != "" {
		s.Widgets = append(s.Widgets, widget{DecoratedText: &decoratedText{TopLabel: label, Text: text, WrapText: true}})
	}
}

// commandText are commands without the marks of code, which a card does not know.
func commandText(lines string) string { return strings.ReplaceAll(lines, "`", "") }

// renderReply renders what a reviewer did as a text, and the reason, which may have several
// lines and links, as a card.
func renderReply(r message.Review) content {
	reason := ""
	if full := cardMarkup.Reply(r, limits.Author, limits.Long); r.Reason != "" {
		_, reason, _ = strings.Cut(full, "\n")
	}
	r.Reason = ""
	reply := content{Text: textMarkup.Reply(r, limits.Author, limits.Long), Cards: []cardWithID{}}
	if reason != "" {
		said := section{Widgets: []widget{{TextParagraph: &textParagraph{Text: reason}}}}
		reply.Cards = append(reply.Cards, cardWithID{ID: cardID, Card: card{Sections: []section{said}}})
	}
	return reply
}
