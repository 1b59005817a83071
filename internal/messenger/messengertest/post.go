package messengertest

import (
	"encoding/json"
	"slices"
	"time"
)

// Post is one message as its readers see it. Its fields mean the same for
// every service.
type Post struct {
	// Service is the type of the messenger in lower case, such as "slack".
	Service string `json:"service"`
	// Channel is the id of the channel that holds the message.
	Channel string `json:"channel"`
	// ChannelName is the channel's name; empty for direct messages.
	ChannelName string `json:"channelName,omitempty"`
	// Direct is true for direct messages.
	Direct bool `json:"direct,omitempty"`
	// User is the id of the recipient of a direct message.
	User string `json:"user,omitempty"`
	// ID is the message's id; Slack's ts.
	ID string `json:"id"`
	// ThreadOf is the id of the message that this one answers.
	ThreadOf string `json:"threadOf,omitempty"`
	// Key is the idempotency key: Slack's metadata.event_payload.key, Discord's
	// nonce, Mattermost's props.access_notifier_key or else pending_post_id.
	Key string `json:"key,omitempty"`
	// Text is what a reader sees: the text, then blocks, embeds or attachments,
	// one line for each, escapes decoded. A link with a label of its own is
	// "label (url)".
	Text string `json:"text"`
	// Raw is the message as the service stores it.
	Raw json.RawMessage `json:"raw"`
	// Revisions is 1 for a message that was never edited.
	Revisions int `json:"revisions"`
	// History is Text after each revision, oldest first.
	History []string `json:"history"`
	// Late are the places in History of what calls showed that were carried out late.
	Late []int `json:"late,omitempty"`
	// Created is when the message was posted.
	Created time.Time `json:"created"`
	// Updated is when the message was last posted or edited.
	Updated time.Time `json:"updated"`
	// Reactions are the names of the reactions, in the order of arrival.
	Reactions []string `json:"reactions,omitempty"`
	// Mentions are the names and ids that any revision would have pinged, such
	// as "channel", "everyone" or a user id.
	Mentions []string `json:"mentions,omitempty"`
}

func (p Post) clone() Post {
	p.Raw = slices.Clone(p.Raw)
	p.History = slices.Clone(p.History)
	p.Late = slices.Clone(p.Late)
	p.Reactions = slices.Clone(p.Reactions)
	p.Mentions = slices.Clone(p.Mentions)
	return p
}

// appearance is how one revision of a message looks.
type appearance struct {
	key      string
	text     string
	raw      json.RawMessage
	mentions []string
}

// revise records that the post now looks like a, perhaps because of a call that is late.
func (p *Post) revise(a appearance, now time.Time, late bool) {
	if late {
		p.Late = append(p.Late, len(p.History))
	}
	p.Key, p.Text, p.Raw, p.Updated = a.key, a.text, a.raw, now
	p.Revisions++
	p.History = append(p.History, a.text)
	for _, name := range a.mentions {
		if !slices.Contains(p.Mentions, name) {
			p.Mentions = append(p.Mentions, name)
		}
	}
}
