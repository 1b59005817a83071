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
		slices.Equal(a.Fields, b.Fields)
}

// render returns the text and the attachments of a message.
func render(m message.Message) (text string, attachments []attachment) {
	if m.Plain {
		return plainText(m), nil
	}
	return headline(m), []attachment{box(m)}
}

// headline is what notifications and lists of threads show: what it is, where
// it stands, and the first fact, which tells whom it is about.
func headline(m message.Message) string {
	text := message.Mark(m.State) + " **" + title(m) + "**: " + status(m)
	if len(m.Fields) > 0 {
		if first := cutTyped(m.Fields[0].Text, maxValue); first != "" {
			text += " · " + first
		}
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
	a := attachment{
		Fallback: plainText(m),
		Color:    colour(m.State),
		Title:    title(m),
		Fields:   facts(m.Fields),
	}
	if address := webLink(m.URL); address != "" {
		a.Title, a.TitleLink = m.LinkLabel(), address
	}
	a.add(message.LabelStatusReason, cutTypedLines(m.StatusReason, maxDecision))
	a.add(message.LabelReviews, reviewLines(m.Reviews))
	a.add(message.LabelCommands, message.CommandLines(m.Commands, codeOf))
	a.add(message.LabelRequest, cutTyped(m.RequestID, maxID))
	return a
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
			return append(shown, field{Title: "Not shown", Value: message.AndMore(len(fields) - i)})
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
	case len(f.Items) > 0 && f.Long:
		return itemList(f.Items, min(maxLongList, room), "\n")
	case len(f.Items) > 0:
		return itemList(f.Items, min(maxList, room), ", ")
	case f.Long:
		return cutTypedLines(f.Text, min(maxLong, room))
	default:
		return cutTyped(f.Text, min(maxValue, room))
	}
}

// itemList makes each item a code span, which no item can imitate.
func itemList(items []string, limit int, separator string) string {
	spans := message.Shown(items, maxItems, func(item string) string { return cutTyped(item, maxItem) })
	return strings.Join(message.CutItems(spans, maxItems, limit, separator, count), separator)
}

func reviewLines(reviews []message.Review) string {
	var lines []string
	shown := message.Latest(reviews, maxReviews)
	if hidden := len(reviews) - len(shown); hidden > 0 {
		lines = append(lines, message.Earlier(hidden))
	}
	for _, r := range shown {
		line := verdict(r)
		if reason := cutTyped(r.Reason, maxReviewReason); reason != "" {
			line += ": " + reason
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// replyText is a review as a message of its own.
func replyText(r message.Review) string {
	text := verdict(r)
	if reason := cutTypedLines(r.Reason, maxLong); reason != "" {
		text += "\n" + reason
	}
	return text
}

func verdict(r message.Review) string {
	author := cutTyped(r.Author, maxAuthor)
	if author == "" {
		author = "somebody"
	}
	return message.Mark(r.State) + " " + r.Decision() + " by " + author
}

// codeOf returns a command unless it would look different: it would not do what
// a reader expects.
func codeOf(command string) string {
	if disarm(command) != command {
		return ""
	}
	return command
}
