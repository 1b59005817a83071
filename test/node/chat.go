package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/node/cluster"
)

// chat is a simulated chat service, by HTTPS, with one channel.
type chat struct {
	// kind is the messenger's type, name that of its AccessNotifier and Secret.
	kind v1alpha1.MessengerType
	name string
	// path is the path of the API in its address.
	path      string
	simulator messengertest.Simulator
	// url is the address of the API.
	url string
	// channel is the id of the channel, recipient how a notifier names it.
	channel, recipient string
	server             *http.Server

	mu sync.Mutex
	// told is when the first message about a request was there.
	told map[string]time.Time
	// changed is when anything was posted or edited.
	changed time.Time
}

const channelName = "access-requests"

func newChats() []*chat {
	slack := messengertest.NewSlack(messengertest.Options{})
	discord := messengertest.NewDiscord(messengertest.Options{})
	mattermost := messengertest.NewMattermost(messengertest.Options{})
	chats := []*chat{
		{kind: v1alpha1.MessengerSlack, name: "slack", path: "/api/", simulator: slack, recipient: channelName},
		{kind: v1alpha1.MessengerDiscord, name: "discord", path: "/api/v10", simulator: discord},
		{kind: v1alpha1.MessengerMattermost, name: "mattermost", simulator: mattermost, recipient: "main/" + channelName},
	}
	for _, c := range chats {
		c.told = map[string]time.Time{}
		c.channel = c.simulator.AddChannel(channelName)
		if c.recipient == "" {
			c.recipient = c.channel
		}
		c.simulator.Subscribe(c.see)
	}
	return chats
}

// see notes a message that changed.
func (c *chat) see(post messengertest.Post) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed = time.Now()
	id := requestID.FindString(post.Text)
	if _, known := c.told[id]; !known && post.ThreadOf == "" {
		c.told[id] = c.changed
	}
}

// toldAt is when the channel first heard of a request; zero if it has not.
func (c *chat) toldAt(id string) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told[id]
}

func (c *chat) lastChange() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// listen serves on a free port of this machine, which pods know as host.
func (c *chat) listen(host string, authority *cluster.Authority) error {
	pair, err := authority.Issue(c.name, nil, host)
	if err != nil {
		return err
	}
	certificate, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		return fmt.Errorf("listening for %s: %w", c.name, err)
	}
	c.url = (&url.URL{Scheme: "https", Host: reachable(listener.Addr().String(), host), Path: c.path}).String()
	c.server = &http.Server{
		Handler:           c.simulator,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 10 * time.Second,
	}
	go func() {
		if err := c.server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			complain("%s: %v", c.name, err)
		}
	}()
	return nil
}

// reachable replaces the host of an address that listens everywhere.
func reachable(address, host string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return net.JoinHostPort(host, port)
}
