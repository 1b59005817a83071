package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// buttons are what the page must offer.
var buttons = []string{
	"Request access", "One approval", "Two approvals", "A server", "Injection",
	"Approve", "Deny", "Resolve as approved", "Resolve as denied", "Promote", "Expire",
}

// checkPage compares what the page shows with what the services hold.
func (d *demo) checkPage(ctx context.Context, v *visitor) error {
	html, err := v.read(ctx, "/")
	if err != nil {
		return err
	}
	for _, button := range buttons {
		if !regexp.MustCompile(`<button[^>]*>` + button + `</button>`).MatchString(html) {
			return fmt.Errorf("it has no button %q", button)
		}
	}
	d.out.check(fmt.Sprintf("It has all %d buttons", len(buttons)))
	beside, err := v.read(ctx, "/side-by-side")
	if err != nil {
		return err
	}
	if !strings.Contains(beside, `id="columns"`) {
		return errors.New("it shows no messages side by side")
	}

	var held []messengertest.Post
	for _, c := range d.chats {
		held = append(held, c.simulator.Posts()...)
	}
	state, err := v.state(ctx)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(held, state.Posts); diff != "" {
		return fmt.Errorf("its messages are not those of the chats (-chats +page):\n%s", diff)
	}
	d.out.check(fmt.Sprintf("It shows the %d messages that the chats hold", len(held)))
	return d.checkStream(ctx, v, held)
}

// checkStream wants the stream to begin with all posts, and to announce a new one.
func (d *demo) checkStream(ctx context.Context, v *visitor, held []messengertest.Post) error {
	ctx, cancel := context.WithTimeout(ctx, deliveredWithin)
	defer cancel()
	const reason = "For the page to show."
	var seen []messengertest.Post
	err := v.stream(ctx, func(post messengertest.Post) bool {
		seen = append(seen, post)
		if len(seen) == len(held) {
			var made struct{}
			go func() {
				// Without the request, no message comes, which is the failure.
				_ = v.press(ctx, "/api/requests", asked{User: "auditor@example.com", Roles: []string{"auditor"}, Reason: reason}, &made)
			}()
		}
		return len(seen) <= len(held)
	})
	if err != nil {
		return err
	}
	if diff := cmp.Diff(held, seen[:len(held)]); diff != "" {
		return fmt.Errorf("its stream begins with other messages than the chats hold (-chats +page):\n%s", diff)
	}
	if !strings.Contains(seen[len(held)].Text, reason) {
		return errors.New("its stream announces another message than the new one")
	}
	d.out.check("It hears of a new message at once")
	return nil
}
