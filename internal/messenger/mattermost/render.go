package mattermost

import (
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// attachment is the box below a message.
type attachment struct {
	Fallback  string  `json:"fallback"`
	Color     string  `json:"color"`
	Title     string  `json:"title"`
	TitleLink string  `json:"title_link,omitempty"`
	Text      string  `json:"text,omitempty"`
	Fields    []field `json:"fields"`
}

// field is a fact in an attachment; short ones share a line.
type field struct {
	Title string `json:"title"`
	Value string `json:"value"`
	Short bool   `json:"short"`
}

func (a attachment) equal(b attachment) bool {
	return a.Fallback == b.Fallback && a.Color == b.Color && a.Title == b.Title && a.TitleLink == b.TitleLink &&
		a.Text == b.Text && slices.Equal(a.Fields, b.Fields)
}

// render returns the text and the attachments of a message.
func render(m message.Message) (text string, attachments []attachment) {
	if m.Plain {
		return plainText(m), nil
	}
	return headline(m), []attachment{box(m)}
}

// headline is what notifications and lists of threads show. It names no state, and
// stays the same for as long as there is the message: where the server has a time
// limit for edits (PostEditTimeLimit), the text of an older post cannot be changed
// any more, and a state in it would become untrue. The attachments can be changed at
// any time, so that they hold the state.
func headline(m message.Message) string {
	text := "**" + title(m) + "**"
	if user := markup.Value(m.Requester(), maxValue); user != "" {
		text += message.FromWords + user
	}
	return text
}

func title(m message.Message) string { return words(m.Title, message.NoTitle, maxTitle) }

func status(m message.Message) string { return words(m.Status, message.NoStatus, maxStatus) }

// plainText is the shortest message that still says what happened. It holds
// nothing that a requester typed.
func plainText(m message.Message) string {
	lines := []string{title(m), status(m)}
	if address := webLink(m.URL); address != "" {
		lines = append(lines, address)
	} else if id := words(m.RequestID, "", maxID); id != "" {
		lines = append(lines, message.LabelRequest+" "+id)
	}
	return strings.Join(lines, "\n")
}

// box holds everything but the headline.
func box(m message.Message) attachment {
	a := smallBox(m)
	a.Fields = facts(m.Fields)
	if address := webLink(m.URL); address != "" {
		a.Title, a.TitleLink = m.LinkLabel(), address
	}
	a.add(message.LabelStatusReason, markup.Quotation(m.StatusReason, maxDecision))
	a.add(message.LabelReviews, reviewLines(m.Reviews))
	a.add(message.LabelCommands, message.CommandLines(m.Commands, codeOf))
	a.add(message.LabelRequest, markup.Value(m.RequestID, maxID))
	return a
}

// smallBox holds the state, and nothing that a requester typed.
func smallBox(m message.Message) attachment {
	return attachment{
		Fallback: plainText(m),
		Color:    colour(m.State),
		Title:    title(m),
		Text:     message.Mark(m.State) + " **" + status(m) + "**",
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

// facts renders the model's facts in their order, as far as there is room.
func facts(fields []message.Field) []field {
	shown := []field{}
	room := maxFacts
	for i, f := range fields {
		fact := field{Title: words(f.Label, message.NoLabel, maxLabel), Short: !f.Long}
		if i < maxFields {
			fact.Value = factValue(f, room-count(fact.Title))
		}
		switch {
		case fact.Value != "":
			room -= count(fact.Title) + count(fact.Value)
			shown = append(shown, fact)
		case i >= maxFields || !f.IsEmpty():
			return append(shown, field{Title: message.LabelMore, Value: message.AndMore(len(fields) - i)})
		}
	}
	return shown
}

// factValue returns a fact's value within the room that is left, or nothing.
func factValue(f message.Field, room int) string {
	switch {
	case !f.Time.IsZero():
		if text := message.UTC(f.Time); count(text) <= room {
			return text
		}
		return ""
	case len(f.Items) > 0 || f.More > 0:
		if f.Long {
			return markup.List(f, min(maxLongList, room), "", "\n")
		}
		return markup.List(f, min(maxList, room), "", ", ")
	case f.Own:
		return words(f.Text, "", min(maxValue, room))
	case f.Long:
		return markup.Quotation(f.Text, min(maxLong, room))
	default:
		return markup.Value(f.Text, min(maxValue, room))
	}
}

// reviewLines lists the latest reviews, which are the ones that decide. Each has
// one line for its reason.
func reviewLines(reviews []message.Review) string {
	var b strings.Builder
	shown := message.Latest(reviews, maxReviews)
	if hidden := len(reviews) - len(shown); hidden > 0 {
		b.WriteString(message.Earlier(hidden))
	}
	separator := "\n"
	for _, r := range shown {
		if b.Len() > 0 {
			b.WriteString(separator)
		}
		verdict, reason := markup.By(r, maxAuthor), markup.Quotation(message.CleanLine(r.Reason), maxReviewReason)
		b.WriteString(verdict)
		separator = "\n"
		if reason != "" {
			b.WriteString("\n" + reason)
			separator = paragraph
		}
	}
	return b.String()
}

// replyText is a review as a message of its own.
func replyText(r message.Review) string {
	text := markup.By(r, maxAuthor)
	if reason := markup.Quotation(r.Reason, maxLong); reason != "" {
		text += "\n" + reason
	}
	return text
}

// codeOf returns a command unless it would look different: it would not do what
// a reader expects.
func codeOf(command string) string {
	if disarm(command) != command {
		return ""
	}
	return command
}
