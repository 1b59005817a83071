//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/test/e2e/mattermost"
)

func TestCheck(t *testing.T) {
	if err := newBot(t).Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestResolveChannel(t *testing.T) {
	bot := newBot(t)
	channel := shared.room(t)
	private := shared.newChannel(t, channelKind{private: true, members: []mattermost.User{shared.bot}})
	open := shared.newChannel(t, channelKind{})
	for recipient, want := range map[string]mattermost.Place{
		channel.ID:                                channel,
		teamName + "/" + channel.Name:             channel,
		teamName + "/~" + channel.Name:            channel,
		teamDisplay + "/" + channel.DisplayName:   channel,
		teamName + "/" + channel.DisplayName:      channel,
		teamDisplay + "/" + channel.Name:          channel,
		" platform team / " + channel.DisplayName: channel,
		teamName + "/" + private.Name:             private,
		teamDisplay + "/" + private.DisplayName:   private,
		teamName + "/" + open.Name:                open,
	} {
		got, err := bot.Resolve(t.Context(), recipient)
		if err != nil || got != (messenger.Address{ID: want.ID}) {
			t.Errorf("Resolve(%q) = %+v, %v; want %s", recipient, got, err, want.ID)
		}
	}
}

func TestResolvePerson(t *testing.T) {
	bot := newBot(t)
	first, err := bot.Resolve(t.Context(), shared.reviewer.Email)
	if err != nil || !first.Direct {
		t.Fatalf("Resolve = %+v, %v; want a direct channel", first, err)
	}
	for _, recipient := range []string{strings.ToUpper(shared.reviewer.Email), first.ID} {
		if again, err := bot.Resolve(t.Context(), recipient); err != nil || again != first {
			t.Errorf("Resolve(%q) = %+v, %v; want %+v", recipient, again, err, first)
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	bot := newBot(t)
	private := shared.newChannel(t, channelKind{private: true})
	foreign := shared.newChannel(t, channelKind{team: &shared.foreign})
	archived := shared.room(t)
	if err := shared.admin.Archive(t.Context(), archived); err != nil {
		t.Fatal(err)
	}
	for name, recipient := range map[string]string{
		"unknown channel":               teamName + "/nowhere",
		"unknown team":                  "nowhere/" + archived.Name,
		"unknown names as displayed":    "No Team/No Channel",
		"private channel":               teamName + "/" + private.Name,
		"private channel as displayed":  teamDisplay + "/" + private.DisplayName,
		"foreign team":                  "foreign/" + foreign.Name,
		"foreign team as displayed":     "Foreign/" + foreign.DisplayName,
		"archived channel":              teamName + "/" + archived.Name,
		"archived channel as displayed": teamDisplay + "/" + archived.DisplayName,
		"archived channel by its id":    archived.ID,
		"deactivated person":            shared.gone.Email,
		"unknown person":                "unknown@example.com",
		"malformed e-mail":              "no..body@exa mple",
		"strange e-mail":                "a/b?c#d%@example.com",
		"neither":                       "reviewer",
	} {
		_, err := bot.Resolve(t.Context(), recipient)
		wantClass(t, name, err, messenger.RecipientPermanent)
	}
}
