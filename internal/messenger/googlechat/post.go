package googlechat

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"reflect"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// newMessage is a message to be made.
type newMessage struct {
	content
	Thread *thread `json:"thread,omitempty"`
}

// thread is a thread of a space, by its resource name.
type thread struct {
	Name string `json:"name"`
}

// postedMessage is what Google says about a message.
type postedMessage struct {
	content
	Name       string `json:"name"`
	Thread     thread `json:"thread"`
	DeleteTime string `json:"deleteTime"`
}

// Post implements messenger.Messenger. Google answers a key that it knows with the message that
// was made before, whatever it shows. That message is brought up to date; if that fails, the
// post is unclear, and Find leads to it.
func (g *GoogleChat) Post(ctx context.Context, to messenger.Address, m message.Message, key string) (messenger.Ref, error) {
	return g.post(ctx, to.ID, newMessage{content: render(m)}, idOf(asMessage, key))
}

func (g *GoogleChat) post(ctx context.Context, space string, m newMessage, id string) (messenger.Ref, error) {
	created, err := g.create(ctx, space, m, id)
	if err != nil {
		return messenger.Ref{}, err
	}
	ref := messenger.Ref{Channel: space, ID: created.id()}
	if created.shows(m.content) {
		return ref, nil
	}
	if err := g.edit(ctx, ref, m.content); err != nil {
		return messenger.Ref{}, messenger.AsUnclear(err)
	}
	return ref, nil
}

// create makes a message of an id, which stands for the request as well. Both keep Google from making another: the
// one of the request for as long as Google knows requests, and answers with the message; the one
// of the message for as long as there is the message, and is refused.
func (g *GoogleChat) create(ctx context.Context, space string, m newMessage, id string) (postedMessage, error) {
	if !spaceID.MatchString(space) {
		return postedMessage{}, &messenger.Error{
			Class: messenger.RecipientPermanent, Call: callPost, Code: "invalid_address", What: whatNoSpace, Advice: adviceSpace,
		}
	}
	parameters := query{"messageId": id, "requestId": id}
	if m.Thread != nil {
		// Where a space has no threads, and where the thread is gone, it begins a new one.
		parameters["messageReplyOption"] = "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
	}
	var created postedMessage
	err := g.do(ctx, request{
		call: callPost, method: http.MethodPost, path: spacesPrefix + space + "/messages", query: parameters, space: space, body: m,
	}, &created)
	if messenger.HasCode(err, "ALREADY_EXISTS") {
		return g.existing(ctx, space, id, err)
	}
	if err == nil && !created.isIn(space) {
		return postedMessage{}, messenger.BadResponse(callPost)
	}
	return created, err
}

// existing returns the message whose id is taken. That another app has taken it, or that it was
// deleted, is the refusal.
func (g *GoogleChat) existing(ctx context.Context, space, id string, refusal error) (postedMessage, error) {
	found, err := g.read(ctx, space, id)
	if err == nil || !messenger.AsError(err).Class.Answered() {
		return found, err
	}
	return postedMessage{}, refusal
}

// kind tells a message from a reply to one, whose keys may be alike.
type kind string

const (
	asMessage kind = "message"
	asReply   kind = "reply"
)

// idOf is the id of the message of a key: at most 63 lower-case letters, digits and hyphens
// (https://developers.google.com/workspace/chat/create-messages#name_a_created_message). Without
// a key it is any.
func idOf(k kind, key string) string {
	sum := sha256.Sum256([]byte(string(k) + " " + key))
	if key == "" {
		// It never fails.
		_, _ = rand.Read(sum[:])
	}
	return "client-" + hex.EncodeToString(sum[:idBytes])
}

// id returns the id of a message within its space.
func (p postedMessage) id() string { return p.Name[strings.LastIndex(p.Name, "/")+1:] }

// isIn reports whether it is a message of a space.
func (p postedMessage) isIn(space string) bool {
	return p.Name == messageName(space, p.id()) && messageID.MatchString(p.id())
}

// messageName is the resource name of a message.
func messageName(space, id string) string { return spacesPrefix + space + "/messages/" + id }

// shows reports whether a message already has the content. That Google may write some of it
// otherwise costs an edit.
func (p postedMessage) shows(c content) bool {
	return p.Text == c.Text && (len(p.Cards)+len(c.Cards) == 0 || reflect.DeepEqual(p.Cards, c.Cards))
}
