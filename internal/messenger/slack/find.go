package slack

import (
	"context"
	"fmt"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// unreadable are the codes that mean that the bot cannot look. A channel is not
// found when its address is a name or a user's id, with which only posting works.
var unreadable = []string{
	"missing_scope", "no_permission", "not_allowed_token_type", "access_denied",
	"channel_not_found", "not_in_channel", "is_archived",
}

// absent are the codes that mean that there is nothing to look at.
var absent = []string{"thread_not_found", "message_not_found"}

// Find implements messenger.Finder. It needs the scope channels:history,
// groups:history or im:history, depending on the address. More messages than it
// is willing to read count as not being able to look.
func (s *Slack) Find(ctx context.Context, in messenger.Address, key string, since time.Time) ([]messenger.Ref, error) {
	const call = "conversations.history"
	me, err := s.selfID(ctx)
	if err != nil {
		return nil, err
	}
	parameters := &slackapi.GetConversationHistoryParameters{
		ChannelID:          in.ID,
		Oldest:             timestamp(since.Add(-messenger.ClockMargin)),
		Inclusive:          true,
		Limit:              historyPage,
		IncludeAllMetadata: true,
	}
	for range historyPages {
		answer, err := s.api(call, methodBucket(call)).GetConversationHistoryContext(ctx, parameters)
		if err != nil {
			return nil, s.notFound(call, err)
		}
		if ts, ok := findKey(answer.Messages, me, eventRequest, key); ok {
			return []messenger.Ref{{Channel: in.ID, ID: ts}}, nil
		}
		// slack-go decodes the cursor into the outer of two fields of one name.
		parameters.Cursor = answer.ResponseMetaData.NextCursor
		if parameters.Cursor == "" {
			return nil, messenger.ErrNotFound
		}
	}
	return nil, messenger.ErrCannotLook
}

// FindReply implements messenger.Finder.
func (s *Slack) FindReply(ctx context.Context, ref messenger.Ref, key string, _ time.Time) error {
	const call = "conversations.replies"
	me, err := s.selfID(ctx)
	if err != nil {
		return err
	}
	parameters := &slackapi.GetConversationRepliesParameters{
		ChannelID:          ref.Channel,
		Timestamp:          ref.ID,
		Limit:              historyPage,
		IncludeAllMetadata: true,
	}
	for range historyPages {
		messages, _, next, err := s.api(call, methodBucket(call)).GetConversationRepliesContext(ctx, parameters)
		if err != nil {
			return s.notFound(call, err)
		}
		if _, ok := findKey(messages, me, eventReview, key); ok {
			return nil
		}
		if next == "" {
			return messenger.ErrNotFound
		}
		parameters.Cursor = next
	}
	return messenger.ErrCannotLook
}

// notFound turns a failure to look into a Finder's answer where it is one.
func (s *Slack) notFound(call string, err error) error {
	err = s.classify(call, methodBucket(call), err)
	switch {
	case messenger.HasCode(err, unreadable...):
		return messenger.ErrCannotLook
	case messenger.HasCode(err, absent...):
		return messenger.ErrNotFound
	default:
		return err
	}
}

// findKey looks for the bot's own message for a key. Every app of the workspace
// can read our metadata, and put the same into a message of its own.
func findKey(messages []slackapi.Message, me, event, key string) (ts string, ok bool) {
	for _, m := range messages {
		if m.User == me && m.Metadata.EventType == event && key != "" && m.Metadata.EventPayload[payloadKey] == key {
			return m.Timestamp, true
		}
	}
	return "", false
}

// timestamp writes a time the way Slack does.
func timestamp(t time.Time) string {
	return fmt.Sprintf("%d.%06d", max(t.Unix(), 0), t.Nanosecond()/1000)
}
