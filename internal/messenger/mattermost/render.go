package mattermost

import (
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// attachment is the box below a message.
type attachment struct {
	Fallback  string   `json:"fallback"`
	Color     string   `json:"color"`
	Title     string   `json:"title"`
	TitleLink string   `json:"title_link,omitempty"`
	Text      string   `json:"text,omitempty"`
	Fields    []field  `json:"fields"`
	Actions   []action `json:"actions,omitempty"`
}

// field is a fact in an attachment; short ones share a line.
type field struct {
	Title string `json:"title"`
	Value string `json:"value"`
	Short bool   `json:"short"`
}

func (a attachment) equal(b attachment) bool {
	return a.Fallback == b.Fallback && a.Color == b.Color && a.Title == b.Title && a.TitleLink == b.TitleLink &&
		a.Text == b.Text && slices.Equal(a.Fields, b.Fields) && slices.EqualFunc(a.Actions, b.Actions, action.equal)
}

// layout lays a message out for Mattermost.
func layout(m message.Message) message.Layout { return m.Layout(markup, limits) }

// render returns the text and the attachments of a message.
func (m *Mattermost) render(msg message.Message) (text string, attachments []attachment) {
	l := layout(msg)
	if msg.Plain {
		return l.Plain(), nil
	}
	shown := box(msg, l)
	shown.Actions = m.actions(l)
	return headline(l), []attachment{shown}
}

// headline is what notifications and lists of threads show. It names no state, and
// stays the same for as long as there is the message: where the server has a time
// limit for edits (PostEditTimeLimit), the text of an older post cannot be changed
// any more, and a state in it would become untrue. The attachments can be changed at
// any time, so that they hold the state.
func headline(l message.Layout) string {
	return message.Lines(l.Headline("**"+l.Title+"**"), l.Mentions)
}

// box holds everything but the headline.
func box(m message.Message, l message.Layout) attachment {
	a := smallBox(m, l)
	for _, fact := range l.Facts {
		a.Fields = append(a.Fields, field{Title: fact.Label, Value: fact.Text, Short: !fact.Field.Long})
	}
	a.add(l.Word(message.LabelMore), l.More)
	if l.Address != "" {
		a.Title, a.TitleLink = l.LinkLabel, l.Address
	}
	a.add(l.Word(message.LabelStatusReason), l.StatusReason.Text)
	a.add(l.Word(message.LabelReviews), l.Reviews)
	a.add(l.Word(message.LabelCommands), l.Commands)
	a.add(l.Word(message.LabelRequest), markup.Value(l.ID, limits.ID))
	return a
}

// smallBox holds the state, and nothing that a requester typed.
func smallBox(m message.Message, l message.Layout) attachment {
	return attachment{
		Fallback: l.Plain(),
		Color:    colour(m.State),
		Title:    l.Title,
		Text:     l.Emoji + " **" + l.Status + "**",
		Fields:   []field{},
	}
}

// colour marks the edge of the attachment by the state.
func colour(state accessrequest.State) string {
	switch state {
	case accessrequest.Pending:
		return "#dbab09"
	case accessrequest.Approved, accessrequest.Promoted:
		return "#2da44e"
	case accessrequest.Denied:
		return "#cf222e"
	default:
		return "#8c959f"
	}
}

// add adds a fact with a line of its own, unless it is empty.
func (a *attachment) add(name, value string) {
	if value != "" {
		a.Fields = append(a.Fields, field{Title: name, Value: value})
	}
}
