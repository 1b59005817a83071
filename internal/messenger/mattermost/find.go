package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Find implements messenger.Finder. It reads from the given time onwards, near
// which the message is, up to the newest post. What follows another message is
// looked for as well: it is in a thread, as replies are, which have keys of their
// own.
func (m *Mattermost) Find(ctx context.Context, in messenger.Address, key string, since time.Time) ([]messenger.Ref, error) {
	if !isID(in.ID) {
		return nil, messenger.ErrCannotLook
	}
	me, err := m.selfID(ctx)
	if err != nil {
		return nil, err
	}
	oldest := since.Add(-messenger.ClockMargin).UnixMilli()
	var found []post
	h := &history{bot: m, channel: in.ID, size: historyPage, calls: historyCalls}
	err = cannotLook(h.since(ctx, oldest, func(posts []post) {
		for _, p := range posts {
			if p.CreateAt >= oldest && p.isOurs(me, key) && !p.isReply() {
				found = append(found, p)
			}
		}
	}))
	switch {
	case err != nil && !errors.Is(err, messenger.ErrCannotLook):
		return nil, err
	case len(found) > 0:
		// More of them, if there are any, are beyond what can be read.
		return refs(in.ID, found), nil
	case err != nil:
		return nil, err
	default:
		return nil, messenger.ErrNotFound
	}
}

// refs returns the references of posts, the oldest first, each once.
func refs(channel string, posts []post) []messenger.Ref {
	slices.SortFunc(posts, post.compare)
	var found []messenger.Ref
	for _, p := range posts {
		found = append(found, messenger.Ref{Channel: channel, ID: p.ID})
	}
	return slices.Compact(found)
}

// isOurs reports whether the post was made by us for a key. Every member can put a
// key into the props of a post of their own.
func (p post) isOurs(me, key string) bool {
	var has string
	return p.UserID == me && p.DeleteAt == 0 && isID(p.ID) &&
		json.Unmarshal(p.Props[propKey], &has) == nil && has == key && key != ""
}

// isReply tells a reply from a message, which may follow another in its thread.
func (p post) isReply() bool {
	_, follows := p.Props[propFollows]
	return p.RootID != "" && !follows
}

// cannotLook turns a failure to look into a Finder's answer where it is one.
func cannotLook(err error) error {
	e, ok := errors.AsType[*messenger.Error](err)
	if !ok {
		return err
	}
	switch e.Class {
	case messenger.RecipientPermanent, messenger.MessageGone, messenger.MessageFinal, messenger.PermissionMissing:
		return messenger.ErrCannotLook
	default:
		return err
	}
}
