package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/tally"
)

// request is an access request that was made.
type request struct {
	id      string
	created time.Time
	// status is what its messages must show.
	status string
}

// result compares the messages about requests with those that must be there.
type result struct {
	tally.Tally
	requests, messages int
	// longest is the longest time from a request to its message.
	longest time.Duration
}

// String gives the numbers in the form of the lines of checks.
func (r result) String() string {
	return fmt.Sprintf("requests=%d messages=%d lost=%d duplicated=%d stale=%d longest_delay=%.1fs",
		r.requests, r.messages, r.Lost, r.Duplicated, r.Stale, r.longest.Seconds())
}

// err is nil if every promise is kept.
func (r result) err() error {
	if r.Lost+r.Duplicated+r.Stale == 0 && r.requests > 0 {
		return nil
	}
	const shown = 5
	return fmt.Errorf("%s\n  %s", r, strings.Join(r.Findings[:min(shown, len(r.Findings))], "\n  "))
}

// count expects one message about each request in the channel of each chat service, with the
// latest state. Whatever the other channel has heard of must be as true. Messages about other
// requests are not looked at.
func count(requests []request, chats []*chat) result {
	r := result{requests: len(requests)}
	known := map[string]bool{"": true} // replies name no request
	expected := map[tally.Due]string{}
	for _, made := range requests {
		known[made.id] = true
		for _, c := range chats {
			expected[tally.Due{Request: made.id, Recipient: c.name}] = made.status
			if !c.toldIn(c.anotherPlace(), made.id).IsZero() {
				expected[tally.Due{Request: made.id, Recipient: c.anotherPlace()}] = made.status
			}
			r.longest = max(r.longest, c.toldAt(made.id).Sub(made.created))
		}
	}
	var seen []tally.Sighting
	for _, c := range chats {
		for _, post := range c.simulator.Posts() {
			s := tally.Sight(english(post), c.places)
			if known[s.Request] && (s.Request != "" || post.ThreadOf != "") {
				seen = append(seen, s)
			}
			if s.Request != "" && known[s.Request] {
				r.messages++
			}
		}
	}
	r.Tally = tally.Count(expected, seen, 0)
	return r
}
