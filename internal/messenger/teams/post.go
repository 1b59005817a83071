package teams

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/teams/card"
)

// activity is a message, as the connector takes it
// (https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference#activity-object).
type activity struct {
	Type string `json:"type"`
	// Summary is what notifications show in place of a card.
	Summary     string            `json:"summary,omitempty"`
	Attachments []card.Attachment `json:"attachments"`
}

func activityOf(m message.Message) activity {
	return activity{Type: "message", Summary: card.Summary(m), Attachments: card.Attached(card.Of(m))}
}

// created is what the connector says of a conversation, and of an activity.
type created struct {
	ID         string `json:"id"`
	ActivityID string `json:"activityId"`
}

// Post implements messenger.Messenger. The connector knows no keys: each post is a new message. In
// a channel it begins a thread.
func (t *Teams) Post(ctx context.Context, to messenger.Address, m message.Message, _ string) (messenger.Ref, error) {
	if isChat(to.ID) {
		return t.toChat(ctx, to.ID, activityOf(m))
	}
	return t.toChannel(ctx, to.ID, activityOf(m))
}

// newThread is what begins a thread in a channel
// (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages).
type newThread struct {
	IsGroup     bool        `json:"isGroup"`
	TenantID    string      `json:"tenantId"`
	ChannelData channelData `json:"channelData"`
	Activity    activity    `json:"activity"`
}

type channelData struct {
	Channel thing `json:"channel"`
	Tenant  thing `json:"tenant"`
}

// thing is whatever has an id.
type thing struct {
	ID string `json:"id"`
}

func (t *Teams) toChannel(ctx context.Context, channel string, a activity) (messenger.Ref, error) {
	var thread created
	err := t.do(ctx, request{
		call: callCreate, method: http.MethodPost, url: t.connector(), scope: t.cloud.connectorScope, address: channel,
		body: newThread{
			IsGroup: true, TenantID: t.tenant, Activity: a,
			ChannelData: channelData{Channel: thing{channel}, Tenant: thing{t.tenant}},
		},
	}, &thread)
	if err != nil {
		return messenger.Ref{}, err
	}
	// The conversation of a thread is that of its channel with the message that began it.
	id := thread.ActivityID
	if _, root, ok := strings.Cut(thread.ID, rootMark); ok {
		id = root
	}
	if id == "" {
		return messenger.Ref{}, messenger.BadResponse(callCreate)
	}
	return messenger.Ref{Channel: channel, ID: id}, nil
}

func (t *Teams) toChat(ctx context.Context, chat string, a activity) (messenger.Ref, error) {
	var sent created
	err := t.do(ctx, request{
		call: callSend, method: http.MethodPost, url: t.connector(chat, "activities"), scope: t.cloud.connectorScope, address: chat, body: a,
	}, &sent)
	if err != nil {
		return messenger.Ref{}, err
	}
	if sent.ID == "" {
		return messenger.Ref{}, messenger.BadResponse(callSend)
	}
	return messenger.Ref{Channel: chat, ID: sent.ID}, nil
}

// Update implements messenger.Updater.
func (t *Teams) Update(ctx context.Context, ref messenger.Ref, m message.Message) error {
	var updated created
	err := t.do(ctx, request{
		call: callUpdate, method: http.MethodPut, url: t.connector(conversationOf(ref), "activities", ref.ID),
		scope: t.cloud.connectorScope, address: ref.Channel, body: activityOf(m),
	}, &updated)
	if err == nil && updated.ID != ref.ID {
		return messenger.BadResponse(callUpdate)
	}
	return err
}

// Reply implements messenger.Replier. A chat has no threads, and what would be a message between
// others there says nothing that the card does not say.
func (t *Teams) Reply(ctx context.Context, ref messenger.Ref, r message.Review, _ string) error {
	if isChat(ref.Channel) {
		return nil
	}
	var sent created
	err := t.do(ctx, request{
		call: callReply, method: http.MethodPost, url: t.connector(conversationOf(ref), "activities", ref.ID),
		scope: t.cloud.connectorScope, address: ref.Channel,
		body: activity{Type: "message", Attachments: card.Attached(card.OfReview(r))},
	}, &sent)
	if err == nil && sent.ID == "" {
		return messenger.BadResponse(callReply)
	}
	return err
}

// rootMark stands between a channel and the message that began a thread in it.
const rootMark = ";messageid="

// conversationOf is the conversation that a message is in: a chat, or the thread that it began.
func conversationOf(ref messenger.Ref) string {
	if isChat(ref.Channel) {
		return ref.Channel
	}
	return ref.Channel + rootMark + ref.ID
}

// connector is the address of a conversation, or of what is in it.
func (t *Teams) connector(path ...string) *url.URL {
	all := []string{"v3", "conversations"}
	for _, part := range path {
		all = append(all, url.PathEscape(part))
	}
	return t.bot.URL.JoinPath(all...)
}
