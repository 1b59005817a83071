package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// deliveredWithin bounds how long a change may take to show in every message.
const deliveredWithin = 10 * time.Second

// check plays all scenarios through, as somebody with a browser would, and
// checks every message.
func (d *demo) check(ctx context.Context) error {
	v := &visitor{base: d.pageURL, client: http.Client{Transport: &http.Transport{}}}
	defer v.client.CloseIdleConnections()
	if err := d.playAll(ctx, v); err != nil {
		return err
	}
	d.out.heading("The page")
	if err := d.checkPage(ctx, v); err != nil {
		return fmt.Errorf("the page: %w", err)
	}
	d.out.heading("Delay from the request in Teleport to the message in Slack")
	if err := d.measure(ctx); err != nil {
		return fmt.Errorf("measuring the delay: %w", err)
	}
	d.out.line("")
	d.out.check("Everything is as it should be.")
	return nil
}

func (d *demo) playAll(ctx context.Context, v *visitor) error {
	messages := newTranscript(d.out, d.chats)
	defer messages.stop()
	total := 0
	for _, s := range scenarios() {
		d.out.heading(s.name)
		if err := d.play(ctx, v, s, messages); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		total += s.messages()
	}
	if n := len(d.chats[0].simulator.Posts()); n != total {
		return fmt.Errorf("%s holds %d messages, want %d", d.chats[0].title, n, total)
	}
	return nil
}

func (d *demo) play(ctx context.Context, v *visitor, s scenario, messages *transcript) error {
	var made struct {
		ID string `json:"id"`
	}
	if err := v.press(ctx, "/api/requests", s.request, &made); err != nil {
		return err
	}
	if err := d.expect(ctx, made.ID, s.recipients, s.posted); err != nil {
		return fmt.Errorf("after the request: %w", err)
	}
	messages.flush()
	d.out.check(fmt.Sprintf("One message each: %s", strings.Join(s.recipients, ", ")))
	for _, step := range s.steps {
		var answer struct{}
		if err := v.press(ctx, "/api/requests/"+made.ID+step.button, step.body, &answer); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		if err := d.expect(ctx, made.ID, s.recipients, step.want); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		messages.flush()
		d.out.check(fmt.Sprintf("%s: each message shows %q", step.name, step.want.lines[0]))
	}
	return nil
}

// expect waits until every recipient sees what is expected of the request's
// message, and nobody sees more than one.
func (d *demo) expect(ctx context.Context, id string, recipients []string, want expectation) error {
	return await(ctx, deliveredWithin, func() error {
		c := d.chats[0]
		posts := c.simulator.Posts()
		var places []string
		for _, post := range posts {
			if post.ThreadOf != "" || requestOf(post) != id {
				continue
			}
			place := c.place(post)
			places = append(places, place)
			if err := want.check(post, repliesTo(posts, post)); err != nil {
				return fmt.Errorf("the message to %s: %w", place, err)
			}
		}
		slices.Sort(places)
		sorted := slices.Sorted(slices.Values(recipients))
		if diff := cmp.Diff(sorted, places); diff != "" {
			return fmt.Errorf("the recipients are not those that should be (-want +got):\n%s", diff)
		}
		return nil
	})
}

// requestOf is the request that a message is about, by its metadata.
func requestOf(post messengertest.Post) string {
	var raw struct {
		Metadata struct {
			EventPayload struct {
				RequestID string `json:"request_id"`
			} `json:"event_payload"`
		} `json:"metadata"`
	}
	// A message without metadata is about no request.
	_ = json.Unmarshal(post.Raw, &raw)
	return raw.Metadata.EventPayload.RequestID
}

func repliesTo(posts []messengertest.Post, root messengertest.Post) []messengertest.Post {
	var replies []messengertest.Post
	for _, post := range posts {
		if post.ThreadOf == root.ID && post.Channel == root.Channel {
			replies = append(replies, post)
		}
	}
	return replies
}

func (e expectation) check(post messengertest.Post, replies []messengertest.Post) error {
	lines := strings.Split(post.Text, "\n")
	for _, line := range e.lines {
		if !slices.Contains(lines, line) {
			return fmt.Errorf("no line is %q in\n%s", line, post.Text)
		}
	}
	if len(post.Mentions) > 0 {
		return fmt.Errorf("it pings %v", post.Mentions)
	}
	if n := links(post); n != e.links {
		return fmt.Errorf("it has %d links, want %d", n, e.links)
	}
	if len(replies) != len(e.replies) {
		return fmt.Errorf("its thread has %d messages, want %d", len(replies), len(e.replies))
	}
	for i, reply := range replies {
		if !strings.HasPrefix(reply.Text, e.replies[i]) {
			return fmt.Errorf("its thread says %q, want %q", reply.Text, e.replies[i])
		}
	}
	return nil
}

// slackLink is what Slack makes a link of in a text that it reads as mrkdwn.
var slackLink = regexp.MustCompile(`<(?:https?|mailto):[^<>]*>`)

// links counts the links in a message's blocks.
func links(post messengertest.Post) int {
	var raw struct {
		Blocks any `json:"blocks"`
	}
	// What is no JSON has no links.
	_ = json.Unmarshal(post.Raw, &raw)
	return linksIn(raw.Blocks)
}

func linksIn(value any) int {
	n := 0
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			n += linksIn(item)
		}
	case map[string]any:
		text, _ := v["text"].(string)
		if v["type"] == "mrkdwn" {
			n += len(slackLink.FindAllString(text, -1))
		}
		for _, item := range v {
			n += linksIn(item)
		}
	}
	return n
}

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

	var held []messengertest.Post
	for _, c := range d.chats {
		held = append(held, c.simulator.Posts()...)
	}
	state, err := v.state(ctx)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(held, state.Posts); diff != "" {
		return fmt.Errorf("its messages are not those of the chat (-chat +page):\n%s", diff)
	}
	d.out.check(fmt.Sprintf("It shows the %d messages that the chat holds", len(held)))
	return d.checkStream(ctx, v, held)
}

// checkStream wants the stream to begin with all posts, and to tell of a new one.
func (d *demo) checkStream(ctx context.Context, v *visitor, held []messengertest.Post) error {
	ctx, cancel := context.WithTimeout(ctx, deliveredWithin)
	defer cancel()
	const reason = "For the page to tell of."
	var seen []messengertest.Post
	err := v.stream(ctx, func(post messengertest.Post) bool {
		seen = append(seen, post)
		if len(seen) == len(held) {
			var made struct{}
			go func() {
				// Without the request, no message comes, which is the failure.
				_ = v.press(ctx, "/api/requests", asked{User: "somebody", Roles: []string{"auditor"}, Reason: reason}, &made)
			}()
		}
		return len(seen) <= len(held)
	})
	if err != nil {
		return err
	}
	if diff := cmp.Diff(held, seen[:len(held)]); diff != "" {
		return fmt.Errorf("its stream begins with other messages than the chat holds (-chat +page):\n%s", diff)
	}
	if !strings.Contains(seen[len(held)].Text, reason) {
		return errors.New("its stream tells of another message than the new one")
	}
	d.out.check("It hears of a new message at once")
	return nil
}
