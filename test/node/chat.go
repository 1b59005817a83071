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

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/node/cluster"
)

// chat is a simulated chat service, by HTTPS, with one channel.
type chat struct {
	service.Service
	// name is that of its AccessNotifier and Secret.
	name      string
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
	var chats []*chat
	for _, s := range service.All {
		c := &chat{Service: s, name: s.Name(), simulator: s.Simulate(messengertest.Options{}), told: map[string]time.Time{}}
		c.channel = c.simulator.AddChannel(channelName)
		c.recipient = s.Channel(channelName, c.channel)
		c.simulator.Subscribe(c.see)
		chats = append(chats, c)
	}
	return chats
}

// see notes a message that changed.
func (c *chat) see(post messengertest.Post) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed = time.Now()
	id := tally.RequestID.FindString(post.Text)
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
	c.url = (&url.URL{Scheme: "https", Host: reachable(listener.Addr().String(), host), Path: c.Path}).String()
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
