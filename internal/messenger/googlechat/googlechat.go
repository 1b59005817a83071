// Package googlechat delivers messages through the REST API of Google Chat, as a Chat app that
// authenticates with the key of its service account.
//
// A message is a line of text, which notifies, above a card with everything else. Text has a
// markup of its own, which may be Google Chat's or Markdown, as the app is configured: what is
// sent means the same in both. A card has a small part of HTML. What people typed stands in
// code in a text and in italics in a card, in which nothing else ever stands.
//
// A message is known by an id that is made of the key of its delivery: Google Chat makes no
// second message of one id in a space, and finds it by that for as long as it keeps messages.
package googlechat

import (
	"context"
	"net/http"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// SecretServiceAccount is the name of the secret: the key file of a service account, in JSON.
const SecretServiceAccount = "serviceAccount"

// GoogleChat is one Chat app.
type GoogleChat struct {
	bot    *messenger.Bot
	tokens tokens
}

var (
	_ messenger.Messenger      = (*GoogleChat)(nil)
	_ messenger.Updater        = (*GoogleChat)(nil)
	_ messenger.Replier        = (*GoogleChat)(nil)
	_ messenger.Finder         = (*GoogleChat)(nil)
	_ messenger.Follower       = (*GoogleChat)(nil)
	_ messenger.PersonResolver = (*GoogleChat)(nil)
	_ messenger.UserResolver   = (*GoogleChat)(nil)
)

// Descriptor describes Google Chat.
func Descriptor() messenger.Descriptor {
	return messenger.Descriptor{
		Type:              "GoogleChat",
		Name:              "Google Chat",
		New:               func(c messenger.Config) (messenger.Messenger, error) { return New(c) },
		DefaultURL:        publicAPI,
		Secrets:           []string{SecretServiceAccount},
		StandIns:          messenger.Secrets{SecretServiceAccount: standIn()},
		CheckSecret:       checkSecret,
		ExampleRecipients: []string{"spaces/AAAAMpdlehY", "alice@example.com"},
		WriteInstead:      writeInstead,
		Capabilities: messenger.Capabilities{
			Edit: true, Threads: true, Follow: true, EmailLookup: true, UserLookup: true, Idempotency: true, History: true,
		},
	}
}

// New returns an app. It checks the configuration, and makes no call.
func New(config messenger.Config) (*GoogleChat, error) {
	bot, err := messenger.NewBot(Descriptor(), config)
	if err != nil {
		return nil, err
	}
	// NewBot has checked that it can be parsed.
	account, err := parseAccount(config.Secrets.Trimmed(SecretServiceAccount))
	if err != nil {
		return nil, err
	}
	g := &GoogleChat{bot: bot}
	g.tokens.init(bot, account)
	return g, nil
}

// Check implements messenger.Messenger. It asks for a space that the app is in, of which there
// need be none.
func (g *GoogleChat) Check(ctx context.Context) error {
	var list struct {
		Spaces []space `json:"spaces"`
	}
	return g.do(ctx, request{call: callSpaces, method: http.MethodGet, path: "spaces", query: query{"pageSize": "1"}}, &list)
}
