package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/demo/page"
)

// service is a chat service that the demo can show.
type service struct {
	// title is the service's name as people write it.
	title string
	// sample is the file in config/samples that is applied for it.
	sample string
	// urlFlag is the operator's flag for the address of the service's API.
	urlFlag string
	// simulate makes the service.
	simulate func(messengertest.Options) messengertest.Simulator
}

// services are the chat services that are shown, one entry for each.
var services = []service{{
	title:   "Slack",
	sample:  "slack.yaml",
	urlFlag: "--slack-api-url",
	simulate: func(o messengertest.Options) messengertest.Simulator {
		return messengertest.NewSlack(o)
	},
}}

// chat is a running service with the AccessNotifier that posts to it.
type chat struct {
	service
	simulator messengertest.Simulator
	notifier  *v1alpha1.AccessNotifier
	// channels and people are those of the sample, and the cast.
	channels, people []page.Place
}

// startChats starts the services, and makes in each the channels and people that
// its sample names.
func (d *demo) startChats(context.Context) error {
	for _, s := range services {
		done := d.out.begin(s.title, "starting the simulator")
		notifier, err := readSample(d.root, s.sample)
		if err != nil {
			return err
		}
		c := &chat{service: s, simulator: s.simulate(messengertest.Options{}), notifier: notifier}
		c.populate()
		if err := c.simulator.Listen(""); err != nil {
			return fmt.Errorf("starting the simulated %s: %w", s.title, err)
		}
		d.onStop(func() error { c.simulator.Close(); return nil })
		d.chats = append(d.chats, c)
		done("simulated, at " + c.simulator.URL())
	}
	return nil
}

func (c *chat) populate() {
	emails := slices.Clone(cast)
	for _, name := range recipients(c.notifier) {
		if strings.Contains(name, "@") {
			emails = append(emails, name)
		} else {
			c.channels = append(c.channels, page.Place{ID: c.simulator.AddChannel(name), Name: name})
		}
	}
	slices.Sort(emails)
	for _, email := range slices.Compact(emails) {
		c.people = append(c.people, page.Place{ID: c.simulator.AddUser(email), Name: email})
	}
}

// recipients returns the recipients that an AccessNotifier names, in order.
func recipients(n *v1alpha1.AccessNotifier) []string {
	names := slices.Clone([]string(n.Spec.Recipients))
	for _, list := range n.Spec.RoleToRecipients {
		names = append(names, list...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func workspaces(chats []*chat) []page.Workspace {
	var all []page.Workspace
	for _, c := range chats {
		all = append(all, page.Workspace{Chat: c.simulator, Title: c.title, Channels: c.channels, People: c.people})
	}
	return all
}

// place names where a message is, as its readers would: a channel, or the person
// who gets it directly.
func (c *chat) place(post messengertest.Post) string {
	if !post.Direct {
		return "#" + post.ChannelName
	}
	for _, person := range c.people {
		if person.ID == post.User {
			return person.Name
		}
	}
	return cmp.Or(post.User, post.Channel)
}

// notice is a message as notifications and screen readers present it: for Slack
// the top-level text, which Post.Text has before the blocks. Other services have
// one text only.
func notice(post messengertest.Post) string {
	var raw struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(post.Raw, &raw); err != nil || raw.Text == "" {
		return post.Text
	}
	lines := strings.Split(post.Text, "\n")
	n := min(strings.Count(raw.Text, "\n")+1, len(lines))
	return strings.Join(lines[:n], "\n")
}
