package slack

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/scripted"
)

const (
	user   = "U0123456789"
	direct = "D0123456789"
)

func TestResolve(t *testing.T) {
	found := ok(`"user":{"id":"` + user + `"}`)
	opened := ok(`"channel":{"id":"` + direct + `"}`)
	list := ok(`"channels":[{"id":"C0000000001","name":"general"},{"id":"` + channel + `","name":"access-requests"}]`)
	tests := map[string]struct {
		recipient string
		answers   map[string][]answer
		want      messenger.Address
		wantErr   *messenger.Error
		calls     []string
	}{
		"channel id": {recipient: channel, want: address},
		"group id":   {recipient: "G0123456789", want: messenger.Address{ID: "G0123456789"}},
		"direct id":  {recipient: direct, want: messenger.Address{ID: direct, Direct: true}},
		"surrounded": {recipient: " " + channel + "\n", want: address},
		"user id": {
			recipient: user,
			answers:   map[string][]answer{"conversations.open": {opened}},
			want:      messenger.Address{ID: direct, Direct: true, Mention: "<@" + user + ">"},
			calls:     []string{"conversations.open"},
		},
		"email": {
			recipient: "alice@example.com",
			answers:   map[string][]answer{"users.lookupByEmail": {found}, "conversations.open": {opened}},
			want:      messenger.Address{ID: direct, Direct: true, Mention: "<@" + user + ">"},
			calls:     []string{"users.lookupByEmail", "conversations.open"},
		},
		"email without im:write": {
			recipient: "alice@example.com",
			answers:   map[string][]answer{"users.lookupByEmail": {found}, "conversations.open": {refusal("missing_scope")}},
			want:      messenger.Address{ID: user, Direct: true, ByName: true, Mention: "<@" + user + ">"},
			calls:     []string{"users.lookupByEmail", "conversations.open"},
		},
		"email without its scope": {
			recipient: "alice@example.com",
			answers:   map[string][]answer{"users.lookupByEmail": {refusal("missing_scope")}},
			wantErr: &messenger.Error{
				Class: messenger.RecipientPermanent, Call: "users.lookupByEmail", Code: "missing_scope",
				Advice: "Add the scope users:read.email to the app, and install it again",
			},
			calls: []string{"users.lookupByEmail"},
		},
		"unknown email": {
			recipient: "alice@example.com",
			answers:   map[string][]answer{"users.lookupByEmail": {refusal("users_not_found")}},
			wantErr: &messenger.Error{
				Class: messenger.RecipientPermanent, Call: "users.lookupByEmail", Code: "users_not_found",
				Advice: outcomes["users_not_found"].advice,
			},
			calls: []string{"users.lookupByEmail"},
		},
		"deactivated": {
			recipient: "alice@example.com",
			answers:   map[string][]answer{"users.lookupByEmail": {ok(`"user":{"id":"` + user + `","deleted":true}`)}},
			wantErr: &messenger.Error{
				Class: messenger.RecipientPermanent, Call: "users.lookupByEmail", Code: "user_disabled",
				Advice: outcomes["user_disabled"].advice,
			},
			calls: []string{"users.lookupByEmail"},
		},
		"answer without a user": {
			recipient: "alice@example.com",
			answers:   map[string][]answer{"users.lookupByEmail": {ok("")}},
			wantErr:   &messenger.Error{Call: "users.lookupByEmail", Code: "bad_response", Advice: messenger.AdviceAddress, Unclear: true},
			calls:     []string{"users.lookupByEmail"},
		},
		"name": {
			recipient: "access-requests",
			answers:   map[string][]answer{"conversations.list": {list}},
			want:      address,
			calls:     []string{"conversations.list"},
		},
		"name with #": {
			recipient: "#Access-Requests",
			answers:   map[string][]answer{"conversations.list": {list}},
			want:      address,
			calls:     []string{"conversations.list"},
		},
		"name that does not exist": {
			recipient: "nowhere",
			answers:   map[string][]answer{"conversations.list": {list}},
			wantErr: &messenger.Error{
				Class: messenger.RecipientPermanent, Call: "conversations.list", Code: "channel_not_found", Advice: adviceChannel,
			},
			calls: []string{"conversations.list"},
		},
		"name, only public ones can be listed": {
			recipient: "#access-requests",
			answers:   map[string][]answer{"conversations.list": {refusal("missing_scope"), list}},
			want:      address,
			calls:     []string{"conversations.list", "conversations.list"},
		},
		"name that may be private": {
			recipient: "#secret-plans",
			answers:   map[string][]answer{"conversations.list": {refusal("missing_scope"), list}},
			want:      messenger.Address{ID: "secret-plans", ByName: true},
			calls:     []string{"conversations.list", "conversations.list"},
		},
		"name without scopes": {
			recipient: "#access-requests",
			answers:   map[string][]answer{"conversations.list": {refusal("missing_scope")}},
			want:      messenger.Address{ID: "access-requests", ByName: true},
			calls:     []string{"conversations.list", "conversations.list"},
		},
		"name, private ones by another refusal": {
			recipient: "#access-requests",
			answers:   map[string][]answer{"conversations.list": {refusal("invalid_types"), list}},
			want:      address,
			calls:     []string{"conversations.list", "conversations.list"},
		},
		"name without scopes by another refusal": {
			recipient: "#access-requests",
			answers:   map[string][]answer{"conversations.list": {refusal("invalid_types")}},
			want:      messenger.Address{ID: "access-requests", ByName: true},
			calls:     []string{"conversations.list", "conversations.list"},
		},
		"name with a token of an organization": {
			recipient: "#access-requests",
			answers:   map[string][]answer{"conversations.list": {refusal("missing_argument")}},
			want:      messenger.Address{ID: "access-requests", ByName: true},
			calls:     []string{"conversations.list", "conversations.list"},
		},
		"name where organizations are refused": {
			recipient: "#access-requests",
			answers:   map[string][]answer{"conversations.list": {refusal("enterprise_is_restricted")}},
			want:      messenger.Address{ID: "access-requests", ByName: true},
			calls:     []string{"conversations.list", "conversations.list"},
		},
		"name with a revoked token": {
			recipient: "#access-requests",
			answers:   map[string][]answer{"conversations.list": {refusal("token_revoked")}},
			wantErr:   &messenger.Error{Class: messenger.MessengerPermanent, Call: "conversations.list", Code: "token_revoked", Advice: adviceRenew},
			calls:     []string{"conversations.list"},
		},
		"name on a page that is too large at first": {
			recipient: "#access-requests",
			answers:   map[string][]answer{"conversations.list": {tooLarge, list}},
			want:      address,
			calls:     []string{"conversations.list", "conversations.list"},
		},
		"name while Slack is down": {
			recipient: "#access-requests",
			answers:   map[string][]answer{"conversations.list": {refusal("service_unavailable")}},
			wantErr:   &messenger.Error{Call: "conversations.list", Code: "service_unavailable"},
			calls:     []string{"conversations.list"},
		},
		"nothing": {
			recipient: " # ",
			wantErr:   &messenger.Error{Class: messenger.RecipientPermanent, Call: "resolve", Code: "invalid_recipient", Advice: "Name a channel, a channel id or an e-mail address"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, a := newSlack(t, tt.answers)
			got, err := s.Resolve(t.Context(), tt.recipient)
			scripted.CheckError(t, err, tt.wantErr)
			if got != tt.want {
				t.Errorf("Resolve = %+v, want %+v", got, tt.want)
			}
			a.CheckRoutes(t, tt.calls...)
		})
	}
}

