package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/node/cluster"
)

// chat is a simulated chat service, by HTTPS or SMTP, with two channels.
type chat struct {
	service.Service
	// name is that of its AccessNotifier and Secret.
	name      string
	simulator messengertest.Simulator
	// url is the address of the API.
	url string
	// recipient is the channel that hears of all requests, as a notifier names it, and
	// another one that only a soak names.
	recipient, another string
	// places are the names of both in the tally by the ids of their channels.
	places map[string]string
	server *http.Server

	mu sync.Mutex
	// told is when the first message about a request was there.
	told map[tally.Due]time.Time
	// shown is the status that the channel for all requests shows of each.
	shown map[string]string
	// changed is when anything was posted or edited.
	changed time.Time
}

const (
	channelName = "access-requests"
	anotherName = "security"
)

// noted are the services that an AccessNotifier can have hear of each request at once.
func noted() []service.Service {
	return slices.DeleteFunc(slices.Clone(service.All), func(s service.Service) bool { return s.RemindersOnly() })
}

func newChats(services []service.Service, now func() time.Time) []*chat {
	var chats []*chat
	for _, s := range services {
		c := &chat{
			Service: s, name: s.Name(), simulator: s.Simulate(messengertest.Options{Now: now}),
			places: map[string]string{}, told: map[tally.Due]time.Time{}, shown: map[string]string{},
		}
		id := c.simulator.AddChannel(channelName)
		c.recipient, c.places[id] = s.Channel(channelName, id), c.name
		id = c.simulator.AddChannel(anotherName)
		c.another, c.places[id] = s.Channel(anotherName, id), c.anotherPlace()
		c.simulator.Subscribe(c.see)
		chats = append(chats, c)
	}
	return chats
}

// anotherPlace is the other channel's name in the tally.
func (c *chat) anotherPlace() string { return c.name + "/" + anotherName }

// see notes a message that changed.
func (c *chat) see(post messengertest.Post) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed = time.Now()
	due := tally.Due{Request: tally.RequestID.FindString(post.Text), Recipient: c.places[post.Channel]}
	if due.Request == "" || post.ThreadOf != "" {
		return
	}
	if _, known := c.told[due]; !known {
		c.told[due] = c.changed
	}
	if due.Recipient == c.name {
		c.shown[due.Request] = tally.StatusOf(english(post).Text)
	}
}

// shows is the status that the channel for all requests shows of one.
func (c *chat) shows(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown[id]
}

// toldAt is when the channel for all requests first heard of one; zero if it has not.
func (c *chat) toldAt(id string) time.Time { return c.toldIn(c.name, id) }

// toldIn is the same of a channel by its name in the tally.
func (c *chat) toldIn(place, id string) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told[tally.Due{Request: id, Recipient: place}]
}

func (c *chat) lastChange() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// listen serves on a free port of this machine, which pods know as host.
func (c *chat) listen(host string, authority *cluster.Authority) error {
	if c.SMTP {
		err := c.simulator.Listen(net.JoinHostPort(host, "0"))
		c.url = c.simulator.URL()
		return err
	}
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

func (c *chat) close() error {
	if c.SMTP {
		c.simulator.Close()
		return nil
	}
	return c.server.Close()
}

// reachable replaces the host of an address that listens everywhere.
func reachable(address, host string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return net.JoinHostPort(host, port)
}
