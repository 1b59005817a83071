package conformance

import (
	"maps"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// checkConstruction checks that New refuses what cannot work, without repeating it.
func checkConstruction(t *testing.T, subject Subject) {
	for _, name := range subject.Descriptor.Secrets {
		if subject.secrets(token)[name] == "" {
			t.Errorf("the Descriptor has a secret %s: add its value to Subject.Secrets", name)
		}
	}
	good := messenger.Config{Secrets: subject.secrets(token), Settings: subject.Descriptor.ExampleSettings(), URL: subject.address(host)}
	if _, err := subject.Descriptor.New(good); err != nil {
		t.Errorf("New = %v", err)
	}
	for name, spoil := range map[string]func(*messenger.Config){
		"no token":                 func(c *messenger.Config) { c.Secrets = subject.secrets("") },
		"blank token":              func(c *messenger.Config) { c.Secrets = subject.secrets(" \n") },
		"token of two lines":       func(c *messenger.Config) { c.Secrets = subject.secrets(canary + "\n" + canary) },
		"address with credentials": func(c *messenger.Config) { c.URL = "https://" + canary + ":" + canary + "@example.com" },
		"address of a file":        func(c *messenger.Config) { c.URL = "file:///" + canary },
		"address with a query":     func(c *messenger.Config) { c.URL += "?" + canary },
		"no address":               func(c *messenger.Config) { c.URL = "://" + canary },
	} {
		config := good
		spoil(&config)
		_, err := subject.Descriptor.New(config)
		if err == nil {
			t.Errorf("%s: New accepts it", name)
			continue
		}
		checkDiscreet(t, name, err)
	}
}

// checkToken checks what Check makes of good and bad tokens.
func checkToken(t *testing.T, subject Subject) {
	bubbled(t, subject, messengertest.Options{}, checkTokenOf)
}

func checkTokenOf(t *testing.T, b *bench) {
	t.Helper()
	if err := b.bot.Check(t.Context()); err != nil {
		t.Errorf("Check = %v", err)
	}
	if b.subject.Descriptor.Unchecked {
		b.checkUnchecked(t)
		return
	}
	wrong := b.withToken(t, "wrong-"+token, nil)
	wantClass(t, "Check with a wrong token", wrong.Check(t.Context()), messenger.MessengerPermanent)

	fresh := "fresh-" + token
	b.sim.SetToken(token, fresh)
	time.Sleep(b.subject.Believed)
	wantClass(t, "Check with an old token", b.bot.Check(t.Context()), messenger.MessengerPermanent)
	if err := b.withToken(t, fresh, nil).Check(t.Context()); err != nil {
		t.Errorf("Check with the new token = %v", err)
	}
	b.sim.RevokeToken(fresh)
	revoked := b.withToken(t, fresh, nil)
	wantClass(t, "Check with a revoked token", revoked.Check(t.Context()), messenger.MessengerPermanent)
	_, err := revoked.Post(t.Context(), b.to, sample(accessrequest.Pending), key)
	wantClass(t, "Post with a revoked token", err, messenger.MessengerPermanent)
}

// checkUnchecked checks that a post tells that a token does not work, where Check cannot.
func (b *bench) checkUnchecked(t *testing.T) {
	t.Helper()
	if calls := b.calls(); calls > 0 {
		t.Errorf("Check makes %d calls", calls)
	}
	for _, name := range []string{"wrong-" + token, token} {
		_, err := b.withToken(t, name, nil).Post(t.Context(), b.to, sample(accessrequest.Pending), key)
		if name == token && err == nil {
			b.sim.RevokeToken(token)
			_, err = b.bot.Post(t.Context(), b.to, sample(accessrequest.Pending), otherKey)
		}
		wantClass(t, "Post with the token "+name, err, messenger.RecipientPermanent)
	}
	b.wantPosts(t, 1)
}

// checkRecipients checks that those that cannot work are told as such, by
// Resolve or else by Post, and get nothing.
func checkRecipients(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	channel := func(name string, options ...messengertest.ChannelOption) []string {
		return subject.Channel(b.sim.AddChannel(name, options...), name)
	}
	person := func(email string, options ...messengertest.UserOption) []string {
		return subject.people(b.sim.AddUser(email, options...), email)
	}
	left := b.sim.AddChannel("left")
	b.sim.Kick(left)
	archived := b.sim.AddChannel("archived")
	b.sim.Archive(archived)
	closed := map[string][]string{
		"not invited": channel("closed", messengertest.WithoutBot()),
		"private":     channel("hidden", messengertest.WithoutBot(), messengertest.Private()),
		"read-only":   channel("readable", messengertest.ReadOnly()),
		"left":        subject.Channel(left, "left"),
		"archived":    subject.Channel(archived, "archived"),
	}
	wrong := map[string][]string{
		"nowhere":           append([]string{"", " "}, subject.Nowhere...),
		"deactivated":       person("gone@example.com", messengertest.Deactivated()),
		"unknown address":   {"unknown@example.com"},
		"not an address":    {"a@b@example.com"},
		"another's channel": {"#" + canary + "/../../users"},
	}
	if !subject.Unknowing {
		maps.Copy(wrong, closed)
	}
	for name, recipients := range wrong {
		for _, recipient := range recipients {
			wantClass(t, name+" ("+recipient+")", b.deliver(t, recipient), messenger.RecipientPermanent)
		}
	}
	b.wantPosts(t, 0)

	if err := b.deliver(t, subject.Channel(b.to.ID, channelName)[0]); err != nil {
		t.Errorf("delivery to the channel after that: %v", err)
	}
	b.wantPosts(t, 1)
}

// deliver resolves a recipient and posts to it.
func (b *bench) deliver(t *testing.T, recipient string) error {
	t.Helper()
	to, err := b.bot.Resolve(t.Context(), recipient)
	if err != nil {
		return err
	}
	_, err = b.bot.Post(t.Context(), to, sample(accessrequest.Pending), key)
	return err
}

// checkOneAddress checks that all ways to write a recipient lead to one address,
// and that a message to it arrives there.
func checkOneAddress(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	user := b.sim.AddUser(email)
	b.sim.AddUser("carol@example.com")
	for name, tt := range map[string]struct {
		recipients []string
		direct     bool
		key        string
	}{
		"channel": {subject.Channel(b.to.ID, channelName), subject.OneKind, key},
		"person":  {subject.people(user, email), true, otherKey},
	} {
		if len(tt.recipients) == 0 {
			continue
		}
		var to messenger.Address
		for i, recipient := range tt.recipients {
			got, err := b.bot.Resolve(t.Context(), recipient)
			if err != nil || got.ID == "" || got.Direct != tt.direct {
				t.Fatalf("Resolve(%s) = %+v, %v; want a %s", recipient, got, err, name)
			}
			if i > 0 && got != to {
				t.Errorf("Resolve(%s) = %+v, want %+v as for %s", recipient, got, to, tt.recipients[0])
			}
			to = got
		}
		for _, recipient := range []string{"  " + tt.recipients[0] + "\n", to.ID} {
			again, err := b.bot.Resolve(t.Context(), recipient)
			if recipient == to.ID {
				// Whose direct messages they are may not be known.
				again.Mention = to.Mention
			}
			if err != nil || again != to {
				t.Errorf("Resolve(%q) = %+v, %v; want %+v", recipient, again, err, to)
			}
		}
		start := time.Now()
		ref, err := b.bot.Post(t.Context(), to, sample(accessrequest.Pending), tt.key)
		if err != nil {
			t.Fatalf("Post to a %s: %v", name, err)
		}
		b.wantFoundAt(t, to, tt.key, start, ref)
		post := b.read(t, ref)
		if post.Direct != (name == "person") || name == "person" && post.User != user || name == "channel" && post.Channel != b.to.ID {
			t.Errorf("the message to a %s is %+v", name, post)
		}
		if b.subject.can().Edit && b.update(t, ref, sample(accessrequest.Approved)).Revisions != 2 {
			t.Errorf("the message to a %s was not updated", name)
		}
	}
}
