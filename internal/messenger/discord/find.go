package discord

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// epoch is when Discord's ids begin, in Unix milliseconds.
const epoch = 1_420_070_400_000

// unreadable are the codes that mean that the bot cannot look.
var unreadable = []string{"50001", "50013", "http_403"}

// Find implements messenger.Finder. It needs the permission Read Message
// History. It reads from the given time onwards, near which the message is, up to the
// newest message. Where it has to stop before that, it returns what it has found.
func (d *Discord) Find(ctx context.Context, in messenger.Address, key string, since time.Time) ([]messenger.Ref, error) {
	own, err := d.ownID(ctx)
	if err != nil {
		return nil, err
	}
	var found []messenger.Ref
	visit := func(messages []postedMessage) {
		for _, m := range messages {
			if m.Author.ID == own && isSnowflake(m.ID) && m.hasKey(key) {
				found = append(found, messenger.Ref{Channel: in.ID, ID: m.ID})
			}
		}
	}
	err = d.since(ctx, in, idAt(since.Add(-messenger.ClockMargin)), visit)
	switch {
	case err != nil && !errors.Is(err, messenger.ErrCannotLook):
		return nil, err
	case len(found) > 0:
		slices.SortFunc(found, func(a, b messenger.Ref) int { return compareIDs(a.ID, b.ID) })
		for _, ref := range found {
			d.keys.remember(ref, key)
		}
		return found, nil
	case err != nil:
		return nil, err
	default:
		return nil, messenger.ErrNotFound
	}
}

// since calls visit with all messages after an id, page by page.
func (d *Discord) since(ctx context.Context, in messenger.Address, after string, visit func([]postedMessage)) error {
	size := historyPage
	for page := range historyPages {
		messages, err := messenger.ReadPage(&size, func(size int) ([]postedMessage, error) {
			return d.history(ctx, in.ID, after, size)
		})
		if err != nil {
			return err
		}
		visit(messages)
		if page == 0 && len(messages) == 0 {
			return d.nothingSince(ctx, in)
		}
		if len(messages) < size {
			return nil
		}
		after = newest(messages)
		size = min(2*size, historyPage)
	}
	return messenger.ErrCannotLook
}

// FindReply implements messenger.Finder. There are no replies.
func (d *Discord) FindReply(context.Context, messenger.Ref, string, time.Time) error {
	return messenger.ErrNotFound
}

// nothingSince tells an empty answer from a forbidden one: without the
// permission to read a channel's history, Discord says that it has none.
func (d *Discord) nothingSince(ctx context.Context, in messenger.Address) error {
	if in.Direct {
		return nil
	}
	messages, err := d.history(ctx, in.ID, "", 1)
	switch {
	case messenger.HasCode(err, messenger.CodeTooLarge):
		return nil
	case err == nil && len(messages) == 0:
		return messenger.ErrCannotLook
	default:
		return err
	}
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

// hasKey reports whether the key is in the small print. The content ends with
// it only where there is no embed; else it may end with what a requester typed.
func (p postedMessage) hasKey(key string) bool {
	return key != "" && strings.HasSuffix(p.smallPrint(), message.RefMark+key)
}

// key returns the key in the small print, or nothing.
func (p postedMessage) key() string {
	text := p.smallPrint()
	at := strings.LastIndex(text, message.RefMark)
	if at < 0 || len(text)-at-len(message.RefMark) > maxKey {
		return ""
	}
	return text[at+len(message.RefMark):]
}

func (p postedMessage) smallPrint() string {
	if len(p.Embeds) > 0 {
		return p.Embeds[0].Footer.Text
	}
	return p.Content
}

// idAt is an id as old as t; see https://discord.com/developers/docs/reference#snowflakes.
func idAt(t time.Time) string {
	return strconv.FormatInt(max(t.UnixMilli()-epoch, 0)<<22, 10)
}

// newest returns the highest id. Ids are numbers of up to 64 bits.
func newest(messages []postedMessage) string {
	return slices.MaxFunc(messages, func(a, b postedMessage) int { return compareIDs(a.ID, b.ID) }).ID
}

func compareIDs(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
