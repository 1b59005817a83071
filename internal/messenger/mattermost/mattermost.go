// Package mattermost delivers messages through the Mattermost REST API v4, as a
// bot account.
//
// What people typed is only ever sent in code spans, in which Mattermost reads
// no markup and notifies no account. Everything outside of them is ours.
//
// What reviewers press, Mattermost tells an address of ours, see Receive. It signs nothing, so
// that a button holds a seal of ours, which the server shows no client.
//
// A refusal of Mattermost can mean that its database is down. It is taken as
// final only after the server's own health check has passed.
package mattermost

import (
	"context"
	"fmt"
	"net/http"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Mattermost is one bot on one server.
type Mattermost struct {
	bot *messenger.Bot
	// key seals what Mattermost hands back to us.
	key []byte
}

var (
	_ messenger.Messenger      = (*Mattermost)(nil)
	_ messenger.Updater        = (*Mattermost)(nil)
	_ messenger.Replier        = (*Mattermost)(nil)
	_ messenger.Finder         = (*Mattermost)(nil)
	_ messenger.Follower       = (*Mattermost)(nil)
	_ messenger.PersonResolver = (*Mattermost)(nil)
	_ messenger.Accounter      = (*Mattermost)(nil)
	_ messenger.MemberChecker  = (*Mattermost)(nil)
	_ messenger.ClickReceiver  = (*Mattermost)(nil)
	_ messenger.AccountReader  = (*Mattermost)(nil)
)

// Descriptor describes Mattermost.
func Descriptor() messenger.Descriptor {
	return messenger.Descriptor{
		Type:              "Mattermost",
		New:               func(c messenger.Config) (messenger.Messenger, error) { return New(c) },
		Secrets:           []string{messenger.SecretToken},
		ExampleRecipients: []string{"team/access-requests", "alice@example.com"},
		Capabilities: messenger.Capabilities{
			Edit: true, Threads: true, Follow: true, EmailLookup: true, Idempotency: true, History: true, Account: true,
			Buttons: true, Accounts: true,
		},
		// RateLimitSettings.VaryByRemoteAddr is on by default, VaryByUser is not.
		LimitsCallers: true,
	}
}

// New returns a bot. It checks the configuration, and makes no call. The URL may
// have a path, such as https://example.com/mattermost.
func New(config messenger.Config) (*Mattermost, error) {
	bot, err := messenger.NewBot(Descriptor(), config)
	if err != nil {
		return nil, err
	}
	bot.URL = bot.URL.JoinPath("api", "v4")
	key, err := newKey(bot.Token)
	if err != nil {
		return nil, fmt.Errorf("mattermost: %w", err)
	}
	return &Mattermost{bot: bot, key: key}, nil
}

// Check implements messenger.Messenger.
func (m *Mattermost) Check(ctx context.Context) error {
	account, err := m.fetchSelf(ctx)
	if err != nil {
		return err
	}
	m.bot.Self.Remember(account)
	return nil
}

// Account implements messenger.Accounter. The workspace is the server.
func (m *Mattermost) Account() (messenger.Account, bool) { return m.bot.Self.Known() }

// selfID returns the bot's own user id.
func (m *Mattermost) selfID(ctx context.Context) (string, error) {
	return m.bot.Self.ID(ctx, m.fetchSelf)
}

func (m *Mattermost) fetchSelf(ctx context.Context) (messenger.Account, error) {
	var me user
	c := call{name: callSelf, method: http.MethodGet, path: []string{"users", "me"}}
	if err := m.do(ctx, c, &me); err != nil {
		return messenger.Account{}, err
	}
	if !isID(me.ID) {
		return messenger.Account{}, messenger.BadResponse(c.name)
	}
	return messenger.Account{Workspace: m.bot.URL.Host, Bot: me.ID, BotName: me.Username}, nil
}
