// Package discord delivers messages through Discord's REST API v10, as a bot.
//
// A message is one embed below a short line for notifications. What people
// typed is escaped wherever Discord reads markup, and no message and no edit
// may mention a person or role. Reviews are listed in the embed; there are no replies.
//
// What reviewers press, Discord tells an address of ours by calls that it signs, see Receive.
//
// The key of a delivery is the message's nonce, which Discord enforces for a
// few minutes, and stands in small print below the message, where Find looks
// for it later.
package discord

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// version is how the address of the API ends. Without one, Discord takes version 6,
// which is deprecated (https://discord.com/developers/docs/reference#api-versioning).
const version = "/api/v10"

// Discord is one bot.
type Discord struct {
	bot     *messenger.Bot
	buckets buckets
	keys    keys
	// applications are the one that the bot belongs to, as far as it is known.
	applications applications
}

var (
	_ messenger.Messenger    = (*Discord)(nil)
	_ messenger.Updater      = (*Discord)(nil)
	_ messenger.Finder       = (*Discord)(nil)
	_ messenger.Follower     = (*Discord)(nil)
	_ messenger.Accounter    = (*Discord)(nil)
	_ messenger.UserResolver = (*Discord)(nil)

	_ messenger.ClickReceiver = (*Discord)(nil)
	_ messenger.AccountReader = (*Discord)(nil)
)

// Descriptor describes Discord.
func Descriptor() messenger.Descriptor {
	return messenger.Descriptor{
		Type:              "Discord",
		New:               func(c messenger.Config) (messenger.Messenger, error) { return New(c) },
		DefaultURL:        "https://discord.com" + version,
		Secrets:           []string{messenger.SecretToken},
		ExampleRecipients: []string{"1100000000000000001", "1100000000000000002"},
		WriteInstead:      writeInstead,
		Capabilities: messenger.Capabilities{
			Edit: true, Follow: true, UserLookup: true, Idempotency: true, History: true, Account: true,
			Buttons: true, Accounts: true,
		},
	}
}

// New returns a bot. It checks the configuration, and makes no call.
func New(config messenger.Config) (*Discord, error) {
	bot, err := messenger.NewBot(Descriptor(), config)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(bot.URL.Path, version) {
		return nil, errors.New("discord: the address does not end in " + version)
	}
	// Any other form may be blocked (https://discord.com/developers/docs/reference#user-agent).
	bot.UserAgent = "DiscordBot (https://github.com/accessnotifier/accessnotifier, " + cmp.Or(config.Version, "dev") + ")"
	return &Discord{bot: bot}, nil
}

// Check implements messenger.Messenger.
func (d *Discord) Check(ctx context.Context) error {
	account, err := d.whoAmI(ctx)
	if err != nil {
		return err
	}
	d.bot.Self.Remember(account)
	return nil
}

// Account implements messenger.Accounter. A bot belongs to no server.
func (d *Discord) Account() (messenger.Account, bool) { return d.bot.Self.Known() }

// ownID returns the bot's user id.
func (d *Discord) ownID(ctx context.Context) (string, error) {
	return d.bot.Self.ID(ctx, d.whoAmI)
}

func (d *Discord) whoAmI(ctx context.Context) (messenger.Account, error) {
	var user struct {
		ID       string `json:"id"`
		Username string `json:"username"`
	}
	if err := d.do(ctx, request{call: callMe, method: http.MethodGet, path: "/users/@me"}, &user); err != nil {
		return messenger.Account{}, err
	}
	if !isSnowflake(user.ID) {
		return messenger.Account{}, messenger.BadResponse(callMe)
	}
	return messenger.Account{Bot: user.ID, BotName: user.Username}, nil
}
