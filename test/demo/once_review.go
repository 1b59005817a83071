package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/demo/page"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// told are the people who press a button below one message, one after the other, and what each of
// them alone is told. The last one decides.
func (c *chat) told() []telling {
	guest := telling{gwen, message.AnswerNotTrusted}
	if !c.hasGuests() {
		guest.answer = message.AnswerNoUser
	}
	return []telling{{dave, message.AnswerNotAllowed}, guest, {bob, message.AnswerApproved}}
}

// telling is what a person is told.
type telling struct{ name, answer string }

// checkReviews decides in every chat that has buttons, as a visitor with a browser would.
func (d *demo) checkReviews(ctx context.Context, v *visitor) error {
	for _, c := range d.chats {
		if !c.Buttons() {
			continue
		}
		if err := d.checkReview(ctx, v, c); err != nil {
			return fmt.Errorf("%s: %w", c.title(), err)
		}
	}
	return nil
}

// checkReview has a request decided in one chat: not by its requester, not by a guest, and once by
// a reviewer.
func (d *demo) checkReview(ctx context.Context, v *visitor, c *chat) error {
	var made struct {
		ID string `json:"id"`
	}
	err := v.press(ctx, "/api/requests", asked{User: dave, Roles: []string{"auditor"}, Reason: "Decide in " + c.title() + "."}, &made)
	if err != nil {
		return err
	}
	post, err := c.withButtons(ctx, made.ID)
	if err != nil {
		return err
	}
	for _, p := range c.told() {
		if err := d.checkPress(ctx, v, c, post, p.name, p.answer); err != nil {
			return fmt.Errorf("%s presses: %w", p.name, err)
		}
		want := 0
		if p.name == bob {
			want = 1
		}
		if n := d.reviews(made.ID); n != want {
			return fmt.Errorf("after %s has pressed, Teleport counts %d reviews, want %d", p.name, n, want)
		}
	}
	return d.checkDecided(ctx, c, made.ID)
}

// reviews is how many reviews Teleport counts.
func (d *demo) reviews(id string) int {
	request, _ := d.teleport.Request(id)
	return len(request.Reviews)
}

// withButtons waits for a message about a request in a channel, with both buttons.
func (c *chat) withButtons(ctx context.Context, id string) (post messengertest.Post, err error) {
	err = wait.For(ctx, deliveredWithin, pollEvery, func() error {
		post, err = c.message(id)
		if err != nil {
			return err
		}
		if n := len(c.clicker().Buttons(post.Channel, post.ID)); n != 2 {
			return fmt.Errorf("its message has %d buttons, want 2", n)
		}
		return nil
	})
	return post, err
}

// message returns the message about a request in a channel.
func (c *chat) message(id string) (messengertest.Post, error) {
	posts := c.simulator.Posts()
	i := slices.IndexFunc(posts, func(p messengertest.Post) bool { return !p.Direct && page.RequestOf(p) == id })
	if i < 0 {
		return messengertest.Post{}, errors.New("no channel has a message about the request")
	}
	return posts[i], nil
}

// clicker is the service of a chat that has buttons.
func (c *chat) clicker() messengertest.Clicker {
	clicker, ok := c.simulator.(messengertest.Clicker)
	if !ok {
		panic("messages in " + c.title() + " have no buttons")
	}
	return clicker
}

// pressed is what the page sends of a button, and of a form.
type pressed struct {
	Service string `json:"service"`
	Channel string `json:"channel,omitempty"`
	Message string `json:"message,omitempty"`
	Account string `json:"account"`
	Approve bool   `json:"approve,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// checkPress presses the button that approves, gives a reason where one is asked for, and wants
// the person to be told something.
func (d *demo) checkPress(ctx context.Context, v *visitor, c *chat, post messengertest.Post, name, answer string) error {
	button := pressed{Service: c.Name(), Channel: post.Channel, Message: post.ID, Account: c.account(name), Approve: true}
	var made struct {
		ID int `json:"id"`
	}
	if err := v.press(ctx, "/api/clicks", button, &made); err != nil {
		return err
	}
	if c.reason {
		if err := v.awaitClick(ctx, made.ID, func(k clickState) bool { return k.Form != nil }); err != nil {
			return fmt.Errorf("the form: %w", err)
		}
		var answer struct{}
		form := pressed{Service: c.Name(), Account: c.account(name), Reason: "Seen by " + name + "."}
		if err := v.press(ctx, "/api/forms", form, &answer); err != nil {
			return fmt.Errorf("the form: %w", err)
		}
	}
	words, _, _ := strings.Cut(answer, "%[1]s")
	if err := v.awaitClick(ctx, made.ID, func(k clickState) bool { return strings.Contains(k.last(), words) }); err != nil {
		return fmt.Errorf("waiting for %q: %w", words, err)
	}
	d.out.check(fmt.Sprintf("%s: %s presses, and is told: %s", c.title(), name, words+strings.Repeat(name, strings.Count(answer, "%[1]s"))))
	return nil
}

// account is the id of a person's account.
func (c *chat) account(name string) string {
	i := slices.IndexFunc(c.pressers, func(p page.Place) bool { return p.Name == name })
	return c.pressers[i].ID
}

// checkDecided wants one review to have decided, the message to say through what and to have no
// buttons any more, and the same press to change nothing.
func (d *demo) checkDecided(ctx context.Context, c *chat, id string) error {
	said := "Approved by " + bob + ", through " + c.title()
	err := wait.For(ctx, deliveredWithin, pollEvery, func() error {
		post, err := c.message(id)
		switch {
		case err != nil:
			return err
		case !strings.Contains(c.dialect.text(post), said):
			return fmt.Errorf("its message does not say %q, but\n%s", said, post.Text)
		case len(c.clicker().Buttons(post.Channel, post.ID)) > 0:
			return errors.New("its message still has buttons")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := c.clicker().Repeat(); err != nil {
		return fmt.Errorf("the same press once more: %w", err)
	}
	request, _ := d.teleport.Request(id)
	if len(request.Reviews) != 1 || request.Reviews[0].Author != bob || request.State != accessrequest.Approved {
		return fmt.Errorf("the request is %s after the reviews %v, want one by %s", request.State, request.Reviews, bob)
	}
	d.out.check(fmt.Sprintf("%s: the message says %q, and Teleport counts that once", c.title(), said))
	return nil
}
