package supervisor

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
)

// countingChat counts what it is asked.
type countingChat struct {
	messenger.Messenger
	checks, names int
	refusal       error
}

// Check implements messenger.Messenger.
func (c *countingChat) Check(context.Context) error {
	c.checks++
	return c.refusal
}

// Resolve implements messenger.Messenger.
func (c *countingChat) Resolve(_ context.Context, recipient string) (messenger.Address, error) {
	c.names++
	return messenger.Address{ID: "channel " + recipient}, nil
}

// countingPeople is a countingChat that finds people.
type countingPeople struct {
	countingChat
	people int
}

// ResolvePerson implements messenger.PersonResolver.
func (c *countingPeople) ResolvePerson(_ context.Context, email string) (messenger.Address, error) {
	c.people++
	return messenger.Address{ID: "person " + email, Direct: true}, nil
}

func TestPeopleAreLookedUpOnceAndApartFromNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chat := &countingPeople{}
		shared := newTestBot(chat)
		resolvePerson := shared.personResolver()
		for range 3 {
			name, err := shared.resolve(t.Context(), "a@example.com")
			if err != nil || name.ID != "channel a@example.com" {
				t.Errorf("the recipient of the rules is %+v, %v", name, err)
			}
			person, err := resolvePerson(t.Context(), "a@example.com")
			if err != nil || person.ID != "person a@example.com" {
				t.Errorf("the person whom a requester names is %+v, %v", person, err)
			}
		}
		if chat.names != 1 || chat.people != 1 {
			t.Errorf("%d look-ups of names and %d of people, want one of each", chat.names, chat.people)
		}
		time.Sleep(directoryFresh)
		if _, err := resolvePerson(t.Context(), "a@example.com"); err != nil || chat.people != 2 {
			t.Errorf("after a minute there were %d look-ups (%v), want 2", chat.people, err)
		}
	})
}

func TestAMessengerThatFindsNoPeopleOffersNone(t *testing.T) {
	if newTestBot(&countingChat{}).personResolver() != nil {
		t.Error("people are said to be found by e-mail address")
	}
}

// A probe a minute by each of many notifiers costs one call a minute, not many.
func TestOneProbeServesAllNotifiersOfABot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chat := &countingChat{}
		shared := newTestBot(chat)
		const notifiers, minutes = 20, 10
		for range minutes * notifiers {
			if err := shared.probe(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute / notifiers)
		}
		if chat.checks < minutes || chat.checks > minutes*3/2 {
			t.Errorf("%d calls in %d minutes, want about one a minute", chat.checks, minutes)
		}
	})
}

// A notifier asks again after 48 s at the earliest. Its own last probe must not answer, or
// a token that was revoked in between shows only at the probe after.
func TestAProbeIsNotAnsweredByTheOneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chat := &countingChat{}
		shared := newTestBot(chat)
		if err := shared.probe(t.Context()); err != nil {
			t.Fatal(err)
		}
		chat.refusal = errors.New("revoked")
		time.Sleep(48 * time.Second)
		if err := shared.probe(t.Context()); err == nil {
			t.Error("a revoked token is taken to work")
		}
	})
}

func TestAFailedProbeIsNotKept(t *testing.T) {
	chat := &countingChat{refusal: errors.New("refused")}
	shared := newTestBot(chat)
	for range 2 {
		if err := shared.probe(t.Context()); err == nil {
			t.Error("the refusal is hidden")
		}
	}
	chat.refusal = nil
	if err := shared.probe(t.Context()); err != nil || chat.checks != 3 {
		t.Errorf("after %d calls the probe says %v", chat.checks, err)
	}
}

// Notifiers share the pauses that a service asks for exactly if the service
// limits them together.
func TestPausesAreSharedByThoseWhoAreLimitedTogether(t *testing.T) {
	type settings struct{ kind, url, token string }
	config := func(kind, url, token string) settings { return settings{kind, url, token} }
	for name, tt := range map[string]struct {
		one, other settings
		together   bool
	}{
		"one Slack token":                     {config("Slack", "", "one"), config("Slack", "", "one"), true},
		"two Slack tokens":                    {config("Slack", "", "one"), config("Slack", "", "two"), false},
		"one token at Slack and Discord":      {config("Slack", "", "one"), config("Discord", "", "one"), false},
		"one token at two Mattermost servers": {config("Mattermost", "https://a", "one"), config("Mattermost", "https://b", "one"), false},
		"two tokens at one Mattermost server": {config("Mattermost", "https://a/", "one"), config("Mattermost", "https://A", "two"), true},
	} {
		t.Run(name, func(t *testing.T) {
			var all bots
			throttle := func(s settings) (found *messenger.Throttle) {
				d, err := registry.All().Find(s.kind)
				if err != nil {
					t.Fatal(err)
				}
				d.New = func(c messenger.Config) (messenger.Messenger, error) {
					found = c.Throttle
					return &countingChat{}, nil
				}
				_, release, err := all.acquire(d, messenger.Config{URL: s.url, Secrets: messenger.Token(s.token)}, false)
				if err != nil {
					t.Fatal(err)
				}
				found.Pause(messenger.Bucket{}, time.Hour)
				release()
				return found
			}
			if together := throttle(tt.one) == throttle(tt.other); together != tt.together {
				t.Errorf("they wait together: %t, want %t", together, tt.together)
			}
		})
	}
}

// The keys of posts must stay what they were when a token was all that a bot could have:
// a post of an older version would not be found again.
func TestKeysOfPostsOfATokenStayTheSame(t *testing.T) {
	key := Key{Namespace: "ns", Name: "a"}
	mac := hmac.New(sha256.New, []byte("token"))
	mac.Write([]byte("accessnotifier/ns/a"))
	one := Spec{Messenger: Messenger{Type: "Slack", Secrets: messenger.Token("token")}}
	if !hmac.Equal(one.keySecret(key), mac.Sum(nil)) {
		t.Error("the keys of posts have changed")
	}
	two := Spec{Messenger: Messenger{Type: "Slack", Secrets: map[string]string{"token": "token", "tenant": "x"}}}
	if hmac.Equal(two.keySecret(key), one.keySecret(key)) {
		t.Error("a second secret makes no difference")
	}
	trusting := Spec{Messenger: Messenger{Type: "Slack", Secrets: map[string]string{"token": "token", messenger.SecretCA: "x"}}}
	if !hmac.Equal(trusting.keySecret(key), one.keySecret(key)) {
		t.Error("authorities change the keys of posts")
	}
}

// newTestBot is a bot of which no sentence is read.
func newTestBot(m messenger.Messenger) *bot {
	return newBot(m, logr.Discard(), func(*messenger.Error) string { return "" })
}
