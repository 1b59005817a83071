package teams

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

var small = message.Message{Title: "Role request", State: accessrequest.Pending, Status: "Pending", RequestID: "id"}

// simulated returns a bot of a simulated Teams.
func simulated(t *testing.T, options messengertest.Options) (*Teams, *messengertest.Teams) {
	t.Helper()
	service := messengertest.NewTeams(options)
	bot, err := New(messenger.Config{
		Secrets: messenger.Secrets{SecretClient: messengertest.DefaultToken}, Settings: Descriptor().ExampleSettings(),
		URL: "http://teams.simulated/teams", HTTPClient: &http.Client{Transport: service.Transport()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return bot, service
}

func wantCode(t *testing.T, what string, err error, class messenger.Class, code string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s works", what)
		return
	}
	if e := messenger.AsError(err); e.Class != class || e.Code != code {
		t.Errorf("%s = %+v, want %s of class %s", what, e, code, class)
	}
}

func TestPeopleWhoCannotBeWrittenTo(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	server.AddUser("shy@example.com", messengertest.WithoutDirectMessages())
	server.AddUser("gone@example.com", messengertest.Deactivated())
	for email, code := range map[string]string{
		"shy@example.com": "ForbiddenOperationException", "gone@example.com": "user_disabled", "none@example.com": "user_not_found",
	} {
		_, err := bot.ResolvePerson(t.Context(), email)
		wantCode(t, email, err, messenger.RecipientPermanent, code)
	}
}

// TestQuotesInAddressesStayInThem, and do not end the filter.
func TestQuotesInAddressesStayInThem(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	server.AddUser("o'brien@example.com")
	if to, err := bot.ResolvePerson(t.Context(), "o'brien@example.com"); err != nil || !to.Direct {
		t.Errorf("ResolvePerson = %+v, %v", to, err)
	}
	server.AddUser("alice@example.com")
	_, err := bot.ResolvePerson(t.Context(), "x'or'1'eq'1@example.com")
	wantCode(t, "an address that is a filter", err, messenger.RecipientPermanent, "user_not_found")
}

// TestWithoutThePermissionOfGraph people are named by their ids, and not mentioned.
func TestWithoutThePermissionOfGraph(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{Scopes: []string{}})
	id := server.AddUser("alice@example.com")
	_, err := bot.Resolve(t.Context(), "alice@example.com")
	wantCode(t, "an e-mail address", err, messenger.RecipientPermanent, codeDenied)
	to, err := bot.Resolve(t.Context(), strings.ToUpper(id))
	if err != nil || !to.Direct || to.Mention != "" {
		t.Errorf("Resolve of an object id = %+v, %v", to, err)
	}
	if _, err := bot.Post(t.Context(), to, small, ""); err != nil {
		t.Errorf("Post = %v", err)
	}
}

// TestRepliesAreForChannels: in a chat only the card lists reviews.
func TestRepliesAreForChannels(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	id := server.AddUser("alice@example.com")
	for recipient, want := range map[string]int{id: 1, server.AddChannel("ops"): 2} {
		to, err := bot.Resolve(t.Context(), recipient)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := bot.Post(t.Context(), to, small, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := bot.Reply(t.Context(), ref, message.Review{Author: "bob", State: accessrequest.Approved}, ""); err != nil {
			t.Fatal(err)
		}
		if posts := server.PostsIn(to.ID); len(posts) != want {
			t.Errorf("%d messages in %s, want %d", len(posts), to.ID, want)
		}
	}
}

// TestTheBotSignsInSeldom, and anew where its token is no longer taken.
func TestTheBotSignsInSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, server := simulated(t, messengertest.Options{})
		to := messenger.Address{ID: server.AddChannel("ops")}
		post := func() error { _, err := bot.Post(t.Context(), to, small, ""); return err }
		want := func(signIns int) {
			t.Helper()
			if got := server.SignIns(); got != signIns {
				t.Errorf("signed in %d times, want %d", got, signIns)
			}
		}
		for range 10 {
			if err := post(); err != nil {
				t.Fatal(err)
			}
		}
		want(1)
		time.Sleep(tokenFresh)
		if err := post(); err != nil {
			t.Fatal(err)
		}
		want(2)
		server.Faults().FailMethod("create conversation", messengertest.Failure{Code: "Unauthorized"})
		wantCode(t, "Post", post(), messenger.MessengerPermanent, "Unauthorized")
		server.Faults().Clear()
		if err := post(); err != nil {
			t.Fatal(err)
		}
		want(3)
	})
}

// TestASecondConversationSpeaksForTheTenant: both limits are told in the same words.
func TestASecondConversationSpeaksForTheTenant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, server := simulated(t, messengertest.Options{})
		server.Faults().Throttle(messengertest.Throttling{RetryAfter: time.Minute})
		var scopes []messenger.Scope
		// The first is where the bot signs in.
		server.Faults().Unthrottle()
		if err := bot.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := bot.Post(t.Context(), messenger.Address{ID: server.AddChannel("first")}, small, ""); err != nil {
			t.Fatal(err)
		}
		server.Faults().Throttle(messengertest.Throttling{RetryAfter: time.Minute})
		for _, name := range []string{"a", "b", "c"} {
			_, err := bot.Post(t.Context(), messenger.Address{ID: server.AddChannel(name)}, small, "")
			scopes = append(scopes, messenger.AsError(err).Scope)
		}
		if scopes[0] != messenger.ScopeAddress || scopes[1] != messenger.ScopeMethod || scopes[2] != messenger.ScopeMethod {
			t.Errorf("scopes are %v", scopes)
		}
	})
}

func TestMembership(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	in, out := server.AddChannel("in"), server.AddChannel("out", messengertest.WithoutBot())
	if err := bot.CheckMember(t.Context(), messenger.Address{ID: in}); err != nil {
		t.Errorf("CheckMember = %v", err)
	}
	wantCode(t, "CheckMember", bot.CheckMember(t.Context(), messenger.Address{ID: out}), messenger.RecipientPermanent, "BotNotInConversationRoster")
}
