package slack

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

func TestPermissionsAreThoseOfTheToken(t *testing.T) {
	bot, _ := simulated(t, messengertest.Options{Scopes: []string{"users:read.email", "im:write"}})
	found, err := bot.Permissions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var granted, required []string
	for _, p := range found {
		if p.Granted {
			granted = append(granted, p.Name)
		}
		if p.Required {
			required = append(required, p.Name)
		}
	}
	if diff := cmp.Diff([]string{"users:read.email", "im:write"}, granted); diff != "" {
		t.Errorf("granted (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"chat:write"}, required); diff != "" {
		t.Errorf("required (-want +got):\n%s", diff)
	}

	silent, _ := newSlack(t, map[string][]answer{"auth.test": {ok("")}})
	if found, err := silent.Permissions(t.Context()); err != nil || found != nil {
		t.Errorf("of a service that names no scopes: %v, %v", found, err)
	}
}

func TestCheckMemberTellsWhereTheBotMayPost(t *testing.T) {
	reading := []string{"chat:write", "channels:read", "groups:read"}
	for name, tt := range map[string]struct {
		scopes  []string
		options []messengertest.ChannelOption
		code    string
	}{
		"a member": {scopes: reading},
		"not invited": {
			scopes: reading, options: []messengertest.ChannelOption{messengertest.WithoutBot()}, code: "not_in_channel",
		},
		"not invited, but may post in public": {
			scopes: append(reading, "chat:write.public"), options: []messengertest.ChannelOption{messengertest.WithoutBot()},
		},
	} {
		t.Run(name, func(t *testing.T) {
			bot, workspace := simulated(t, messengertest.Options{Scopes: tt.scopes})
			id := workspace.AddChannel("access-requests", tt.options...)
			err := bot.CheckMember(t.Context(), messenger.Address{ID: id})
			if (err == nil) != (tt.code == "") || tt.code != "" && !messenger.HasCode(err, tt.code) {
				t.Errorf("CheckMember() = %v, want %q", err, tt.code)
			}
		})
	}

	bot, workspace := simulated(t, messengertest.Options{Scopes: []string{"chat:write"}})
	for _, id := range []string{workspace.AddChannel("access-requests"), "access-requests"} {
		if err := bot.CheckMember(t.Context(), messenger.Address{ID: id}); !errors.Is(err, messenger.ErrCannotLook) {
			t.Errorf("CheckMember(%s) without the scope = %v, want ErrCannotLook", id, err)
		}
	}
	if err := bot.CheckMember(t.Context(), messenger.Address{ID: "D0123456789", Direct: true}); err != nil {
		t.Errorf("CheckMember() of direct messages: %v", err)
	}
}
