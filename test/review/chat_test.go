package review

import (
	"errors"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// chat is a simulated chat service with a channel.
type chat struct {
	messengertest.Clicker
	service service.Service
	channel string
}

// services are those with buttons.
var services = []service.Service{service.Slack, service.Discord, service.Mattermost}

// newChat starts a service until the test ends.
func newChat(t *testing.T, s service.Service) *chat {
	t.Helper()
	clicker, ok := s.Simulate(messengertest.Options{}).(messengertest.Clicker)
	if !ok {
		t.Fatalf("the simulated %s has no buttons", s.Type)
	}
	c := &chat{Clicker: clicker, service: s}
	if err := c.Listen(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if mattermost, ok := clicker.(*messengertest.Mattermost); ok {
		mattermost.AllowInternalConnections(true)
	}
	c.channel = c.AddChannel("access-requests")
	return c
}

// recipient is how a notifier writes the channel.
func (c *chat) recipient() string { return c.service.Channel("access-requests", c.channel) }

// messenger is a bot with a token.
func (c *chat) messenger(token string) supervisor.Messenger {
	m := supervisor.Messenger{
		Type: string(c.service.Type), URL: c.URL(), Settings: c.service.Settings(), Secrets: c.service.Secrets(token),
	}
	if _, listens := c.Clicker.(*messengertest.Slack); listens {
		m.Secrets[messenger.SecretAppToken] = messengertest.DefaultAppToken
	}
	return m
}

// callAt has the service call an address of ours, where it is not in the messages.
func (c *chat) callAt(url string) error {
	if discord, ok := c.Clicker.(*messengertest.Discord); ok {
		return discord.SetEndpoint(url)
	}
	return nil
}

// told is what a person was told, in order.
func (c *chat) told(user string) (all []string) {
	for _, answer := range c.PrivateAnswers(user) {
		all = append(all, answer.Text)
	}
	return all
}

// offered are the buttons below the message in a channel: "" for none, as of a message that is
// not there.
func (c *chat) offered(channel string) (names string) {
	for _, post := range c.PostsIn(channel) {
		for _, b := range c.Buttons(channel, post.ID) {
			names += map[bool]string{true: "approve ", false: "deny "}[b.Approve]
		}
	}
	return names
}

// message is the first message in a channel.
func (c *chat) message(channel string) (messengertest.Post, error) {
	for _, post := range c.PostsIn(channel) {
		return post, nil
	}
	return messengertest.Post{}, errors.New("there is no message")
}
