package slack

import (
	"context"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	callPost   = "chat.postMessage"
	callUpdate = "chat.update"

	// The metadata of our messages. Every member of a channel can read it.
	eventRequest = "access_request"
	eventReview  = "access_request_review"
	payloadKey   = "key"
	payloadID    = "request_id"
)

// Post implements messenger.Messenger. Slack offers no idempotency: use Find
// after an unclear failure.
func (s *Slack) Post(ctx context.Context, to messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	bucket := channelBucket(callPost, to.ID)
	metadata := metadata(eventRequest, key)
	metadata.EventPayload[payloadID] = message.Cut(m.RequestID, maxID, count)
	channel, ts, err := s.api(callPost, bucket).PostMessageContext(ctx, to.ID,
		slackapi.MsgOptionCompose(content(m)...),
		slackapi.MsgOptionCompose(noUnfurling()...),
		slackapi.MsgOptionMetadata(metadata),
	)
	if err != nil {
		return messenger.Ref{}, s.classify(callPost, bucket, err)
	}
	if channel == "" || ts == "" {
		return messenger.Ref{}, messenger.BadResponse(callPost)
	}
	return messenger.Ref{Channel: channel, ID: ts}, nil
}

// Update implements messenger.Messenger. The message keeps its metadata.
func (s *Slack) Update(ctx context.Context, ref messenger.Ref, m message.Message) error {
	bucket := channelBucket(callUpdate, ref.Channel)
	_, ts, _, err := s.api(callUpdate, bucket).UpdateMessageContext(ctx, ref.Channel, ref.ID, update(m)...)
	if err != nil {
		return s.classify(callUpdate, bucket, err)
	}
	if ts == "" {
		return messenger.BadResponse(callUpdate)
	}
	return nil
}

// Reply implements messenger.Replier. Slack posts a reply to a message that is
// gone into the channel itself; that is reported as MessageGone, so that no
// more follow.
func (s *Slack) Reply(ctx context.Context, ref messenger.Ref, r message.Review, key string) error {
	bucket := channelBucket(callPost, ref.Channel)
	_, ts, posted, err := s.api(callPost, bucket).PostMessageWithResponseContext(ctx, ref.Channel,
		slackapi.MsgOptionTS(ref.ID),
		slackapi.MsgOptionCompose(options(replyText(r), replyBlocks(r))...),
		slackapi.MsgOptionCompose(noUnfurling()...),
		slackapi.MsgOptionMetadata(metadata(eventReview, key)),
	)
	if err != nil {
		return s.classify(callPost, bucket, err)
	}
	if ts == "" {
		return messenger.BadResponse(callPost)
	}
	if posted.Timestamp == ts && posted.ThreadTimestamp == "" {
		return classified(callPost, "thread_not_found")
	}
	return nil
}

// channelBucket limits a call per channel, as Slack does for messages.
func channelBucket(call, channel string) messenger.Bucket {
	return messenger.Bucket{Method: call, Address: channel}
}

// methodBucket limits a call for the whole workspace.
func methodBucket(call string) messenger.Bucket {
	return messenger.Bucket{Method: call}
}

func metadata(event, key string) slackapi.SlackMetadata {
	return slackapi.SlackMetadata{
		EventType:    event,
		EventPayload: map[string]any{payloadKey: key},
	}
}

// content is what a message shows.
func content(m message.Message) []slackapi.MsgOption {
	if m.Plain {
		return options(plainText(m), nil)
	}
	return options(fallbackText(m), blocks(m))
}

// update is content for a message that may have had a rich_text block. Slack
// refuses an update without one (block_mismatch).
func update(m message.Message) []slackapi.MsgOption {
	if m.Plain {
		return options(plainText(m), plainBlocks(m))
	}
	return content(m)
}

// options keep Slack from reading anything into the text: no names become
// mentions, and no words become links.
func options(text string, blocks []slackapi.Block) []slackapi.MsgOption {
	set := []slackapi.MsgOption{
		slackapi.MsgOptionText(text, false),
		slackapi.MsgOptionParse(false),
		slackapi.MsgOptionLinkNames(false),
	}
	if len(blocks) > 0 {
		set = append(set, slackapi.MsgOptionBlocks(blocks...))
	}
	return set
}

func noUnfurling() []slackapi.MsgOption {
	return []slackapi.MsgOption{
		slackapi.MsgOptionDisableLinkUnfurl(),
		slackapi.MsgOptionDisableMediaUnfurl(),
	}
}
