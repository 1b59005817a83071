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
	// Components are the buttons.
	Components []row `json:"components"`
	// AllowedMentions goes with every post and every edit: without it Discord
	// reads mentions anew.
	AllowedMentions allowedMentions `json:"allowed_mentions"`
}

// allowedMentions are whom the content may mention: the users that are named, and no others.
type allowedMentions struct {
	Parse []string `json:"parse"`
	Users []string `json:"users,omitempty"`
}

// mention is how Discord writes that a message is for a user.
func mention(user string) string { return "<@" + user + ">" }

// mentioned returns the users of mentions.
func mentioned(mentions []string) (users []string) {
	for _, m := range mentions {
		users = append(users, strings.TrimSuffix(strings.TrimPrefix(m, "<@"), ">"))
	}
	return users
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
	shown := content{Embeds: []embed{}, Components: []row{}, AllowedMentions: allowedMentions{Parse: []string{}, Users: mentioned(m.Mentions)}}
	l := m.Layout(markup, limits)
	if m.Plain {
		shown.Content = plain(l, key)
		return shown
	}
	// The text of a notification names no state, which an edit would change without
	// notifying any reader.
	shown.Content = message.Lines(l.Headline(l.Title), l.Mentions)
	shown.Embeds = append(shown.Embeds, newEmbed(m, l, key))
	shown.Components = rows(l)
	return shown
}

// plain is the shortest message that can still be found by its key.
func plain(l message.Layout, key string) string {
	return message.Lines(l.Title, l.Status, l.Page, l.Mentions, escape(footerText(l, key)))
}

func newEmbed(m message.Message, l message.Layout, key string) embed {
	e := embed{
		Title:       l.Emoji + " " + l.Title,
		URL:         l.Address,
		Description: "**" + l.Status + "**",
		Colour:      colour(m.State),
		Footer:      footer{Text: footerText(l, key)},
	}
	for _, fact := range l.Facts {
		e.Fields = append(e.Fields, field{Name: fact.Label, Value: fact.Text, Inline: isNarrow(fact.Field)})
	}
	e.add(l.Word(message.LabelMore), l.More)
	e.add(l.Word(message.LabelStatusReason), l.StatusReason.Text)
	e.add(l.Word(message.LabelReviews), l.Reviews)
	e.add(l.Word(message.LabelCommands), l.Commands)
	return e
}

// add adds a field with a line of its own; none if it is empty.
func (e *embed) add(name, value string) {
	if value != "" {
		e.Fields = append(e.Fields, field{Name: name, Value: value})
	}
}

// isNarrow reports whether a fact fits into a third of an embed's width. A value
// that does not is broken in the middle of its words, as e-mail addresses are.
func isNarrow(fact message.Field) bool {
	tooWide := func(line string) bool { return count(line) > maxInline }
	wideItem := func(item message.Item) bool { return tooWide(item.Text) || len(item.Limits) > 0 }
	return !fact.Long && !tooWide(fact.Text) && !slices.ContainsFunc(fact.Items, wideItem)
}

// footerText is the last line of a message. Discord reads no markup in a footer.
func footerText(l message.Layout, key string) string {
	var parts []string
	if l.Request != "" {
		parts = append(parts, l.Request)
	}
	if key != "" {
		parts = append(parts, message.RefMark+key)
	}
	return strings.Join(parts, " · ")
}
