package slack

import (
	"context"
	"time"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// search reads a channel's history for a message.
//
// Slack gives of a span of time the latest messages first. A search reads one page of
// all since the given time, which most often is all there is. If there is more, it
// goes forward from the given time, around which the message is, in spans that become
// longer: however many messages came later, they do not stand in the way.
type search struct {
	slack   *Slack
	channel string
	found   findings
	// size is how many messages to ask for at once, left how many pages may be read.
	size, left int
}

// run searches from a time on, and reports whether it has read all there is.
func (r *search) run(ctx context.Context, since time.Time) (complete bool, err error) {
	since = since.Truncate(time.Microsecond)
	// There is nothing later, however far Slack's clock is ahead of ours. Without an
	// end it is not documented from which end Slack begins.
	last, err := r.read(ctx, since, time.Now().Add(historyEnd))
	for window := historyWindow; err == nil && !last.Before(since) && r.left > 0; window *= 2 {
		end := since.Add(window)
		if last.Before(end) {
			end = last
		}
		rest := end
		for err == nil && !rest.Before(since) && r.left > 0 {
			rest, err = r.read(ctx, since, rest)
		}
		if rest.Before(since) {
			since = end.Add(time.Microsecond)
		}
	}
	return last.Before(since), err
}

// read reads the latest page of a span, ends included. It returns the end of what is
// left of the span, which is before its beginning if nothing is left.
func (r *search) read(ctx context.Context, since, until time.Time) (rest time.Time, err error) {
	page, err := messenger.ReadPage(&r.size, func(size int) (historyPage, error) {
		return r.slack.history(ctx, slackapi.GetConversationHistoryParameters{
			ChannelID:          r.channel,
			Oldest:             timestamp(since),
			Latest:             timestamp(until),
			Inclusive:          true,
			Limit:              size,
			IncludeAllMetadata: true,
		})
	})
	if err != nil {
		return until, err
	}
	r.left--
	r.found.add(page.messages)
	if len(r.found.stamps) > 0 {
		r.left = min(r.left, historyRest)
	}
	if !page.more {
		return since.Add(-time.Microsecond), nil
	}
	rest = until
	for _, m := range page.messages {
		if before := parseTimestamp(m.Timestamp).Add(-time.Microsecond); before.Before(rest) {
			rest = before
		}
	}
	if !rest.Before(until) {
		// There is more, and no way to it.
		return until, messenger.ErrCannotLook
	}
	return rest, nil
}

// historyPage is a part of a channel or thread.
type historyPage struct {
	messages []slackapi.Message
	// more is true when there are messages beyond the page.
	more bool
	// next asks for them, where that is not done by time.
	next string
}

func (s *Slack) history(ctx context.Context, parameters slackapi.GetConversationHistoryParameters) (historyPage, error) {
	bucket := methodBucket(callHistory)
	answer, err := s.api(callHistory, bucket).GetConversationHistoryContext(ctx, &parameters)
	if err != nil {
		return historyPage{}, s.classify(callHistory, bucket, err)
	}
	// slack-go decodes the cursor into the outer of two fields of one name.
	next := answer.ResponseMetaData.NextCursor
	return historyPage{messages: answer.Messages, more: answer.HasMore || next != "", next: next}, nil
}

func (s *Slack) replies(ctx context.Context, parameters slackapi.GetConversationRepliesParameters) (historyPage, error) {
	bucket := methodBucket(callReplies)
	messages, more, next, err := s.api(callReplies, bucket).GetConversationRepliesContext(ctx, &parameters)
	if err != nil {
		return historyPage{}, s.classify(callReplies, bucket, err)
	}
	return historyPage{messages: messages, more: more || next != "", next: next}, nil
}
