package mattermost

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const callThread = "GET /posts/{id}/thread"

// Follow implements messenger.Follower. The message is a post of its own in the
// thread of the previous one, or in the channel if that is no longer there.
func (m *Mattermost) Follow(
	ctx context.Context, to messenger.Address, previous messenger.Ref, msg message.Message, key string,
) (messenger.Ref, error) {
	if !isID(previous.ID) || previous.Channel != to.ID {
		return m.Post(ctx, to, msg, key)
	}
	text, attachments := m.render(msg)
	set, err := content(attachments)
	if err != nil {
		return messenger.Ref{}, err
	}
	if set[propFollows], err = json.Marshal(previous.ID); err != nil {
		return messenger.Ref{}, fmt.Errorf("encoding a reference: %w", err)
	}
	created, err := m.below(ctx, previous, newPost{Message: text, Props: set}, key)
	switch {
	case err == nil:
		return m.current(ctx, created, msg)
	case messenger.AsError(err).Class == messenger.MessageGone:
		return m.Post(ctx, to, msg, key)
	default:
		return messenger.Ref{}, err
	}
}

// below makes a post in the thread of another. Mattermost has threads of one
// level, so that below a post that is in a thread itself, it goes to that thread.
func (m *Mattermost) below(ctx context.Context, ref messenger.Ref, p newPost, key string) (post, error) {
	p.ChannelID, p.RootID = ref.Channel, ref.ID
	created, err := m.create(ctx, p, key)
	if !messenger.HasCode(err, noRoot) {
		return created, err
	}
	above, readErr := m.read(ctx, ref.ID)
	if readErr != nil && !messenger.AsError(readErr).Class.Answered() {
		return post{}, readErr
	}
	if !isID(above.RootID) {
		return post{}, err
	}
	p.RootID = above.RootID
	return m.create(ctx, p, key)
}

// FindReply implements messenger.Finder. It reads the thread from the given time
// onwards. Servers that are too old to have pages of threads send all of it.
func (m *Mattermost) FindReply(ctx context.Context, ref messenger.Ref, key string, since time.Time) error {
	if !isID(ref.ID) {
		return messenger.ErrCannotLook
	}
	me, err := m.selfID(ctx)
	if err != nil {
		return err
	}
	from := post{ID: ref.ID, CreateAt: max(since.Add(-messenger.ClockMargin).UnixMilli(), 1)}
	size := historyPage
	for range threadPages {
		list, err := messenger.ReadPage(&size, func(size int) (postList, error) {
			return m.thread(ctx, ref.ID, from, size)
		})
		if err != nil {
			return cannotLook(err)
		}
		root := cmp.Or(list.Posts[ref.ID].RootID, ref.ID)
		last := from
		for _, p := range list.inOrder() {
			if p.RootID == root && p.isReply() && p.isOurs(me, key) {
				return nil
			}
			if p.compare(last) > 0 {
				last = p
			}
		}
		if !list.HasNext || last.ID == from.ID {
			return messenger.ErrNotFound
		}
		from = last
	}
	return messenger.ErrCannotLook
}

// thread returns a page of the thread of a post: what comes after another post, and
// the post itself.
func (m *Mattermost) thread(ctx context.Context, id string, from post, size int) (postList, error) {
	var list postList
	err := m.do(ctx, call{
		name: callThread, method: http.MethodGet, path: []string{"posts", id, "thread"},
		query: url.Values{
			"perPage":      {strconv.Itoa(size)},
			"direction":    {"down"},
			"fromPost":     {from.ID},
			"fromCreateAt": {strconv.FormatInt(from.CreateAt, 10)},
		},
	}, &list)
	if err == nil {
		err = list.check(callThread)
	}
	return list, err
}
