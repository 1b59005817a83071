package simulation

import (
	"fmt"
	"time"
)

// profile is what a chat service can do.
type profile struct {
	name string
	// window is for how long the service recognises a repeated post.
	window time.Duration
	// search tells whether the bot can search.
	search search
	// replier, follower and people are whether there are threads, whether a message
	// can be followed by another, and whether people are found by e-mail address.
	replier, follower, people bool
	// edits is for how long a message can be edited, 0 for ever.
	edits time.Duration
	// unedited services edit nothing at all: their messages are final from the beginning, and
	// recipients hear about a request only so often.
	unedited bool
	// skew is by how much the service's clock is ahead.
	skew time.Duration
	// named makes the service give the name for the address, where it has an id.
	named bool
}

// search is how messages can be looked up.
type search int

const (
	// unsearchable services cannot search.
	unsearchable search = iota
	// forbidden services could search, but the bot may not.
	forbidden
	// searchable services find each message.
	searchable
)

func (p profile) String() string {
	return fmt.Sprintf("%s window=%s search=%d replies=%t follows=%t people=%t edits=%s unedited=%t skew=%s named=%t",
		p.name, p.window, p.search, p.replier, p.follower, p.people, p.edits, p.unedited, p.skew, p.named)
}

// finds reports whether a message can be found again.
func (p profile) finds() bool {
	return p.search == searchable
}

// profiles are those that there are. Each world has one of them.
var profiles = []profile{
	{name: "discord", window: 4 * time.Minute, search: searchable, replier: true, follower: true},
	{name: "mattermost", window: 30 * time.Second, search: searchable, replier: true, follower: true, people: true},
	{name: "slack", search: searchable, replier: true, follower: true, people: true},
	{name: "slack-without-history", search: forbidden, replier: true, follower: true, people: true},
	{name: "plain", search: unsearchable, people: true},
	{name: "pager", search: searchable},
	{name: "mail", search: unsearchable, follower: true, people: true, unedited: true, edits: time.Nanosecond},
	{name: "threads", search: unsearchable, replier: true},
}