func TestChannelsAreListedPageByPage(t *testing.T) {
	page := func(i int, next string) answer {
		return ok(fmt.Sprintf(`"channels":[{"id":"C00000000%02d","name":"channel-%d"}],"response_metadata":{"next_cursor":%q}`, i, i, next))
	}
	s, a := newSlack(t, map[string][]answer{"conversations.list": {page(1, "next"), page(2, "")}})
	for _, name := range []string{"channel-2", "channel-1"} {
		if got, err := s.Resolve(t.Context(), name); err != nil || got.ID == name {
			t.Errorf("Resolve(%s) = %v, %v; want an id", name, got, err)
		}
	}
	if got := a.Last().Form(t).Get("cursor"); got != "next" {
		t.Errorf("the second page was asked for with cursor %q", got)
	}
	if n := len(a.Routes()); n != 2 {
		t.Errorf("%d calls, want 2: the second name comes from the same list", n)
	}
}

// TestChannelYoungerThanTheList covers a channel that is made after the others were
// listed, and names that do not exist, which must not use up all calls.
func TestChannelYoungerThanTheList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, workspace := simulated(t, messengertest.Options{})
		workspace.AddChannel("general")
		resolve := func(name string, found bool) {
			t.Helper()
			_, err := bot.Resolve(t.Context(), name)
			if (err == nil) != found {
				t.Errorf("after %d lists, Resolve(%s) = %v", workspace.Calls()["conversations.list"], name, err)
			}
		}
		resolve("general", true)
		workspace.AddChannel("access-requests")
		for i := range 20 {
			resolve(fmt.Sprint("nowhere-", i), false)
		}
		time.Sleep(channelsPause + time.Second)
		resolve("access-requests", true)
		for i := range 20 {
			resolve(fmt.Sprint("nowhere-", i), false)
		}
		if lists := workspace.Calls()["conversations.list"]; lists != 2 {
			t.Errorf("%d lists, want 2", lists)
		}
	})
}

