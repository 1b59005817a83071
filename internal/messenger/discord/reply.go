package discord

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The types of answers to an interaction; see
// https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object.
const (
	replyPong    = 1
	replyMessage = 4
	replyLater   = 5
	replyForm    = 9
)

// onlyForThem makes only the reviewer see a message, and noEmbeds leaves previews of links out;
// see https://discord.com/developers/docs/resources/message#message-object-message-flags.
const (
	onlyForThem = 1 << 6
	noEmbeds    = 1 << 2
)

const callAnswer = "edit original interaction response"

// reply answers an interaction.
type reply struct {
	Type int `json:"type"`
	Data any `json:"data,omitempty"`
}

// privately is a message that only the reviewer sees. Without content, it says that one is to
// come.
type privately struct {
	Content         string           `json:"content,omitempty"`
	Flags           int              `json:"flags,omitempty"`
	AllowedMentions *allowedMentions `json:"allowed_mentions,omitempty"`
}

// tell answers with a text.
func tell(text string) reply {
	return reply{Type: replyMessage, Data: &privately{
		Content: answerText(text), Flags: onlyForThem | noEmbeds, AllowedMentions: &allowedMentions{Parse: []string{}},
	}}
}

// answerText writes an answer so that nothing in it is markup, a link or a mention.
func answerText(text string) string {
	return escape(message.Cut(message.CleanLine(text), maxAnswer, func(s string) int { return count(escape(s)) }))
}

// tellLater puts an answer in the place of the first one, which may take Discord a moment to have.
// One that cannot be told is lost: the message shows what was decided.
func (d *Discord) tellLater(ctx context.Context, i interaction, answer string) {
	edit := request{
		call:   callAnswer,
		method: http.MethodPatch,
		path:   "/webhooks/" + url.PathEscape(i.ApplicationID) + "/" + url.PathEscape(i.Token) + "/messages/@original",
		// Each has a limit of its own.
		channel:   i.ID,
		body:      privately{Content: answerText(answer), AllowedMentions: &allowedMentions{Parse: []string{}}},
		anonymous: true,
	}
	for wait := tellAgainAfter; wait <= maxTellWait; wait *= 4 {
		err := d.do(ctx, edit, &struct{}{})
		if err == nil || ctx.Err() != nil {
			return
		}
		failure := messenger.AsError(err)
		if failure.Class != messenger.Transient && failure.Class != messenger.Throttled {
			return
		}
		select {
		case <-time.After(min(max(failure.RetryAfter, wait), maxTellWait)):
		case <-ctx.Done():
			return
		}
	}
}

// form asks for a reason.
type form struct {
	CustomID   string  `json:"custom_id"`
	Title      string  `json:"title"`
	Components []label `json:"components"`
}

// label is what stands above an input.
type label struct {
	Type      int       `json:"type"`
	Label     string    `json:"label"`
	Component textInput `json:"component"`
}

type textInput struct {
	Type      int    `json:"type"`
	CustomID  string `json:"custom_id"`
	Style     int    `json:"style"`
	MinLength int    `json:"min_length"`
	MaxLength int    `json:"max_length"`
	Required  bool   `json:"required"`
}

// openForm answers with a form, which has the custom id of the button. Discord labels its buttons
// itself.
func openForm(customID string, f messenger.Form) reply {
	return reply{Type: replyForm, Data: form{
		CustomID: customID,
		Title:    message.Cut(f.Title, maxFormWord, count),
		Components: []label{{
			Type: typeLabel, Label: message.Cut(f.Label, maxFormWord, count),
			Component: textInput{
				Type: typeTextInput, CustomID: reasonID, Style: styleParagraph,
				MinLength: 1, MaxLength: min(max(f.Max, 1), maxInput), Required: true,
			},
		}},
	}}
}
