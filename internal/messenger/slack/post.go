package slack

import (
	"context"
	"errors"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	// The metadata of our messages. Every app and every member of the workspace can
	// read it.
	eventRequest = "access_request"
	eventReview  = "access_request_review"
	payloadKey   = "key"
	payloadID    = "request_id"
)

// Post implements messenger.Messenger. Slack offers no idempotency: use Find
// after an unclear failure. The channel of the reference is the real one, also where
// the address is a channel's name or a user's id.
func (s *Slack) Post(ctx context.Context, to messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	return s.post(ctx, to.ID, m, key)
}

func (s *Slack) post(ctx context.Context, to string, m message.Message, key string, options ...slackapi.MsgOption) (messenger.Ref, error) {
	mark := metadata(eventRequest, key)
	mark.EventPayload[payloadID] = message.Cut(m.RequestID, limits.ID, count)
	ref, _, err := s.send(ctx, to, mark, append(content(m), options...)...)
	return ref, err
}

// send calls chat.postMessage. It returns the message as Slack made it, which has no
// timestamp where the answer leaves it out.
func (s *Slack) send(ctx context.Context, to string, mark slackapi.SlackMetadata, options ...slackapi.MsgOption) (messenger.Ref, slackapi.Message, error) {
	bucket := channelBucket(callPost, to)
	channel, ts, posted, err := s.api(callPost, bucket).PostMessageWithResponseContext(ctx, to,
		slackapi.MsgOptionCompose(options...),
		slackapi.MsgOptionCompose(noUnfurling()...),
		slackapi.MsgOptionMetadata(mark),
	)
	if err != nil {
		return messenger.Ref{}, slackapi.Message{}, s.classify(callPost, bucket, err)
	}
	if channel == "" || ts == "" {
		return messenger.Ref{}, slackapi.Message{}, messenger.BadResponse(callPost)
	}
	if posted.Timestamp == ts && posted.Metadata.EventType == "" {
		s.unmarked.Store(true)
	}
	return messenger.Ref{Channel: channel, ID: ts}, posted, nil
}

// Update implements messenger.Updater. The message keeps its metadata.
func (s *Slack) Update(ctx context.Context, ref messenger.Ref, m message.Message) error {
	bucket := methodBucket(callUpdate)
	_, ts, _, err := s.api(callUpdate, bucket).UpdateMessageContext(ctx, ref.Channel, ref.ID, update(m)...)
	if err != nil {
		return s.classify(callUpdate, bucket, err)
	}
	if ts == "" {
		return messenger.BadResponse(callUpdate)
	}
	return nil
}

// Follow implements messenger.Follower: a reply that is shown in the channel, too.
// Where the previous message takes no replies, the new one stands alone: readers must
// hear what became of the request.
func (s *Slack) Follow(ctx context.Context, _ messenger.Address, previous messenger.Ref, m message.Message, key string) (messenger.Ref, error) {
	ref, err := s.post(ctx, previous.Channel, m, key, slackapi.MsgOptionTS(previous.ID), slackapi.MsgOptionBroadcast())
	if e, ok := errors.AsType[*messenger.Error](err); ok && e.Class == messenger.MessageGone {
		return s.post(ctx, previous.Channel, m, key)
	}
	return ref, err
}

// Reply implements messenger.Replier. Slack posts a reply to a message that is
// gone into the channel itself; that is reported as MessageGone, so that no
// more follow.
func (s *Slack) Reply(ctx context.Context, ref messenger.Ref, r message.Review, key string) error {
	content := append(options(replyText(r), replyBlocks(r)), slackapi.MsgOptionTS(ref.ID))
	reply, posted, err := s.send(ctx, ref.Channel, metadata(eventReview, key), content...)
	if err != nil {
		return err
	}
	if posted.Timestamp == reply.ID && posted.ThreadTimestamp == "" {
		return classified(callPost, "thread_not_found")
	}
	return nil
}

// channelBucket limits a call per channel, as Slack does for posts. A channel that is
// named in two ways is taken for two.
func channelBucket(call, channel string) messenger.Bucket {
	return messenger.Bucket{Method: call, Address: channel}
}

// methodBucket limits a call for the whole workspace, as Slack does for all others,
// edits among them: https://docs.slack.dev/apis/web-api/rate-limits.
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
		return options(textLayout(m).Plain(), nil)
	}
	return options(fallbackText(m), blocks(m))
}

// update is content for a message that may have had a rich_text block. Slack
// refuses an update without one (block_mismatch).
func update(m message.Message) []slackapi.MsgOption {
	if m.Plain {
		return options(textLayout(m).Plain(), plainBlocks(m))
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
