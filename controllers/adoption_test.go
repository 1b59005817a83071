package controllers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// oldForm is what the messages of the plugin show that ran here before.
const oldForm = "A request, in the form of the plugin"

// announcedBefore makes an access request that a plugin has announced in the channel, as the
// same bot.
func (s *stage) announcedBefore() (id string) {
	s.t.Helper()
	id = s.request()
	slackBot, err := registry.All().Find(string(v1alpha1.MessengerSlack))
	s.must(err)
	bot, err := slackBot.New(messenger.Config{Secrets: messenger.Token(s.token), URL: slack.URL(), HTTPClient: http.DefaultClient})
	s.must(err)
	ref, err := bot.Post(s.t.Context(), messenger.Address{ID: s.channel}, message.Message{RequestID: id, Title: oldForm}, "")
	s.must(err)
	s.must(s.teleport.WritePluginData(id, "slack", map[string]string{"user": "alice", "roles": "editor", "messages": ref.String()}))
	return id
}

// old returns how many messages in the channel are as the plugin left them.
func (s *stage) old() (n int) {
	for _, post := range slack.PostsIn(s.channel) {
		if strings.Contains(post.Text, oldForm) {
			n++
		}
	}
	return n
}

// TestAPluginsMessagesAreTakenOver by default, once: a later Ignore changes nothing of it.
func TestAPluginsMessagesAreTakenOver(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	first := s.announcedBefore()
	s.putSecrets()
	s.apply()
	s.awaitReady()
	s.eventually("the message is taken over", func() string { return unless(s.old() == 0, "it is not") })
	s.assertPosts(s.channel, first)

	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Adopt = v1alpha1.AdoptionIgnore })
	second := s.request()
	s.awaitPosts(s.channel, first, second)
	s.must(s.teleport.Resolve(first, "APPROVED", ""))
	s.awaitText(s.channel, first, "approved")
	s.assertPosts(s.channel, first, second)
}

// TestAPluginsMessagesAreIgnored stay as they are, and what they are about is announced. To
// take them over later comes too late for that, and makes no other message.
func TestAPluginsMessagesAreIgnored(t *testing.T) {
	s := newStage(t, teleporttest.Options{})
	s.notifier.Spec.Adopt = v1alpha1.AdoptionIgnore
	s.announcedBefore()
	s.putSecrets()
	s.apply()
	announced := func(want int) {
		t.Helper()
		s.eventually("it is announced", func() string {
			n := len(topLevel(slack.PostsIn(s.channel)))
			return unless(n >= want, "%d messages, want %d", n, want)
		})
	}
	announced(2)
	s.edit(func(n *v1alpha1.AccessNotifier) { n.Spec.Adopt = v1alpha1.AdoptionAdopt })
	s.request()
	announced(3)
	s.awaitReady()
	if all, old := len(topLevel(slack.PostsIn(s.channel))), s.old(); all != 3 || old != 1 {
		t.Errorf("%d messages, %d of them as the plugin left them, want 3 and 1", all, old)
	}
}
