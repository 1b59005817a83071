package mattermost

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The props of our posts. Every member of a channel can read them.
const (
	propKey = "access_notifier_key"
	// propFollows tells a message that follows another from a reply to it: both
	// are below the same post. It holds the id of the other.
	propFollows     = "access_notifier_follows"
	propAttachments = "attachments"
)

type props map[string]json.RawMessage

// newPost is a post to be made.
type newPost struct {
	ChannelID string `json:"channel_id"`
	RootID    string `json:"root_id,omitempty"`
	Message   string `json:"message"`
	// PendingPostID makes a second post with the same value return the first,
	// for 30 seconds.
	PendingPostID string `json:"pending_post_id"`
	Props         props  `json:"props"`
}

// post is what we read of a post.
type post struct {
	ID        string `json:"id"`
	CreateAt  int64  `json:"create_at"`
	DeleteAt  int64  `json:"delete_at"`
	UserID    string `json:"user_id"`
	ChannelID string `json:"channel_id"`
	RootID    string `json:"root_id"`
	Message   string `json:"message"`
	Props     props  `json:"props"`
}

// Post implements messenger.Messenger. A second Post with the same key within
// 30 seconds returns the first message; use Find after that. That message is
// brought up to date; if that fails, the post is unclear, and Find leads to it.
func (m *Mattermost) Post(ctx context.Context, to messenger.Address, msg message.Message, key string) (messenger.Ref, error) {
	text, attachments := m.render(msg)
	set, err := content(attachments)
	if err != nil {
		return messenger.Ref{}, err
	}
	created, err := m.create(ctx, newPost{ChannelID: to.ID, Message: text, Props: set}, key)
	if err != nil {
		return messenger.Ref{}, err
	}
	return m.current(ctx, created, msg)
}

// current brings a post up to date that an earlier attempt may have made.
func (m *Mattermost) current(ctx context.Context, created post, msg message.Message) (messenger.Ref, error) {
	ref := messenger.Ref{Channel: created.ChannelID, ID: created.ID}
	if created.shows(m.render(msg)) {
		return ref, nil
	}
	if err := m.Update(ctx, ref, msg); err != nil {
		return messenger.Ref{}, messenger.AsUnclear(err)
	}
	return ref, nil
}

// shows reports whether a post looks like a message. Mattermost rewrites some
// links in attachments; that it then takes them for different costs an update.
func (p post) shows(text string, attachments []attachment) bool {
	var shown []attachment
	if raw, ok := p.Props[propAttachments]; ok && json.Unmarshal(raw, &shown) != nil {
		return false
	}
	return p.Message == text && slices.EqualFunc(shown, attachments, attachment.equal)
}

// Reply implements messenger.Replier.
func (m *Mattermost) Reply(ctx context.Context, ref messenger.Ref, r message.Review, key string) error {
	if !isID(ref.ID) {
		return gone(callPost)
	}
	_, err := m.below(ctx, ref, newPost{Message: markup.Reply(r, limits.Author, limits.Long), Props: props{}}, key)
	return err
}

// create makes a post that is known by its key.
func (m *Mattermost) create(ctx context.Context, p newPost, key string) (post, error) {
	encoded, err := json.Marshal(key)
	if err != nil {
		return post{}, fmt.Errorf("encoding the key: %w", err)
	}
	p.PendingPostID = key
	p.Props[propKey] = encoded
	var created post
	if err := m.do(ctx, call{name: callPost, method: http.MethodPost, path: []string{"posts"}, body: p}, &created); err != nil {
		return post{}, err
	}
	if !isID(created.ID) || created.ChannelID != p.ChannelID {
		return post{}, messenger.BadResponse(callPost)
	}
	return created, nil
}

// content returns the props that a message needs.
func content(attachments []attachment) (props, error) {
	if len(attachments) == 0 {
		return props{}, nil
	}
	encoded, err := json.Marshal(attachments)
	if err != nil {
		return nil, fmt.Errorf("encoding attachments: %w", err)
	}
	return props{propAttachments: encoded}, nil
}
