package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// request is an access request that was made.
type request struct {
	id      string
	created time.Time
	// status begins what its messages must show.
	status string
}

// The statuses that messages show.
const (
	pending  = "Pending"
	approved = "Approved"
	denied   = "Denied"
)

var (
	requestID = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	// status is the first line of a message that ends with a status, bare or in
	// bold. What people typed in these tests holds none.
	status = regexp.MustCompile(`(?m)^(?:.*[:*|\s])?(` + pending + `|` + approved + `|` + denied + `)(?:[*|\s]*|, .*| · .*)$`)
)

// tally compares the messages that exist with those that must: one for each request
// and chat service, with the latest state.
type tally struct {
	requests, messages, lost, duplicated, stale int
	// longest is the longest time from a request to its message.
	longest time.Duration
	// findings name what is wrong, for people.
	findings []string
}

// String gives the numbers in the form of the lines of checks.
func (t tally) String() string {
	return fmt.Sprintf("requests=%d messages=%d lost=%d duplicated=%d stale=%d longest_delay=%.1fs",
		t.requests, t.messages, t.lost, t.duplicated, t.stale, t.longest.Seconds())
}

// err is nil if every promise is kept.
func (t tally) err() error {
	if t.lost+t.duplicated+t.stale == 0 && t.requests > 0 {
		return nil
	}
	const shown = 5
	return fmt.Errorf("%s\n  %s", t, strings.Join(t.findings[:min(shown, len(t.findings))], "\n  "))
}

// settled reports whether nothing has to come any more.
func (t tally) settled() bool { return t.lost == 0 && t.stale == 0 }

func (t *tally) note(format string, arguments ...any) {
	t.findings = append(t.findings, fmt.Sprintf(format, arguments...))
}

// count looks at the messages about the requests. Others are not looked at, but
// those that no request is behind are none that anybody was due.
func count(requests []request, chats []*chat) tally {
	t := tally{requests: len(requests)}
	for _, c := range chats {
		about := map[string][]messengertest.Post{}
		for _, post := range c.simulator.Posts() {
			if post.ThreadOf == "" {
				id := requestID.FindString(post.Text)
				about[id] = append(about[id], post)
			}
		}
		for _, r := range requests {
			t.add(r, c, about[r.id])
		}
	}
	return t
}

// add counts the messages of one service about one request.
func (t *tally) add(r request, c *chat, posts []messengertest.Post) {
	t.messages += len(posts)
	if len(posts) == 0 {
		t.lost++
		t.note("%s: no message about %s", c.name, r.id)
		return
	}
	if extra := len(posts) - 1; extra > 0 {
		t.duplicated += extra
		t.note("%s: %d extra messages about %s", c.name, extra, r.id)
	}
	post := posts[0]
	if post.Channel != c.channel {
		t.duplicated++
		t.note("%s: a message about %s where it does not belong", c.name, r.id)
	}
	if got := statusOf(post.Text); got != r.status {
		t.stale++
		t.note("%s: %s shows %q instead of %q", c.name, r.id, got, r.status)
	}
	t.longest = max(t.longest, c.toldAt(r.id).Sub(r.created))
}

// statusOf returns the status that a text shows, "" for none.
func statusOf(text string) string {
	if match := status.FindStringSubmatch(text); match != nil {
		return match[1]
	}
	return ""
}
