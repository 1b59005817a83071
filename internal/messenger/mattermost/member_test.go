package mattermost

import (
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// TestCheckMemberTellsWhereTheBotIs also of a bot that may post everywhere: it could not
// edit what it has posted.
func TestCheckMemberTellsWhereTheBotIs(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{PostAll: true})
	for name, options := range map[string][]messengertest.ChannelOption{
		"open": nil, "closed": {messengertest.Private()},
	} {
		in := server.AddChannel(name, options...)
		if err := bot.CheckMember(t.Context(), messenger.Address{ID: in}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		server.Kick(in)
		err := bot.CheckMember(t.Context(), messenger.Address{ID: in})
		if got := messenger.AsError(err); got.Class != messenger.RecipientPermanent || got.Code != "not_in_channel" || got.Advice != adviceInvite {
			t.Errorf("%s, without the bot: %v", name, err)
		}
	}
	if err := bot.CheckMember(t.Context(), messenger.Address{ID: "any", Direct: true}); err != nil {
		t.Errorf("direct messages: %v", err)
	}
}
