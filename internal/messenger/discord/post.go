package discord

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// newMessage is what is sent to post a message.
type newMessage struct {
	content
	Nonce        string `json:"nonce,omitempty"`
	EnforceNonce bool   `json:"enforce_nonce,omitempty"`
}

// postedMessage is what Discord tells of a message.
type postedMessage struct {
	ID     string `json:"id"`
	Author struct {
		ID string `json:"id"`
	} `json:"author"`
	Content string  `json:"content"`
	Embeds  []embed `json:"embeds"`
}

// Post implements messenger.Messenger. The key has at most 25 characters.
//
// Within a few minutes Discord answers a key that it knows with the message
// that was made before, whatever it shows. That message is brought up to date;
// if that fails, the post is unclear, and Find leads to it.
func (d *Discord) Post(ctx context.Context, to messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	shown := render(m, key)
	var posted postedMessage
	err := d.do(ctx, request{
		call:    callPost,
		method:  http.MethodPost,
		path:    messagesPath(to.ID),
		channel: to.ID,
		body:    newMessage{content: shown, Nonce: key, EnforceNonce: key != ""},
	}, &posted)
	if err != nil {
		return messenger.Ref{}, err
	}
	if !isSnowflake(posted.ID) {
		return messenger.Ref{}, messenger.BadResponse(callPost)
	}
	ref := messenger.Ref{Channel: to.ID, ID: posted.ID}
	d.keys.remember(ref, key)
	if posted.shows(shown) {
		return ref, nil
	}
	if err := d.edit(ctx, ref, shown); err != nil {
		return messenger.Ref{}, messenger.AsUnclear(err)
	}
	return ref, nil
}

// Update implements messenger.Messenger. The message keeps its key as long as
// this bot remembers it, which is long enough: what another process edits has
// been recorded, and is never looked for again.
func (d *Discord) Update(ctx context.Context, ref messenger.Ref, m message.Message) error {
	return d.edit(ctx, ref, render(m, d.keys.of(ref)))
}

func (d *Discord) edit(ctx context.Context, ref messenger.Ref, shown content) error {
	var edited postedMessage
	err := d.do(ctx, request{
		call:    callEdit,
		method:  http.MethodPatch,
		path:    messagesPath(ref.Channel) + "/" + url.PathEscape(ref.ID),
		channel: ref.Channel,
		body:    shown,
	}, &edited)
	if err != nil {
		return err
	}
	if edited.ID != ref.ID {
		return messenger.BadResponse(callEdit)
	}
	return nil
}

func messagesPath(channel string) string {
	return "/channels/" + url.PathEscape(channel) + "/messages"
}

// shows reports whether a message already has the content. Discord trims texts;
// white space makes no difference.
func (p postedMessage) shows(c content) bool {
	return slices.Equal(texts(p.Content, p.Embeds), texts(c.Content, c.Embeds))
}

// texts are all texts of a message.
func texts(line string, embeds []embed) []string {
	all := []string{fold(line)}
	for _, e := range embeds {
		all = append(all, fold(e.Title), e.URL, fold(e.Description), fold(e.Footer.Text))
		for _, f := range e.Fields {
			all = append(all, fold(f.Name), fold(f.Value))
		}
	}
	return all
}

func fold(s string) string {
	return strings.Join(strings.Fields(s), " ")
}
