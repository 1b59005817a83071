package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/tally"
)

// story is all that is known of the request that a finding names, for people.
func (w *world) story(c *chat, finding string) string {
	id := tally.RequestID.FindString(finding)
	if id == "" {
		return ""
	}
	var text strings.Builder
	fmt.Fprintf(&text, "-- %s\n", finding)
	for n, r := range w.all(0) {
		if r.id == id {
			fmt.Fprintf(&text, "   request %d, made at %s, has to show %q\n", n, r.created.Format(time.TimeOnly), r.status)
		}
	}
	for _, post := range c.simulator.Posts() {
		if strings.Contains(post.Text, id) {
			fmt.Fprintf(&text, "   message %s in %s, posted %s, changed %s, key %s:\n", post.ID, post.ChannelName,
				post.Created.Format(time.TimeOnly), post.Updated.Format(time.TimeOnly), post.Key)
			for _, revision := range post.History {
				fmt.Fprintf(&text, "     %q\n", tally.StatusOf(revision))
			}
		}
	}
	return text.String()
}
