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

// postedMessage is what Discord says about a message.
type postedMessage struct {
	ID     string `json:"id"`
	Author struct {
		ID string `json:"id"`
	} `json:"author"`
	Content    string  `json:"content"`
	Embeds     []embed `json:"embeds"`
	Components []row   `json:"components"`
}

// Post implements messenger.Messenger. The key has at most 25 characters.
//
// Within a few minutes Discord answers a key that it knows with the message
// that was made before, whatever it shows. That message is brought up to date;
// if that fails, the post is unclear, and Find leads to it.
func (d *Discord) Post(ctx context.Context, to messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	sent := newPost(m, key)
	return d.post(ctx, to, sent, sent)
}

func newPost(m message.Message, key string) newMessage {
	return newMessage{content: render(m, key), Nonce: key, EnforceNonce: key != ""}
}

// post sends a message, in a body that may hold more than it.
func (d *Discord) post(ctx context.Context, to messenger.Address, m newMessage, body any) (messenger.Ref, error) {
	var posted postedMessage
	err := d.do(ctx, request{
		call:    callPost,
		method:  http.MethodPost,
		path:    messagesPath(to.ID),
		channel: to.ID,
		body:    body,
	}, &posted)
	if err != nil {
		return messenger.Ref{}, err
	}
	if !isSnowflake(posted.ID) {
		return messenger.Ref{}, messenger.BadResponse(callPost)
	}
	ref := messenger.Ref{Channel: to.ID, ID: posted.ID}
	d.keys.remember(ref, m.Nonce)
	if posted.shows(m.content) {
		return ref, nil
	}
	if err := d.edit(ctx, ref, m.content); err != nil {
		return messenger.Ref{}, messenger.AsUnclear(err)
	}
	return ref, nil
}

func messagesPath(channel string) string {
	return "/channels/" + url.PathEscape(channel) + "/messages"
}

// shows reports whether a message already has the content. Discord trims texts;
// white space makes no difference.
func (p postedMessage) shows(c content) bool {
	return slices.Equal(texts(p.Content, p.Embeds), texts(c.Content, c.Embeds)) &&
		slices.EqualFunc(p.Components, c.Components, func(a, b row) bool { return slices.Equal(a.Components, b.Components) })
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