func TestEndlessChannelListIsBounded(t *testing.T) {
	s, a := newSlack(t, map[string][]answer{"conversations.list": {ok(`"channels":[],"response_metadata":{"next_cursor":"more"}`)}})
	got, err := s.Resolve(t.Context(), "#late")
	if want := (messenger.Address{ID: "late", ByName: true}); err != nil || got != want {
		t.Errorf("Resolve = %v, %v; want %v", got, err, want)
	}
	if n := len(a.Routes()); n != channelPages {
		t.Errorf("%d calls, want %d", n, channelPages)
	}
}

// TestChannelListTooLargeToRead covers a list of which not even one channel can be
// read: a name stays a name.
func TestChannelListTooLargeToRead(t *testing.T) {
	s, a := newSlack(t, map[string][]answer{"conversations.list": {tooLarge}})
	got, err := s.Resolve(t.Context(), "#access-requests")
	if want := (messenger.Address{ID: "access-requests", ByName: true}); err != nil || got != want {
		t.Errorf("Resolve = %v, %v; want %v", got, err, want)
	}
	if n := len(a.Routes()); n != 9 {
		t.Errorf("%d calls, want 9, the last for a single channel", n)
	}
}

// TestResolvePerson covers texts that a requester typed. What is no e-mail address is
// not even looked up.
func TestResolvePerson(t *testing.T) {
	found := ok(`"user":{"id":"` + user + `"}`)
	opened := ok(`"channel":{"id":"` + direct + `"}`)
	s, a := newSlack(t, map[string][]answer{"users.lookupByEmail": {found}, "conversations.open": {opened}})
	for _, typed := range []string{"#access-requests", "access-requests", channel, user, "@alice", "alice", "", "a@b@c"} {
		_, err := s.ResolvePerson(t.Context(), typed)
		scripted.CheckError(t, err, messenger.NotAnEmailAddress())
	}
	a.CheckRoutes(t)
	got, err := s.ResolvePerson(t.Context(), " alice@example.com")
	if want := (messenger.Address{ID: direct, Direct: true, Mention: "<@" + user + ">"}); err != nil || got != want {
		t.Errorf("ResolvePerson = %v, %v; want %v", got, err, want)
	}
	a.CheckRoutes(t, "users.lookupByEmail", "conversations.open")
}
