package mattermost

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/scripted"
)

var decided = message.Message{RequestID: "id", Title: "Role request", State: accessrequest.Approved, Status: "Approved by alice"}

// After the time limit for edits, nothing that a message says stays untrue: the text
// names no state, and the attachment can still be changed.
func TestEditAfterTheTimeLimit(t *testing.T) {
	plain := decided
	plain.Plain = true
	for name, test := range map[string]struct {
		message message.Message
		patches int
	}{
		"the same text":   {decided, 1},
		"without a text":  {plain, 2},
		"another request": {message.Message{Title: "Resource request"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bot, server := simulated(t, messengertest.Options{EditLimit: time.Hour})
				ref, err := bot.Post(t.Context(), messenger.Address{ID: server.AddChannel("ops")}, small, "key")
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Hour)
				err = bot.Update(t.Context(), ref, test.message)
				if n := server.Calls()["PUT /posts/{post}/patch"]; n != test.patches {
					t.Errorf("%d patches, want %d", n, test.patches)
				}
				if name == "another request" {
					wantFinal(t, err, windowOver, adviceWindow)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				post := server.Posts()[0]
				if !strings.Contains(post.Text, "✅ **Approved by alice**") || strings.Contains(post.Text, "Pending") || post.Key != "key" {
					t.Errorf("the message says %q, with the key %q", post.Text, post.Key)
				}
				server.LimitProps(true)
				wantFinal(t, bot.Update(t.Context(), ref, test.message), windowOver, adviceWindow)
			})
		})
	}
}

// A plain message holds the state in its text. When that can no longer be edited, it
// must be followed by another one.
func TestPlainMessagesAfterTheTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bot, server := simulated(t, messengertest.Options{EditLimit: time.Hour})
		plain := small
		plain.Plain = true
		ref, err := bot.Post(t.Context(), messenger.Address{ID: server.AddChannel("ops")}, plain, "key")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		wantFinal(t, bot.Update(t.Context(), ref, decided), windowOver, adviceWindow)
		plain.Status = "Approved"
		wantFinal(t, bot.Update(t.Context(), ref, plain), windowOver, adviceWindow)
	})
}

// No state changes the headline: the server may not let it be edited any more.
func TestTheHeadlineNamesNoState(t *testing.T) {
	for name, m := range samples() {
		before := headline(layout(m))
		m.State, m.Status = accessrequest.Denied, "Denied after all"
		if text := headline(layout(m)); text != before || strings.Contains(text, m.Status) {
			t.Errorf("%s: the headline %q became %q", name, before, text)
		}
	}
}

func wantFinal(t *testing.T, err error, code, advice string) {
	t.Helper()
	scripted.CheckError(t, err, &messenger.Error{Class: messenger.MessageFinal, Call: callPatch, Code: code, Advice: advice})
}

// A bot whose permission Edit Own Posts was taken is told from one that means another
// account's post, although Mattermost says the same.
func TestForbiddenEdits(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("ops")}
	ref, err := bot.Post(t.Context(), to, small, "key")
	if err != nil {
		t.Fatal(err)
	}
	server.Crowd(to.ID, 1, "hello")
	foreign := messenger.Ref{Channel: to.ID, ID: server.Posts()[1].ID}
	if got := messenger.AsError(bot.Update(t.Context(), foreign, decided)); got.Class != messenger.MessageGone {
		t.Errorf("Update of another's post = %+v, want class %s", got, messenger.MessageGone)
	}
	server.AllowEdits(false)
	wantFinal(t, bot.Update(t.Context(), ref, decided), forbidden, adviceEdit)
	if _, err := bot.Post(t.Context(), to, decided, "key-2"); err != nil {
		t.Errorf("Post = %v, although only edits are forbidden", err)
	}
	to.ID = server.AddChannel("secret", messengertest.Private())
	if ref, err = bot.Post(t.Context(), to, decided, "key-3"); err != nil {
		t.Fatal(err)
	}
	server.Kick(to.ID)
	if got := messenger.AsError(bot.Update(t.Context(), ref, decided)); !got.Foreign {
		t.Errorf("Update of a post that may not be read = %+v, which may be another's", got)
	}
}

// A refusal of a healthy database is believed also when the file store is down.
func TestRefusalsWithoutAFileStore(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	server.SetFileStoreDown(true)
	server.RevokeToken(messengertest.DefaultToken)
	if got := messenger.AsError(bot.Check(t.Context())); got.Class != messenger.MessengerPermanent || got.Advice != adviceAccount {
		t.Errorf("Check = %+v, want class %s", got, messenger.MessengerPermanent)
	}
	server.SetDatabaseDown(true)
	if got := messenger.AsError(bot.Check(t.Context())); got.Class != messenger.Transient {
		t.Errorf("Check with the database down, too = %+v, want class %s", got, messenger.Transient)
	}
}

// What a plugin refuses is tried again in a plainer form, and not for ever.
func TestPostsThatAPluginRefuses(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to := messenger.Address{ID: server.AddChannel("ops")}
	m := small
	m.Fields = []message.Field{{Label: "User", Text: "secret"}}
	server.SetPlugin(func(text string) string {
		if strings.Contains(text, "secret") {
			return "It holds the word secret!"
		}
		return ""
	})
	_, err := bot.Post(t.Context(), to, m, "key")
	if got := messenger.AsError(err); got.Class != messenger.ContentRejected || got.Code != pluginCode || got.Advice != advicePlugin {
		t.Errorf("Post = %+v, want class %s", got, messenger.ContentRejected)
	}
	m.Plain = true
	ref, err := bot.Post(t.Context(), to, m, "key")
	if err != nil {
		t.Fatalf("the plain Post = %v", err)
	}
	m.Plain = false
	if got := messenger.AsError(bot.Update(t.Context(), ref, m)); got.Class != messenger.ContentRejected {
		t.Errorf("Update = %+v, want class %s", got, messenger.ContentRejected)
	}
}

// RestrictDirectMessage: team.
func TestDirectMessagesWithinATeamOnly(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	server.AddUser("alice@example.com", messengertest.WithoutTeam())
	to, err := bot.Resolve(t.Context(), "alice@example.com")
	if err != nil {
		t.Fatal(err)
	}
	ref, err := bot.Post(t.Context(), to, small, "key")
	if err != nil {
		t.Fatal(err)
	}
	server.RestrictDirectMessages(true)
	_, resolved := bot.Resolve(t.Context(), "alice@example.com")
	_, posted := bot.Post(t.Context(), to, small, "key-2")
	for name, err := range map[string]error{"Resolve": resolved, "Post": posted, "Update": bot.Update(t.Context(), ref, decided)} {
		if got := messenger.AsError(err); got.Class != messenger.RecipientPermanent || got.Advice != adviceTeam {
			t.Errorf("%s = %+v, want class %s", name, got, messenger.RecipientPermanent)
		}
	}
}
