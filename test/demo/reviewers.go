package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/demo/page"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// addPressers makes the accounts of the pressers.
func (c *chat) addPressers() {
	for _, p := range pressers {
		known := slices.IndexFunc(c.people, func(place page.Place) bool { return place.Name == p.Name })
		if known >= 0 {
			c.pressers = append(c.pressers, c.people[known])
			continue
		}
		var options []messengertest.UserOption
		if p.Name == gwen {
			options = append(options, messengertest.Guest())
		}
		c.pressers = append(c.pressers, page.Place{ID: c.simulator.AddUser(p.Name, options...), Name: p.Name})
	}
	if mattermost, ok := c.simulator.(*messengertest.Mattermost); ok {
		// The operator listens on this machine.
		mattermost.AllowInternalConnections(true)
	}
}

// letReview has reviewers decide in chat, which the sample does not.
func (c *chat) letReview() {
	c.clicks = c.Review(&c.notifier.Spec)
	if c.reason {
		c.notifier.Spec.Review.Reason = v1alpha1.ReviewReasonRequired
	}
}

// additions says what the AccessNotifier has that is not in the sample.
func (c *chat) additions() string {
	if c.notifier.Spec.Review == nil {
		return ""
	}
	return ", with spec.review"
}

// hasGuests is true where an account can be a guest's.
func (c *chat) hasGuests() bool { return c.Type != v1alpha1.MessengerDiscord }

// addUsers makes Teleport know the pressers, with their accounts as traits. Where there are no
// guests, the guest's account is one that it does not know.
func (d *demo) addUsers() {
	for i, p := range pressers {
		user := teleporttest.User{Name: p.Name, Roles: []string{teleporttest.ReviewerRole}, Traits: map[string][]string{}}
		for _, c := range d.chats {
			if c.pressers != nil && (p.Name != gwen || c.hasGuests()) {
				user.Traits[c.Trait()] = []string{c.pressers[i].ID}
			}
		}
		d.teleport.SetUser(user)
	}
}

// portal is where an application's owner says which address the service calls with each press.
type portal interface {
	SetEndpoint(url string) error
}

// setEndpoints tells each service that asks for it where the operator listens. It tries that at once.
func (d *demo) setEndpoints(ctx context.Context) error {
	for _, c := range d.chats {
		service, asks := c.simulator.(portal)
		if !asks {
			continue
		}
		url := fmt.Sprintf("http://%s/review/%s/%s", d.listener, notifierNamespace, c.notifier.Name)
		if err := wait.For(ctx, readyWithin, pollEvery, func() error { return service.SetEndpoint(url) }); err != nil {
			return fmt.Errorf("telling %s that the operator listens at %s: %w", c.title(), url, err)
		}
	}
	return nil
}
