package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Find implements messenger.Finder. It needs the scope channels:history,
// groups:history or im:history, depending on the address, which must be a channel's
// id: a name or a user's id, with which only posting works, cannot be searched. More
// messages than it is willing to read count as not being able to look.
func (s *Slack) Find(ctx context.Context, in messenger.Address, key string, since time.Time) ([]messenger.Ref, error) {
	if !channelID.MatchString(in.ID) {
		return nil, messenger.ErrCannotLook
	}
	me, err := s.selfID(ctx)
	if err != nil {
		return nil, err
	}
	search := search{
		slack: s, channel: in.ID, size: historySize, left: historyPages,
		found: findings{me: me, event: eventRequest, key: key},
	}
	complete, err := search.run(ctx, since.Add(-messenger.ClockMargin))
	if err = s.cannotLook(err); err != nil && !errors.Is(err, messenger.ErrCannotLook) {
		return nil, err
	}
	if len(search.found.stamps) == 0 {
		return nil, s.nothing(&search.found, complete && err == nil)
	}
	var refs []messenger.Ref
	for _, ts := range search.found.sorted() {
		refs = append(refs, messenger.Ref{Channel: in.ID, ID: ts})
	}
	return refs, nil
}

// FindReply implements messenger.Finder. Slack gives a thread in the order of time.
func (s *Slack) FindReply(ctx context.Context, ref messenger.Ref, key string, since time.Time) error {
	me, err := s.selfID(ctx)
	if err != nil {
		return err
	}
	found := findings{me: me, event: eventReview, key: key}
	parameters := slackapi.GetConversationRepliesParameters{
		ChannelID:          ref.Channel,
		Timestamp:          ref.ID,
		Oldest:             timestamp(since.Add(-messenger.ClockMargin)),
		IncludeAllMetadata: true,
	}
	size := historySize
	for range historyPages {
		page, err := messenger.ReadPage(&size, func(size int) (historyPage, error) {
			parameters.Limit = size
			return s.replies(ctx, parameters)
		})
		if err != nil {
			return s.cannotLook(err)
		}
		if found.add(page.messages); len(found.stamps) > 0 {
			return nil
		}
		if !page.more {
			return s.nothing(&found, true)
		}
		if parameters.Cursor = page.next; page.next == "" {
			break
		}
	}
	return messenger.ErrCannotLook
}

// nothing is the answer of a search that has found nothing. Where Slack ignored
// metadata, a message of ours that has none may be the one.
func (s *Slack) nothing(found *findings, complete bool) error {
	if !complete || found.unmarked || s.unmarked.Load() {
		return messenger.ErrCannotLook
	}
	return messenger.ErrNotFound
}

// cannotLook turns a failure to look into a Finder's answer where it is one.
func (s *Slack) cannotLook(err error) error {
	e, ok := errors.AsType[*messenger.Error](err)
	switch {
	case !ok:
		return err
	case e.Class == messenger.RecipientPermanent, e.Code == "not_allowed_token_type":
		return messenger.ErrCannotLook
	case e.Class == messenger.MessageGone:
		// There is no thread.
		return messenger.ErrNotFound
	default:
		return err
	}
}

// findings are the messages that were looked for.
type findings struct {
	me, event, key string
	stamps         []string
	// unmarked is true when there is a message of ours without metadata.
	unmarked bool
}

// add takes what is looked for out of a page: the bot's own messages for the key.
// Every app of the workspace can read our metadata, and put the same into a message of
// its own.
func (f *findings) add(messages []slackapi.Message) {
	for _, m := range messages {
		if m.User != f.me || !isMessage(m) {
			continue
		}
		if m.Metadata.EventType == "" {
			f.unmarked = true
		}
		ours := f.key != "" && m.Metadata.EventType == f.event && m.Metadata.EventPayload[payloadKey] == f.key
		if ours && !slices.Contains(f.stamps, m.Timestamp) {
			f.stamps = append(f.stamps, m.Timestamp)
		}
	}
}

// isMessage tells a message from Slack's notes on what a member did, such as that
// the bot has joined.
func isMessage(m slackapi.Message) bool {
	return slices.Contains([]string{"", slackapi.MsgSubTypeBotMessage, "thread_broadcast"}, m.SubType)
}

// sorted returns the timestamps, oldest first.
func (f *findings) sorted() []string {
	return slices.SortedFunc(slices.Values(f.stamps), func(a, b string) int {
		return parseTimestamp(a).Compare(parseTimestamp(b))
	})
}

// timestamp writes a time the way Slack does.
func timestamp(t time.Time) string {
	return fmt.Sprintf("%d.%06d", max(t.Unix(), 0), t.Nanosecond()/1000)
}

// parseTimestamp reads what Slack writes; the zero time is for anything else.
func parseTimestamp(ts string) time.Time {
	whole, fraction, _ := strings.Cut(ts, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	micros, errMicros := strconv.ParseInt((fraction + "000000")[:6], 10, 64)
	if err != nil || errMicros != nil {
		return time.Time{}
	}
	return time.Unix(seconds, micros*1000)
}
