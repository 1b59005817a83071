package discord

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// epoch is when Discord's ids begin, in Unix milliseconds.
const epoch = 1_420_070_400_000

// unreadable are the codes that mean that the bot cannot look.
var unreadable = []string{"50001", "50013", "http_403", "response_too_large"}

// Find implements messenger.Finder. It needs the permission Read Message
// History. It reads from the given time onwards, near which the message is;
// more messages than it is willing to read count as not being able to look.
func (d *Discord) Find(ctx context.Context, in messenger.Address, key string, since time.Time) ([]messenger.Ref, error) {
	own, err := d.ownID(ctx)
	if err != nil {
		return nil, err
	}
	after := idAt(since.Add(-messenger.ClockMargin))
	for page := range historyPages {
		messages, err := d.history(ctx, in.ID, after, historyPage)
		if err != nil {
			return nil, err
		}
		if id, ok := findKey(messages, own, key); ok {
			ref := messenger.Ref{Channel: in.ID, ID: id}
			d.keys.remember(ref, key)
			return []messenger.Ref{ref}, nil
		}
		if page == 0 && len(messages) == 0 {
			return nil, d.nothingSince(ctx, in)
		}
		if len(messages) < historyPage {
			return nil, messenger.ErrNotFound
		}
		after = newest(messages)
	}
	return nil, messenger.ErrCannotLook
}

// FindReply implements messenger.Finder. There are no replies.
func (d *Discord) FindReply(context.Context, messenger.Ref, string, time.Time) error {
	return messenger.ErrNotFound
}

// nothingSince tells an empty answer from a forbidden one: without the
// permission to read a channel's history, Discord says that it has none.
func (d *Discord) nothingSince(ctx context.Context, in messenger.Address) error {
	if in.Direct {
		return messenger.ErrNotFound
	}
	messages, err := d.history(ctx, in.ID, "", 1)
	if err != nil {
		return err
	}
	if len(messages) == 0 {
		return messenger.ErrCannotLook
	}
	return messenger.ErrNotFound
}

// history returns the messages that follow an id, or the latest ones without it.
func (d *Discord) history(ctx context.Context, channel, after string, limit int) ([]postedMessage, error) {
	query := fmt.Sprintf("?limit=%d", limit)
	if after != "" {
		query += "&after=" + url.QueryEscape(after)
	}
	var messages []postedMessage
	err := d.do(ctx, request{
		call:    callHistory,
		method:  http.MethodGet,
		path:    messagesPath(channel) + query,
		channel: channel,
	}, &messages)
	if messenger.HasCode(err, unreadable...) {
		return nil, messenger.ErrCannotLook
	}
	return messages, err
}

func findKey(messages []postedMessage, author, key string) (id string, ok bool) {
	for _, m := range messages {
		if m.Author.ID == author && isSnowflake(m.ID) && m.hasKey(key) {
			return m.ID, true
		}
	}
	return "", false
}

// hasKey reports whether the key is in the small print. The content ends with
// it only where there is no embed; else it may end with what somebody typed.
func (p postedMessage) hasKey(key string) bool {
	text := p.Content
	if len(p.Embeds) > 0 {
		text = p.Embeds[0].Footer.Text
	}
	return key != "" && strings.HasSuffix(text, refMark+key)
}

// idAt is an id as old as t; see https://discord.com/developers/docs/reference#snowflakes.
func idAt(t time.Time) string {
	return strconv.FormatInt(max(t.UnixMilli()-epoch, 0)<<22, 10)
}

// newest returns the highest id. Ids are numbers of up to 64 bits.
func newest(messages []postedMessage) string {
	return slices.MaxFunc(messages, func(a, b postedMessage) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	}).ID
}
