//go:build e2e

package e2e

import (
	"errors"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/test/e2e/mattermost"
)

// TestToken: with a token that does not work, every call says so.
func TestToken(t *testing.T) {
	ctx, room := t.Context(), shared.room(t)
	ref := must(newBot(t).Post(ctx, messenger.Address{ID: room.ID}, about(accessrequest.Pending), newKey(t, "post")))(t)
	revoked := must(shared.admin.CreateBot(ctx, "revoked"))(t)
	disabled := must(shared.admin.CreateBot(ctx, "disabled"))(t)
	for _, u := range []mattermost.User{revoked, disabled} {
		if err := newClient(t, shared.chat.URL(), u.Session.Token).Check(ctx); err != nil {
			t.Fatalf("a good token: %v", err)
		}
	}
	if err := shared.admin.Do(ctx, "POST", "/users/tokens/revoke", map[string]string{"token_id": tokenOf(t, revoked)}, nil); err != nil {
		t.Fatal(err)
	}
	if err := shared.admin.Do(ctx, "POST", "/bots/"+disabled.ID+"/disable", nil, nil); err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{
		"unknown": nowhere, "malformed": "x", "revoked": revoked.Session.Token, "disabled": disabled.Session.Token,
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, shared.chat.URL(), token)
			calls := map[string]func() error{
				"check": func() error { return client.Check(ctx) },
				"resolve a channel": func() error {
					_, err := client.Resolve(ctx, teamName+"/"+room.Name)
					return err
				},
				"resolve a person": func() error {
					_, err := client.Resolve(ctx, shared.reviewer.Email)
					return err
				},
				"post": func() error {
					_, err := client.Post(ctx, messenger.Address{ID: room.ID}, about(accessrequest.Pending), newKey(t, "x"))
					return err
				},
				"update": func() error { return client.Update(ctx, ref, about(accessrequest.Denied)) },
				"reply":  func() error { return client.Reply(ctx, ref, message.Review{Author: "bob"}, newKey(t, "y")) },
				"find": func() error {
					_, err := client.Find(ctx, messenger.Address{ID: room.ID}, "k", time.Now())
					return err
				},
			}
			for what, call := range calls {
				wantClass(t, what, call(), messenger.MessengerPermanent)
			}
		})
	}
}

func tokenOf(t *testing.T, u mattermost.User) string {
	t.Helper()
	var tokens []struct {
		ID string `json:"id"`
	}
	if err := shared.admin.Do(t.Context(), "GET", "/users/"+u.ID+"/tokens", nil, &tokens); err != nil || len(tokens) != 1 {
		t.Fatalf("the bot has tokens %v, %v", tokens, err)
	}
	return tokens[0].ID
}

// TestOutOfReach: channels and messages that the bot cannot work with.
func TestOutOfReach(t *testing.T) {
	ctx, bot := t.Context(), newBot(t)
	post := func(channel string) (messenger.Ref, error) {
		return bot.Post(ctx, messenger.Address{ID: channel}, about(accessrequest.Pending), newKey(t, "post"))
	}
	room, archived := shared.room(t), shared.room(t)
	old := must(post(archived.ID))(t)
	deleted := must(post(room.ID))(t)
	if err := shared.admin.Archive(ctx, archived); err != nil {
		t.Fatal(err)
	}
	if err := shared.admin.Do(ctx, "DELETE", "/posts/"+deleted.ID, nil, nil); err != nil {
		t.Fatal(err)
	}
	var foreign mattermost.Post
	if err := shared.reviewer.Session.Do(ctx, "POST", "/posts", map[string]string{"channel_id": room.ID, "message": "x"}, &foreign); err != nil {
		t.Fatal(err)
	}
	for name, channel := range map[string]string{
		"a channel without membership": shared.newChannel(t, channelKind{}).ID,
		"a private channel":            shared.newChannel(t, channelKind{private: true}).ID,
		"an archived channel":          archived.ID,
		"an unknown channel":           nowhere,
	} {
		_, err := post(channel)
		wantClass(t, "post to "+name, err, messenger.RecipientPermanent)
	}
	wantClass(t, "update in an archived channel", bot.Update(ctx, old, about(accessrequest.Denied)), messenger.RecipientPermanent)
	review := message.Review{Author: "bob", State: accessrequest.Approved}
	wantClass(t, "reply in an archived channel", bot.Reply(ctx, old, review, newKey(t, "archived")), messenger.RecipientPermanent)
	for name, id := range map[string]string{
		"a deleted post": deleted.ID, "another account's post": foreign.ID, "an unknown post": nowhere,
	} {
		ref := messenger.Ref{Channel: room.ID, ID: id}
		wantClass(t, "update of "+name, bot.Update(ctx, ref, about(accessrequest.Denied)), messenger.MessageGone)
		if id == foreign.ID {
			continue // every member can reply
		}
		wantClass(t, "reply to "+name, bot.Reply(ctx, ref, review, newKey(t, id)), messenger.MessageGone)
		if err := bot.FindReply(ctx, ref, "k", time.Now().Add(-time.Hour)); !errors.Is(err, messenger.ErrCannotLook) {
			t.Errorf("FindReply below %s = %v", name, err)
		}
	}
}
