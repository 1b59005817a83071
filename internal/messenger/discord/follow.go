package discord

import (
	"context"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// noHistory is the code for an answer to a message that the bot may not read.
const noHistory = "160002"

// reference is the message that another one answers.
type reference struct {
	MessageID string `json:"message_id"`
	// FailIfNotExists false makes the answer a message like any other where the one
	// that it answers was deleted.
	FailIfNotExists bool `json:"fail_if_not_exists"`
}

// answerMentions are whom an answer may mention: not even who is answered.
type answerMentions struct {
	allowedMentions
	RepliedUser bool `json:"replied_user"`
}

// answerMessage is a message that answers another.
type answerMessage struct {
	newMessage
	Reference reference `json:"message_reference"`
	// AllowedMentions stand for those of the content.
	AllowedMentions answerMentions `json:"allowed_mentions"`
}

// Follow implements messenger.Follower. The message answers the previous one, which
// takes the permission Read Message History. Without it, it answers none.
func (d *Discord) Follow(
	ctx context.Context, to messenger.Address, previous messenger.Ref, m message.Message, key string,
) (messenger.Ref, error) {
	if !isSnowflake(previous.ID) || previous.Channel != to.ID {
		return d.Post(ctx, to, m, key)
	}
	sent := newPost(m, key)
	ref, err := d.post(ctx, to, sent, answerMessage{
		newMessage:      sent,
		Reference:       reference{MessageID: previous.ID},
		AllowedMentions: answerMentions{allowedMentions: sent.AllowedMentions},
	})
	if messenger.HasCode(err, noHistory) {
		return d.Post(ctx, to, m, key)
	}
	return ref, err
}
