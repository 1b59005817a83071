package messengertest

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// googleMessage is what Google Chat keeps of a message.
type googleMessage struct {
	Name       string             `json:"name"`
	Sender     googleSender       `json:"sender"`
	CreateTime string             `json:"createTime"`
	Text       string             `json:"text"`
	Cards      []googleCardWithID `json:"cardsV2"`
	Thread     googleThread       `json:"thread"`
	Space      googleThread       `json:"space"`
	ClientID   string             `json:"clientAssignedMessageId,omitempty"`
	IsReply    bool               `json:"threadReply,omitempty"`
}

type googleSender struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type googleThread struct {
	Name string `json:"name"`
}

// googleClientID is what an id that an app assigns looks like.
var googleClientID = regexp.MustCompile(`^client-[a-z0-9-]{1,56}$`)

// createMessage is spaces.messages.create.
func (g *GoogleChat) createMessage(c *call) response {
	query := c.http.URL.Query()
	in, refusal := g.seen(c)
	if refusal != nil {
		return *refusal
	}
	if in.readOnly {
		return googleRefusal(http.StatusForbidden, "PERMISSION_DENIED", "")
	}
	form, wrong := decodeGoogleForm(c.body)
	if wrong != "" {
		return googleInvalid(wrong)
	}
	id, option := query.Get("messageId"), query.Get("messageReplyOption")
	if id != "" && !googleClientID.MatchString(id) {
		return googleInvalid("messageId " + id)
	}
	owner := g.tokens[c.token].bot + " " + in.id + " "
	if e := g.requests[owner+query.Get("requestId")]; e != nil && query.Get("requestId") != "" {
		return jsonResponse(http.StatusOK, e.msg)
	}
	if g.named[owner+id] != nil {
		return googleRefusal(http.StatusConflict, "ALREADY_EXISTS", "")
	}
	thread, refusal := g.threadFor(in, form.Thread, option)
	if refusal != nil {
		return *refusal
	}
	e := g.post(g.tokens[c.token].bot, in, googleMessage{Text: form.Text, Cards: form.Cards, ClientID: id}, thread)
	if id != "" {
		g.named[owner+id] = e
	}
	if request := query.Get("requestId"); request != "" {
		g.requests[owner+request] = e
	}
	return jsonResponse(http.StatusOK, e.msg).changed()
}

// threadFor returns the first message of the thread that a message replies to, nil for none.
func (g *GoogleChat) threadFor(in *channel, named *googleThread, option string) (*entry[googleMessage], *response) {
	var refusal response
	switch {
	case option != "" && option != "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD" && option != "REPLY_MESSAGE_OR_FAIL":
		refusal = googleInvalid("messageReplyOption " + option)
	case named == nil || option == "":
		return nil, nil
	case !strings.HasPrefix(named.Name, "spaces/"+in.id+"/threads/"):
		refusal = googleInvalid("thread of another space")
	case g.threads[named.Name] == nil && option == "REPLY_MESSAGE_OR_FAIL":
		refusal = googleRefusal(http.StatusNotFound, "NOT_FOUND", "")
	default:
		return g.threads[named.Name], nil
	}
	return nil, &refusal
}

// post stores a message, in the thread of another one or in one of its own.
func (g *GoogleChat) post(author string, in *channel, m googleMessage, thread *entry[googleMessage]) *entry[googleMessage] {
	g.ids++
	threadID := fmt.Sprintf("T%09d", g.ids)
	e := &entry[googleMessage]{author: author, msg: m}
	e.post = newPost("googlechat", in, fmt.Sprintf("%s.%s", threadID, threadID))
	e.msg.Thread.Name = "spaces/" + in.id + "/threads/" + threadID
	if thread != nil {
		// The id of a message begins with that of its thread.
		first, _, _ := strings.Cut(thread.post.ID, ".")
		e.post.ID, e.post.ThreadOf = first+"."+threadID, thread.post.ID
		e.msg.Thread, e.msg.IsReply = thread.msg.Thread, true
	} else {
		g.threads[e.msg.Thread.Name] = e
	}
	e.msg.Name = "spaces/" + in.id + "/messages/" + e.post.ID
	e.msg.Space.Name = "spaces/" + in.id
	e.msg.Sender = googleSender{Name: "users/" + author, Type: "BOT"}
	e.msg.CreateTime = g.now().UTC().Format(time.RFC3339Nano)
	e.post.Created = g.now()
	e.post.revise(g.appearance(e.msg), g.now(), g.late)
	g.add(e)
	return e
}

// stored returns the message of a call, by either of its ids.
func (g *GoogleChat) stored(c *call) (*entry[googleMessage], *response) {
	in, refusal := g.seen(c)
	if refusal != nil {
		return nil, refusal
	}
	id := c.params["message"]
	e := g.find(in.id, id)
	if strings.HasPrefix(id, "client-") {
		e = g.named[g.tokens[c.token].bot+" "+in.id+" "+id]
	}
	if e == nil || g.deleted[in.id+"/"+e.post.ID] {
		missing := googleRefusal(http.StatusNotFound, "NOT_FOUND", "")
		return nil, &missing
	}
	return e, nil
}

func (g *GoogleChat) getMessage(c *call) response {
	e, refusal := g.stored(c)
	if refusal != nil {
		return *refusal
	}
	return jsonResponse(http.StatusOK, e.msg)
}

// patchMessage is spaces.messages.patch. Google documents no time limit for edits; an EditLimit
// stands for any refusal of one message's edits.
func (g *GoogleChat) patchMessage(c *call) response {
	mask := c.http.URL.Query().Get("updateMask")
	form, wrong := decodeGoogleForm(c.body)
	if wrong != "" {
		return googleInvalid(wrong)
	}
	e, refusal := g.stored(c)
	if refusal != nil {
		return *refusal
	}
	tooOld := g.editLimit > 0 && g.now().Sub(e.post.Created) > g.editLimit
	if e.author != g.tokens[c.token].bot || g.channelByID[e.post.Channel].readOnly || tooOld {
		return googleRefusal(http.StatusForbidden, "PERMISSION_DENIED", "")
	}
	next := e.msg
	for path := range strings.SplitSeq(mask, ",") {
		switch path {
		case "text":
			next.Text = form.Text
		case "cardsV2", "cards_v2":
			next.Cards = form.Cards
		default:
			return googleInvalid("updateMask " + mask)
		}
	}
	if next.Text == "" && len(next.Cards) == 0 {
		return googleInvalid("an empty message")
	}
	e.msg = next
	e.post.revise(g.appearance(next), g.now(), g.late)
	g.touch(e)
	return jsonResponse(http.StatusOK, next).changed()
}
