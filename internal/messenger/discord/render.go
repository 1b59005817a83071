package discord

import (
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// content is what a message shows, in the form in which it is sent.
type content struct {
	Content string  `json:"content"`
	Embeds  []embed `json:"embeds"`
	// AllowedMentions goes with every post and every edit: without it Discord
	// reads mentions anew.
	AllowedMentions allowedMentions `json:"allowed_mentions"`
}

type allowedMentions struct {
	Parse []string `json:"parse"`
}

type embed struct {
	Title       string  `json:"title"`
	URL         string  `json:"url,omitempty"`
	Description string  `json:"description"`
	Colour      int     `json:"color"`
	Fields      []field `json:"fields,omitempty"`
	Footer      footer  `json:"footer,omitzero"`
}

type field struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline,omitempty"`
}

type footer struct {
	Text string `json:"text"`
}

// render renders a message that was, or will be, posted with the key. No embeds
// at all remove those that a message had.
func render(m message.Message, key string) content {
	shown := content{Embeds: []embed{}, AllowedMentions: allowedMentions{Parse: []string{}}}
	if m.Plain {
		shown.Content = plainText(m, key)
		return shown
	}
	shown.Content = headline(m)
	shown.Embeds = append(shown.Embeds, newEmbed(m, key))
	return shown
}

// headline is the text of a notification. It names no state, which an edit
// would change without notifying any reader.
func headline(m message.Message) string {
	line := title(m)
	if user := markup.Value(m.Requester(), maxValue); user != "" {
		line += message.FromWords + user
	}
	return line
}

func title(m message.Message) string { return words(m.Title, message.NoTitle, maxTitle) }

func status(m message.Message) string { return words(m.Status, message.NoStatus, maxStatus) }

// plainText is the shortest message that still says what happened. It holds
// nothing that a requester typed.
func plainText(m message.Message, key string) string {
	lines := []string{title(m), status(m)}
	if address := link(m.URL); address != "" {
		// The brackets keep Discord from fetching a preview.
		lines = append(lines, angle(address))
	}
	if text := smallPrint(m.RequestID, key); text != "" {
		lines = append(lines, escape(text))
	}
	return strings.Join(lines, "\n")
}

func newEmbed(m message.Message, key string) embed {
	e := embed{
		Title:       message.Mark(m.State) + " " + title(m),
		URL:         link(m.URL),
		Description: "**" + status(m) + "**",
		Colour:      colour(m.State),
		Fields:      facts(m.Fields),
		Footer:      footer{Text: smallPrint(m.RequestID, key)},
	}
	e.add(message.LabelStatusReason, markup.Quotation(m.StatusReason, maxDecision))
	e.add(message.LabelReviews, reviewLines(m.Reviews))
	e.add(message.LabelCommands, message.CommandLines(m.Commands, codeOf))
	return e
}

// add adds a field with a line of its own; none if it is empty.
func (e *embed) add(name, value string) {
	if value != "" {
		e.Fields = append(e.Fields, field{Name: name, Value: value})
	}
}

// refMark stands before the key of a message in its small print.
const refMark = message.LabelRef + " "

// smallPrint is the last line of a message. Discord reads no markup in a footer.
func smallPrint(requestID, key string) string {
	var parts []string
	if id := message.Cut(message.CleanLine(requestID), maxID, count); id != "" {
		parts = append(parts, message.LabelRequest+" "+id)
	}
	if key != "" {
		parts = append(parts, refMark+key)
	}
	return strings.Join(parts, " · ")
}

// reviewLines lists the latest reviews, which are the ones that decide.
func reviewLines(reviews []message.Review) string {
	var lines []string
	used := 0
	for _, r := range slices.Backward(reviews) {
		line := reviewLine(r)
		used += count(line) + 1
		if len(lines) == maxReviews || used > maxReviewsSum {
			break
		}
		lines = append(lines, line)
	}
	if hidden := len(reviews) - len(lines); hidden > 0 {
		lines = append(lines, message.Earlier(hidden))
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

func reviewLine(r message.Review) string {
	line := markup.By(r, maxAuthor) + ago(r.Time)
	if reason := markup.Quotation(message.CleanLine(r.Reason), maxReviewReason); reason != "" {
		line += "\n" + reason
	}
	return line
}

// codeOf returns a command unless it could end the code that it stands in, or
// mean something else there.
func codeOf(command string) string {
	if strings.ContainsAny(command, "`@<\\") {
		return ""
	}
	return command
}
