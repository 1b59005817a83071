//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	chat "github.com/accessnotifier/accessnotifier/internal/messenger/mattermost"
	"github.com/accessnotifier/accessnotifier/test/e2e/mattermost"
)

// community is who and what is on the Mattermost server before any test.
type community struct {
	// admin administrates the server. Tests read as the admin, who may read all.
	admin mattermost.Session
	// team is the bot's team, and foreign one that it is not in.
	team, foreign mattermost.Place
	// reviewer is in team; gone is a deactivated account.
	reviewer, gone mattermost.User
	bot            mattermost.User
	channels       atomic.Int64
}

const (
	teamName    = "platform"
	teamDisplay = "Platform Team"
)

// settle makes all people and channels on a new server.
func settle(ctx context.Context, url string) (*community, error) {
	c := &community{}
	founder, err := mattermost.Session{URL: url}.CreateUser(ctx, "admin")
	if err != nil {
		return nil, err
	}
	if c.admin, err = (mattermost.Session{URL: url}).Login(ctx, founder); err != nil {
		return nil, err
	}
	if c.team, err = c.admin.CreateTeam(ctx, teamName, teamDisplay); err != nil {
		return nil, err
	}
	if c.foreign, err = c.admin.CreateTeam(ctx, "foreign", "Foreign"); err != nil {
		return nil, err
	}
	if c.reviewer, err = c.admin.CreateUser(ctx, "reviewer"); err != nil {
		return nil, err
	}
	if c.reviewer.Session, err = c.admin.Login(ctx, c.reviewer); err != nil {
		return nil, err
	}
	if c.gone, err = c.admin.CreateUser(ctx, "gone"); err != nil {
		return nil, err
	}
	if err := c.admin.Deactivate(ctx, c.gone); err != nil {
		return nil, err
	}
	if c.bot, err = c.admin.CreateBot(ctx, "access-notifier"); err != nil {
		return nil, err
	}
	for _, member := range []mattermost.User{c.bot, c.reviewer} {
		if err := c.admin.Join(ctx, c.team, member); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// channelKind says how a channel is made.
type channelKind struct {
	team    *mattermost.Place
	private bool
	// members of the team are invited.
	members []mattermost.User
}

// newChannel makes a channel that no other test uses.
func (c *community) newChannel(t *testing.T, kind channelKind) mattermost.Place {
	t.Helper()
	team, visibility := c.team, mattermost.Open
	if kind.team != nil {
		team = *kind.team
	}
	if kind.private {
		visibility = mattermost.Private
	}
	n := c.channels.Add(1)
	made, err := c.admin.CreateChannel(t.Context(), team, fmt.Sprintf("channel-%d", n), fmt.Sprintf("Channel No. %d", n), visibility)
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range kind.members {
		if err := c.admin.Invite(t.Context(), made, member); err != nil {
			t.Fatal(err)
		}
	}
	return made
}

// room makes a channel that the bot and the reviewer are in.
func (c *community) room(t *testing.T) mattermost.Place {
	t.Helper()
	return c.newChannel(t, channelKind{members: []mattermost.User{c.bot, c.reviewer}})
}

// newClient returns our client with a token. It has no pauses in common with
// others.
func newClient(t *testing.T, url, token string) *chat.Mattermost {
	t.Helper()
	client, err := chat.New(messenger.Config{
		URL: url, Secrets: messenger.Token(token),
		HTTPClient: messenger.NewHTTPClient(messenger.TransportConfig{AllowLoopback: true}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func newBot(t *testing.T) *chat.Mattermost {
	t.Helper()
	return newClient(t, shared.chat.URL(), shared.bot.Session.Token)
}

// wantClass fails the test unless err is of the class, and says nothing that it
// must not.
func wantClass(t *testing.T, what string, err error, want messenger.Class) {
	t.Helper()
	if err == nil {
		t.Errorf("%s succeeded, want an error of class %s", what, want)
		return
	}
	if got := messenger.AsError(err); got.Class != want {
		t.Errorf("%s: %v is of class %s, want %s", what, err, got.Class, want)
	}
	if strings.Contains(err.Error(), shared.bot.Session.Token) {
		t.Errorf("%s: the error holds the token", what)
	}
}

// posts returns what is in a channel, newest first.
func (c *community) posts(t *testing.T, channel string) []mattermost.Post {
	t.Helper()
	posts, err := c.admin.Posts(t.Context(), channel)
	if err != nil {
		t.Fatal(err)
	}
	return posts
}
