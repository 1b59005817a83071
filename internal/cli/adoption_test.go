package cli

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// oldForm is what the messages of the plugin show that ran here before.
const oldForm = "A request, in the form of the plugin"

// announcedBefore makes an access request that a plugin has announced as the bot with a token,
// to some of its recipients.
func (s *site) announcedBefore(token string, recipients ...string) string {
	s.Helper()
	id, err := s.teleport.CreateRequest(teleporttest.RequestSpec{Roles: []string{"dba"}})
	if err != nil {
		s.Fatal(err)
	}
	descriptor, err := registry.All().Find(string(s.service.Type))
	if err != nil {
		s.Fatal(err)
	}
	bot, err := descriptor.New(messenger.Config{Secrets: messenger.Token(token), URL: s.chat.URL(), HTTPClient: http.DefaultClient})
	if err != nil {
		s.Fatal(err)
	}
	messages := []string{"carol@example.com/"}
	for _, recipient := range recipients {
		to, err := bot.Resolve(s.Context(), recipient)
		if err != nil {
			s.Fatal(err)
		}
		ref, err := bot.Post(s.Context(), to, message.Message{RequestID: id, Title: oldForm}, "")
		if err != nil {
			s.Fatal(err)
		}
		messages = append(messages, ref.String())
	}
	data := map[string]string{"user": "eve", "roles": "dba", "messages": strings.Join(messages, ",")}
	if err := s.teleport.WritePluginData(id, s.service.Name(), data); err != nil {
		s.Fatal(err)
	}
	return id
}

// awaitForm waits until there are as many messages, each once in a channel, of which some are
// as a plugin left them.
func (s *site) awaitForm(p *launch.Process, all, old int) {
	s.Helper()
	wait.Test(s, within, "the messages are taken over", func() error {
		olds, posts := 0, s.chat.Posts()
		for _, post := range posts {
			if strings.Contains(post.Text, oldForm) {
				olds++
			}
		}
		if len(posts) != all || olds != old {
			return fmt.Errorf("%d messages, %d of them in the old form%s", len(posts), olds, p.LogTail())
		}
		return nil
	})
}

// TestAPluginIsReplaced starts with the file of a plugin that has run here: what it has posted
// as the same bot is edited in place, and what it has posted as another is left and announced
// beside it, once, also where another host starts.
func TestAPluginIsReplaced(t *testing.T) {
	for _, messenger := range service.Plugins {
		t.Run(messenger.Name(), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, messenger)
			// The first is not configured in Discord any more.
			recipients, configured := map[string][]string{
				"slack": {"alice@example.com", "oncall"}, "mattermost": {"alice@example.com", "team/oncall"},
				"discord": {s.channels["access-requests"], s.channels["oncall"]},
			}[messenger.Name()], 2
			if !messenger.ByEmail() {
				configured = 1
			}
			s.chat.AddBot("xoxb-another-token")
			s.announcedBefore(messengerToken, recipients...)
			s.announcedBefore("xoxb-another-token", recipients[1])
			config := s.example(messenger.Name() + "-v15.toml")
			first := s.start(config)
			s.awaitForm(first, 3+configured, 1)
			second := s.start(config)
			s.awaitLog(second, "Announcing access requests")
			s.awaitPost(second, s.ask())
			s.awaitForm(second, 3+configured+1, 1)
			for _, p := range []*launch.Process{first, second} {
				if err := p.Stop(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestAPluginIsReplacedWithTheScopesOfItsGuide is the same in Slack, where the bot of the
// plugin's guide may not ask for channels.
func TestAPluginIsReplacedWithTheScopesOfItsGuide(t *testing.T) {
	t.Parallel()
	s := newSite(t, service.Slack)
	s.announcedBefore(messengerToken, "alice@example.com", "oncall")
	s.chat.(*messengertest.Slack).SetScopes(messengerToken, "chat:write", "users:read", "users:read.email")
	p := s.start(s.example("slack-v15.toml"))
	s.awaitForm(p, 2, 0)
	s.ask()
	s.awaitForm(p, 3, 0)
}
