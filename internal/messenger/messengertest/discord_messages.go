package messengertest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// discordMessage is what Discord keeps of a message.
type discordMessage struct {
	ID         string            `json:"id"`
	ChannelID  string            `json:"channel_id"`
	Type       int               `json:"type"`
	Author     discordUser       `json:"author"`
	Content    string            `json:"content"`
	Timestamp  time.Time         `json:"timestamp"`
	Edited     *time.Time        `json:"edited_timestamp"`
	Embeds     []discordEmbed    `json:"embeds"`
	Components []discordRow      `json:"components"`
	Nonce      string            `json:"nonce,omitempty"`
	Reference  *messageReference `json:"message_reference,omitempty"`
	allowed    *allowedMentions
}

type discordUser struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Bot      bool   `json:"bot,omitempty"`
}

func (d *Discord) discordUser(id string) discordUser {
	u := d.userByID[id]
	return discordUser{ID: u.id, Username: u.name, Bot: u.bot}
}

// readable finds the channel of a call that the bot can see. The codes are in topics/
// opcodes-and-status-codes, here and below; what they stand for, in resources/message.
func (d *Discord) readable(c *call) (*channel, *response) {
	var refusal response
	in := d.channelByID[c.channel]
	switch {
	case !snowflake.MatchString(c.channel):
		problems := formErrors{}
		problems.report("channel_id", "NUMBER_TYPE_COERCE", "Value \""+c.channel+"\" is not snowflake.")
		refusal = problems.response()
	case in == nil || in.archived && in.parent == "":
		refusal = discordError(http.StatusNotFound, 10003, "Unknown Channel")
	case !d.member(in):
		refusal = discordError(http.StatusForbidden, 50001, "Missing Access")
	default:
		return in, nil
	}
	return nil, &refusal
}

// member reports whether the bot is in a channel, or in the one above a thread.
func (d *Discord) member(c *channel) bool {
	if parent := d.channelByID[c.parent]; parent != nil {
		return parent.member
	}
	return c.member
}

// writable finds the channel of a call that the bot may post in. In a thread that takes
// Send Messages in Threads; Send Messages is not inherited (topics/permissions). A
// thread that is closed is no obstacle unless it is locked: a post reopens it
// (topics/threads, Active & Archived Threads).
func (d *Discord) writable(c *call) (*channel, *response) {
	in, refusal := d.readable(c)
	if refusal != nil {
		return nil, refusal
	}
	var problem response
	switch {
	case d.mute(in):
		problem = discordError(http.StatusForbidden, 50013, "Missing Permissions")
	case in.locked && in.archived:
		problem = discordError(http.StatusBadRequest, 50083, "Thread is archived")
	case in.locked:
		problem = discordError(http.StatusBadRequest, 160005, "This thread is locked")
	case in.direct && (d.userByID[in.user].noDirect || d.userByID[in.user].deactivated):
		problem = discordError(http.StatusForbidden, 50007, "Cannot send messages to this user")
	default:
		return in, nil
	}
	return nil, &problem
}

// mute reports whether the bot lacks the permission to write.
func (d *Discord) mute(in *channel) bool {
	if parent := d.channelByID[in.parent]; parent != nil {
		return in.readOnly || parent.noThreads
	}
	return in.readOnly
}

// closed refuses what an archived thread does not take: edits and reactions (topics/
// opcodes-and-status-codes, 50083; topics/threads).
func closed(in *channel) *response {
	if !in.archived {
		return nil
	}
	refusal := discordError(http.StatusBadRequest, 50083, "Thread is archived")
	return &refusal
}

// createMessage is in resources/message, Create Message, with what a nonce does.
func (d *Discord) createMessage(c *call) response {
	in, refusal := d.writable(c)
	if refusal != nil {
		return *refusal
	}
	form, refusal := readDiscordForm(c)
	if refusal != nil {
		return *refusal
	}
	nonceKey := d.author(c) + "/" + form.nonce()
	if e := d.nonces[nonceKey]; form.EnforceNonce && e != nil && d.now().Sub(e.post.Created) < d.nonceWindow {
		return jsonResponse(http.StatusOK, e.msg)
	}
	m := discordMessage{
		Author: d.discordUser(d.author(c)), Nonce: form.nonce(),
		Embeds: []discordEmbed{}, Components: []discordRow{},
	}.updated(form)
	if m.empty() {
		return discordError(http.StatusBadRequest, 50006, "Cannot send an empty message")
	}
	if m.Reference, refusal = d.reference(in, form.Reference); refusal != nil {
		return *refusal
	}
	in.archived = false
	e := d.post(in, m)
	if form.nonce() != "" {
		d.nonces[nonceKey] = e
	}
	return jsonResponse(http.StatusOK, e.msg).changed()
}

