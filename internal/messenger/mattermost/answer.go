package mattermost

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// clickAnswer is what a click is answered with: a text that only the reviewer sees.
type clickAnswer struct {
	EphemeralText string `json:"ephemeral_text"`
	// SkipSlackParsing keeps Mattermost from reading Slack's markup in the text.
	SkipSlackParsing bool `json:"skip_slack_parsing"`
}

func tell(text string) clickAnswer {
	return clickAnswer{EphemeralText: answerText(text), SkipSlackParsing: true}
}

// formAnswer is what a form is answered with that was sent. Without a text it is closed.
type formAnswer struct {
	Error string `json:"error"`
}

// answerText writes an answer so that nothing in it is markup, a link or a mention: each word as
// it is if it is one, and as code otherwise.
func answerText(text string) string {
	words := strings.Fields(message.Cut(message.CleanLine(text), maxAnswer, count))
	for i, word := range words {
		words[i] = quoted(word)
	}
	return strings.Join(words, " ")
}

const callForm = "POST /actions/dialogs/open"

// reasonName is the name of the reason in a form.
const reasonName = "reason"

// formRequest opens a form.
type formRequest struct {
	TriggerID string `json:"trigger_id"`
	// URL is the address of ours that the form is sent to.
	URL    string `json:"url"`
	Dialog dialog `json:"dialog"`
}

type dialog struct {
	CallbackID     string    `json:"callback_id"`
	Title          string    `json:"title"`
	Elements       []element `json:"elements"`
	SubmitLabel    string    `json:"submit_label"`
	NotifyOnCancel bool      `json:"notify_on_cancel"`
	State          string    `json:"state"`
}

type element struct {
	DisplayName string `json:"display_name"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	Optional    bool   `json:"optional"`
	MinLength   int    `json:"min_length"`
	MaxLength   int    `json:"max_length"`
}

// openForm asks for a reason. Mattermost labels the button that closes a form itself.
func (m *Mattermost) openForm(ctx context.Context, c called, click messenger.Click, f messenger.Form) error {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	return m.do(ctx, call{name: callForm, method: http.MethodPost, path: []string{"actions", "dialogs", "open"}, body: formRequest{
		TriggerID: c.TriggerID,
		URL:       c.Context.Receiver,
		Dialog: dialog{
			CallbackID:  "review",
			Title:       message.Cut(f.Title, maxFormWord, bytesOf),
			SubmitLabel: f.Send,
			State:       m.hold(click, time.Now()),
			Elements: []element{{
				DisplayName: message.Cut(f.Label, maxFormWord, bytesOf), Name: reasonName, Type: "textarea",
				MinLength: 1, MaxLength: min(max(f.Max, 1), maxInput),
			}},
		},
	}}, &struct{}{})
}

func bytesOf(s string) int { return len(s) }
