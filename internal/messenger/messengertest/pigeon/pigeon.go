// Package pigeon is the smallest messenger that there can be: it posts, and can do nothing
// else. It shows what a new one takes, and that nothing else has to know of it.
//
// Its service is a part of the simulated Slack: texts, to recipients that are named by their id.
package pigeon

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Descriptor describes the messenger.
func Descriptor() messenger.Descriptor {
	return messenger.Descriptor{
		Type:       "Pigeon",
		New:        func(c messenger.Config) (messenger.Messenger, error) { return New(c) },
		DefaultURL: "https://pigeon.example/api",
		Secrets:    []string{messenger.SecretToken},
	}
}

// Pigeon is one bot.
type Pigeon struct{ bot *messenger.Bot }

// New returns a bot. It makes no call.
func New(config messenger.Config) (*Pigeon, error) {
	bot, err := messenger.NewBot(Descriptor(), config)
	if err != nil {
		return nil, err
	}
	return &Pigeon{bot}, nil
}

const (
	callCheck = "auth.test"
	callPost  = "chat.postMessage"
)

// Check implements messenger.Messenger.
func (p *Pigeon) Check(ctx context.Context) error {
	_, err := p.call(ctx, callCheck, messenger.Bucket{Method: callCheck}, struct{}{})
	return err
}

var id = regexp.MustCompile(`^[CU][0-9A-Z]{8,}$`)

// Resolve implements messenger.Messenger. It takes ids only.
func (p *Pigeon) Resolve(_ context.Context, recipient string) (messenger.Address, error) {
	recipient = strings.TrimSpace(recipient)
	if !id.MatchString(recipient) {
		return messenger.Address{}, &messenger.Error{
			Class: messenger.RecipientPermanent, Call: "resolve", Code: "no_id", Advice: "Name the recipient by its id",
		}
	}
	return messenger.Address{ID: recipient, Direct: recipient[0] == 'U'}, nil
}

// Post implements messenger.Messenger.
func (p *Pigeon) Post(ctx context.Context, to messenger.Address, m message.Message, _ string) (messenger.Ref, error) {
	answer, err := p.call(ctx, callPost, messenger.Bucket{Method: callPost, Address: to.ID}, map[string]any{
		"channel": to.ID, "text": render(m), "parse": "none", "link_names": false, "unfurl_links": false, "unfurl_media": false,
	})
	if err != nil {
		return messenger.Ref{}, err
	}
	if answer.Channel == "" || answer.TS == "" {
		return messenger.Ref{}, messenger.BadResponse(callPost)
	}
	return messenger.Ref{Channel: answer.Channel, ID: answer.TS}, nil
}

// answer is what the service says to any call.
type answer struct {
	OK      *bool  `json:"ok"`
	Error   string `json:"error"`
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	UserID  string `json:"user_id"`
}

func (p *Pigeon) call(ctx context.Context, call string, bucket messenger.Bucket, body any) (answer, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return answer{}, &messenger.Error{Class: messenger.ContentRejected, Call: call, Code: "unsendable"}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.bot.URL.JoinPath(call).String(), bytes.NewReader(encoded))
	if err != nil {
		return answer{}, &messenger.Error{Class: messenger.MessengerPermanent, Call: call, Code: "bad_address", Advice: "Name another address"}
	}
	request.Header.Set("Authorization", "Bearer "+p.bot.Token)
	request.Header.Set("User-Agent", p.bot.UserAgent)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	response, err := p.bot.Caller.Do(request, call, bucket)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusTooManyRequests:
		wait := messenger.ParseRetryAfter(response.Header.Get("Retry-After"), messenger.DefaultRetryAfter)
		return answer{}, p.bot.Caller.ThrottledError(call, "ratelimited", bucket, wait)
	default:
		return answer{}, &messenger.Error{Class: messenger.Transient, Call: call, Code: "http_status", Advice: "Check the address"}
	}
	var a answer
	if json.NewDecoder(response.Body).Decode(&a) != nil || a.OK == nil || *a.OK && call == callCheck && a.UserID == "" {
		return answer{}, messenger.BadResponse(call)
	}
	if !*a.OK {
		return answer{}, p.refused(call, bucket, a.Error)
	}
	return a, nil
}

// refusals are the codes of the service by what they mean. All others are about the
// recipient.
var refusals = map[string]messenger.Class{
	"invalid_auth": messenger.MessengerPermanent, "token_revoked": messenger.MessengerPermanent,
	"account_inactive": messenger.MessengerPermanent, "not_authed": messenger.MessengerPermanent,
	"msg_too_long": messenger.ContentRejected, "no_text": messenger.ContentRejected,
	"internal_error": messenger.Transient, "fatal_error": messenger.Transient,
}

func (p *Pigeon) refused(call string, bucket messenger.Bucket, code string) error {
	class, known := refusals[code]
	switch {
	case code == "ratelimited":
		return p.bot.Caller.ThrottledError(call, code, bucket, messenger.DefaultRetryAfter)
	case !known:
		// What else the service says is not repeated.
		class, code = messenger.RecipientPermanent, "refused"
	}
	e := &messenger.Error{Class: class, Call: call, Code: code}
	if class == messenger.MessengerPermanent || class == messenger.RecipientPermanent {
		e.Advice = "Invite the bot, or replace its token"
	}
	return e
}