// reference checks the message that is replied to. Replying takes Read Message History
// (resources/message, Message Reference).
func (d *Discord) reference(in *channel, ref *messageReference) (*messageReference, *response) {
	if ref != nil && in.noHistory {
		refusal := discordError(http.StatusForbidden, 160002, "Cannot reply without permission to read message history")
		return nil, &refusal
	}
	if ref == nil || d.find(in.id, ref.MessageID) != nil {
		return ref, nil
	}
	if ref.FailIfNotExists != nil && !*ref.FailIfNotExists {
		return nil, nil
	}
	problems := formErrors{}
	problems.report("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
	refusal := problems.response()
	return nil, &refusal
}

func (d *Discord) post(in *channel, m discordMessage) *entry[discordMessage] {
	now := d.now()
	m.ID, m.ChannelID, m.Timestamp = d.newID(0), in.id, now.UTC()
	e := &entry[discordMessage]{post: newPost("discord", in, m.ID), author: m.Author.ID, msg: m}
	e.post.Created = now
	if m.Reference != nil {
		e.post.ThreadOf = m.Reference.MessageID
	}
	if in.parent != "" {
		e.post.ThreadOf = in.id
	}
	e.post.revise(m.appearance(), now, d.late)
	d.add(e)
	return e
}

// updated returns the message with the fields that the form has. Mentions are
// always parsed anew, all of them where the form allows none in particular.
func (m discordMessage) updated(form discordForm) discordMessage {
	if _, ok := form.given["content"]; ok {
		m.Content = ""
		if form.Content != nil {
			m.Content = strings.TrimSpace(*form.Content)
		}
	}
	if _, ok := form.given["embeds"]; ok {
		m.Embeds = slices.DeleteFunc(form.Embeds, func(e discordEmbed) bool { return e.size() == 0 })
	}
	if _, ok := form.given["components"]; ok {
		m.Components = form.Components
	}
	m.allowed = form.AllowedMentions
	return m
}

func (m discordMessage) empty() bool {
	return m.Content == "" && len(m.Embeds) == 0 && len(m.Components) == 0
}

// message finds the message of a call, in a channel that it may read.
func (d *Discord) message(c *call) (*channel, *entry[discordMessage], *response) {
	in, refusal := d.readable(c)
	if refusal != nil {
		return nil, nil, refusal
	}
	if e := d.find(in.id, c.params["message"]); e != nil {
		return in, e, nil
	}
	unknown := discordError(http.StatusNotFound, 10008, "Unknown Message")
	return nil, nil, &unknown
}

// editMessage is in resources/message, Edit Message. Only an author may.
func (d *Discord) editMessage(c *call) response {
	in, e, refusal := d.message(c)
	if refusal != nil {
		return *refusal
	}
	if e.author != d.author(c) {
		return discordError(http.StatusForbidden, 50005, "Cannot edit a message authored by another user")
	}
	if refusal := closed(in); refusal != nil {
		return *refusal
	}
	if d.editLimit > 0 && d.now().Sub(e.post.Created) > d.editLimit {
		return discordError(http.StatusBadRequest, 50068, "Invalid message type")
	}
	form, refusal := readDiscordForm(c)
	if refusal != nil {
		return *refusal
	}
	next := e.msg.updated(form)
	if next.empty() {
		return discordError(http.StatusBadRequest, 50006, "Cannot send an empty message")
	}
	now := d.now()
	edited := now.UTC()
	next.Edited = &edited
	e.msg = next
	e.post.revise(next.appearance(), now, d.late)
	d.touch(e)
	return jsonResponse(http.StatusOK, next.withoutNonce()).changed()
}

// withoutNonce is the message as later readers get it: the nonce is only for
// the answer to its creation.
func (m discordMessage) withoutNonce() discordMessage {
	m.Nonce = ""
	return m
}

// getMessage takes Read Message History (resources/message).
func (d *Discord) getMessage(c *call) response {
	in, e, refusal := d.message(c)
	switch {
	case refusal != nil:
		return *refusal
	case in.noHistory:
		return discordError(http.StatusForbidden, 50013, "Missing Permissions")
	default:
		return jsonResponse(http.StatusOK, e.msg.withoutNonce())
	}
}

// listMessages answers newest first, also with after, which then means the
// oldest of the messages that follow (resources/message, Get Channel Messages).
func (d *Discord) listMessages(c *call) response {
	in, refusal := d.readable(c)
	if refusal != nil {
		return *refusal
	}
	query := c.http.URL.Query()
	limit, problems := 50, formErrors{}
	if query.Has("limit") {
		n, err := strconv.Atoi(query.Get("limit"))
		if err != nil || n < 1 || n > 100 {
			problems.report("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
		}
		limit = n
	}
	after, before := query.Get("after"), query.Get("before")
	for name, id := range map[string]string{"after": after, "before": before} {
		if _, err := strconv.ParseInt(id, 10, 64); id != "" && err != nil {
			problems.report(name, "NUMBER_TYPE_COERCE", "Value is not snowflake.")
		}
	}
	if len(problems) > 0 {
		return problems.response()
	}
	found := []discordMessage{}
	for _, e := range d.byChannel[in.id] {
		if !in.noHistory && olderID(after, e.msg.ID) && (before == "" || olderID(e.msg.ID, before)) {
			found = append(found, e.msg.withoutNonce())
		}
	}
	if len(found) > limit && after != "" {
		found = found[:limit]
	}
	found = found[max(0, len(found)-limit):]
	slices.Reverse(found)
	return jsonResponse(http.StatusOK, found)
}

// olderID compares snowflakes; the empty one is the oldest.
func olderID(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

func (d *Discord) addReaction(c *call) response {
	in, e, refusal := d.message(c)
	if refusal != nil {
		return *refusal
	}
	if refusal := closed(in); refusal != nil {
		return *refusal
	}
	if !slices.Contains(e.post.Reactions, c.params["emoji"]) {
		e.post.Reactions = append(e.post.Reactions, c.params["emoji"])
		d.touch(e)
	}
	return plainResponse(http.StatusNoContent, "application/json", "").changed()
}
