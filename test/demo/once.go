package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/demo/page"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// deliveredWithin bounds how long a change may take to show in every message.
const deliveredWithin = 10 * time.Second

// check plays all scenarios through, as a visitor with a browser would, and
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
	d.out.heading("Buttons: who decides in chat, and who does not")
	if err := d.checkReviews(ctx, v); err != nil {
		return fmt.Errorf("deciding in chat: %w", err)
	}
	d.out.heading("Delay from the request in Teleport to the message in " + titlesAtOnce())
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
	total := map[*chat]int{}
	var last []func() error
	for _, s := range scenarios() {
		d.out.heading(s.name)
		end, err := d.play(ctx, v, s, messages)
		last = append(last, end)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		for _, c := range d.chats {
			total[c] += s.messages(c)
		}
	}
	for i, end := range last {
		if err := end(); err != nil {
			return fmt.Errorf("%s, in the end: %w", scenarios()[i].name, err)
		}
	}
	messages.flush()
	for _, c := range d.chats {
		if paced(c) {
			d.out.check(fmt.Sprintf("%s: each message shows in the end what became of its request", c.title()))
		}
	}
	for _, c := range d.chats {
		if n := len(c.simulator.Posts()); n != total[c] {
			return fmt.Errorf("%s holds %d messages, want %d", c.title(), n, total[c])
		}
	}
	return nil
}

// play plays a scenario. What it returns looks at the messages of services that let what has
// changed wait: their readers see only what it came to.
func (d *demo) play(ctx context.Context, v *visitor, s scenario, messages *transcript) (end func() error, err error) {
	var made struct {
		ID string `json:"id"`
	}
	if err := v.press(ctx, "/api/requests", s.request, &made); err != nil {
		return nil, err
	}
	if err := d.expect(ctx, d.chats, made.ID, s, s.posted); err != nil {
		return nil, fmt.Errorf("after the request: %w", err)
	}
	messages.flush()
	for _, c := range d.chats {
		d.out.check(fmt.Sprintf("%s: one message each to %s", c.title(), strings.Join(s.recipients[c.simulator.Name()], ", ")))
	}
	want := s.posted
	for _, step := range s.steps {
		var answer struct{}
		if err := v.press(ctx, "/api/requests/"+made.ID+step.button, step.body, &answer); err != nil {
			return nil, fmt.Errorf("%s: %w", step.name, err)
		}
		want = step.want
		if err := d.expect(ctx, without(d.chats, paced), made.ID, s, want); err != nil {
			return nil, fmt.Errorf("%s: %w", step.name, err)
		}
		messages.flush()
		d.out.check(fmt.Sprintf("%s: each message in %s shows %q and pings no reader", step.name, titlesEdited(), want.status()))
	}
	return func() error { return d.expect(ctx, d.chats, made.ID, s, want) }, nil
}

func paced(c *chat) bool { return c.Pace > 0 }

func without(chats []*chat, leftOut func(*chat) bool) []*chat {
	return slices.DeleteFunc(slices.Clone(chats), leftOut)
}

// expect is that of each of the chats.
func (d *demo) expect(ctx context.Context, chats []*chat, id string, s scenario, want expectation) error {
	for _, c := range chats {
		recipients := s.recipients[c.simulator.Name()]
		if err := wait.For(ctx, deliveredWithin+c.Pace, pollEvery, func() error { return c.expect(id, recipients, want) }); err != nil {
			return fmt.Errorf("%s: %w", c.title(), err)
		}
	}
	return nil
}

// expect wants every recipient to see what is expected of the request's message,
// and none to see more than one.
func (c *chat) expect(id string, recipients []string, want expectation) error {
	posts := c.simulator.Posts()
	var places []string
	for _, post := range posts {
		if page.RequestOf(post) != id {
			continue
		}
		place := c.place(post)
		places = append(places, place)
		if err := c.check(want.readBy(place), post, repliesTo(posts, post)); err != nil {
			return fmt.Errorf("the message to %s: %w", place, err)
		}
	}
	slices.Sort(places)
	sorted := slices.Sorted(slices.Values(recipients))
	if diff := cmp.Diff(sorted, places); diff != "" {
		return fmt.Errorf("the recipients are not those that should be (-want +got):\n%s", diff)
	}
	return nil
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

func (c *chat) check(want expectation, post messengertest.Post, replies []messengertest.Post) error {
	lines := strings.Split(c.dialect.text(post), "\n")
	for _, line := range c.dialect.lines(want) {
		if !slices.Contains(lines, line) {
			return fmt.Errorf("no line is %q in\n%s", line, post.Text)
		}
	}
	if len(post.Mentions) > 0 {
		return fmt.Errorf("it pings %v", post.Mentions)
	}
	if n := c.dialect.links(post); n != want.links {
		return fmt.Errorf("it has %d links, want %d", n, want.links)
	}
	return c.checkThread(c.dialect.thread(want), replies)
}

func (c *chat) checkThread(want []string, replies []messengertest.Post) error {
	if len(replies) != len(want) {
		return fmt.Errorf("its thread has %d messages, want %d", len(replies), len(want))
	}
	for i, reply := range replies {
		if text := c.dialect.text(reply); !strings.HasPrefix(text, want[i]) {
			return fmt.Errorf("its thread says %q, want %q", text, want[i])
		}
		if len(reply.Mentions) > 0 {
			return fmt.Errorf("its thread pings %v", reply.Mentions)
		}
	}
	return nil
}
