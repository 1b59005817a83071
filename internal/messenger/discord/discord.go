// Package discord delivers messages through Discord's REST API v10, as a bot.
//
// A message is one embed below a short line for notifications. What people
// typed is escaped wherever Discord reads markup, and no message and no edit
// may mention anybody. Reviews are listed in the embed; there are no replies.
//
// The key of a delivery is the message's nonce, which Discord enforces for a
// few minutes, and stands in small print below the message, where Find looks
// for it later.
package discord

import (
	"cmp"
	"context"
	"net/http"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const publicURL = "https://discord.com/api/v10"

// Discord is one bot.
type Discord struct {
	bot     *messenger.Bot
	buckets buckets
	keys    keys
}

var (
	_ messenger.Messenger = (*Discord)(nil)
	_ messenger.Finder    = (*Discord)(nil)
)

// New returns a bot. It checks the configuration, and calls nobody.
func New(config messenger.Config) (*Discord, error) {
	bot, err := messenger.NewBot("discord", config, publicURL)
	if err != nil {
		return nil, err
	}
	// Discord refuses any other form.
	bot.UserAgent = "DiscordBot (https://github.com/accessnotifier/accessnotifier, " + cmp.Or(config.Version, "dev") + ")"
	return &Discord{bot: bot}, nil
}

// Check implements messenger.Messenger.
func (d *Discord) Check(ctx context.Context) error {
	id, err := d.whoAmI(ctx)
	if err != nil {
		return err
	}
	d.bot.Identity.Remember(id)
	return nil
}

// ownID returns the bot's user id.
func (d *Discord) ownID(ctx context.Context) (string, error) {
	return d.bot.Identity.ID(ctx, d.whoAmI)
}

func (d *Discord) whoAmI(ctx context.Context) (string, error) {
	var user struct {
		ID string `json:"id"`
	}
	if err := d.do(ctx, request{call: callMe, method: http.MethodGet, path: "/users/@me"}, &user); err != nil {
		return "", err
	}
	if !isSnowflake(user.ID) {
		return "", messenger.BadResponse(callMe)
	}
	return user.ID, nil
}
