package messengertest

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// The limits of Slack's messages, in UTF-16 units.
const (
	slackTextTruncated = 40_000
	slackUpdateText    = 4_000
	slackAttachments   = 100
	// slackMetadata is not documented: the limit is, its size is not.
	slackMetadata = 8_000

	// slackBroadcast is the subtype of a reply that is shown in the channel, too
	// [docs.slack.dev, event thread_broadcast].
	slackBroadcast = "thread_broadcast"
)

var (
	slackTimestamp = regexp.MustCompile(`^\d{1,12}\.\d{6}$`)
	slackEmoji     = regexp.MustCompile(`^[a-z0-9_+'-]{1,100}$`)
	// slackEvent is what event types consist of [docs.slack.dev/messaging/message-metadata].
	slackEvent = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// units is the length of a text as JavaScript counts it, which is never less
// than the number of characters.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// chatPostMessage posts a message. The codes are those of its reference.
func (s *Slack) chatPostMessage(c *slackCall) response {
	to, code := s.postTarget(c)
	if code != "" {
		return slackError(code)
	}
	if !to.member && !(slices.Contains(c.bearer.scopes, "chat:write.public") && !to.private) {
		return slackError("not_in_channel")
	}
	if to.archived {
		return slackError("is_archived")
	}
	if to.readOnly {
		return slackError("restricted_action")
	}
	content, refusal := c.content()
	if refusal != nil {
		return *refusal
	}
	if content.empty() {
		return slackError("no_text")
	}
	thread, refusal := s.thread(c, to)
	if refusal != nil {
		return *refusal
	}
	e := s.post(c.bearer.bot, to, content, thread)
	if thread != "" && c.args.flag("reply_broadcast") {
		e.msg.Subtype = slackBroadcast
	}
	return c.ok(map[string]any{"channel": to.id, "ts": e.msg.TS, "message": e.msg}).changed()
}

// postTarget finds the channel by its id, its name with or without "#", or a
// user's id.
func (s *Slack) postTarget(c *slackCall) (*channel, string) {
	name := c.args.text("channel")
	if name == "" {
		return nil, "channel_not_found"
	}
	if u := s.userByID[name]; u != nil {
		if u.deactivated || u.bot {
			return nil, "channel_not_found"
		}
		to, _ := s.directWith(u.id)
		return to, ""
	}
	if to := s.channelByID[name]; to != nil && s.visible(to) {
		return to, ""
	}
	if s.orgWide {
		// "when using an org-wide token, the channel_name is passed instead of the
		// channel_id"
		return nil, "team_not_found"
	}
	name = strings.TrimPrefix(name, "#")
	i := slices.IndexFunc(s.channels, func(to *channel) bool { return !to.direct && to.name == name && s.visible(to) })
	if i < 0 {
		return nil, "channel_not_found"
	}
	return s.channels[i], ""
}

// visible is false for private channels that the bot is not in: they do not
// exist for it.
func (s *Slack) visible(c *channel) bool { return c.member || !c.private }

// thread returns the thread to post in. A reply to a message that is gone is
// posted to the channel instead [reported: slack-go #1571]. invalid_thread_ts is not
// in the reference any more.
func (s *Slack) thread(c *slackCall, to *channel) (string, *response) {
	ts := c.args.text("thread_ts")
	if ts == "" {
		return "", nil
	}
	if !slackTimestamp.MatchString(ts) {
		refusal := slackError("invalid_thread_ts")
		return "", &refusal
	}
	parent := s.find(to.id, ts)
	if parent == nil {
		return "", nil
	}
	if parent.msg.ThreadTS != "" {
		ts = parent.msg.ThreadTS
	}
	if s.locked[to.id+"/"+ts] {
		refusal := slackError("restricted_action_thread_locked")
		return "", &refusal
	}
	return ts, nil
}

func (s *Slack) post(author string, to *channel, content slackContent, thread string) *entry[slackMessage] {
	now := s.now()
	e := &entry[slackMessage]{post: newPost("slack", to, s.newTS()), author: author}
	e.post.Created, e.post.ThreadOf = now, thread
	e.msg = slackMessage{
		Type: "message", User: author, BotID: slackBotID(author),
		TS: e.post.ID, ThreadTS: thread, Metadata: content.metadata,
		Text: content.text, Blocks: content.blocks, Attachments: content.attachments,
		linkNames: content.linkNames,
	}
	e.post.revise(e.msg.appearance(), now, s.late)
	s.add(e)
	if parent := s.find(to.id, thread); parent != nil {
		parent.msg.ReplyCount++
	}
	return e
}

// chatUpdate replaces what a message shows. The codes are those of its reference.
func (s *Slack) chatUpdate(c *slackCall) response {
	in := s.channelByID[c.args.text("channel")]
	if in == nil || !s.visible(in) {
		return slackError("channel_not_found")
	}
	e := s.find(in.id, c.args.text("ts"))
	if e == nil {
		return slackError("message_not_found")
	}
	if e.author != c.bearer.bot {
		return slackError("cant_update_message")
	}
	if in.archived || !in.member {
		return slackError("is_inactive")
	}
	if s.editLimit > 0 && s.now().Sub(e.post.Created) > s.editLimit {
		return slackError("edit_window_closed")
	}
	if units(c.args.text("text")) > slackUpdateText {
		return slackError("msg_too_long")
	}
	content, refusal := c.content()
	if refusal != nil {
		return *refusal
	}
	if !c.args.has("text") && !c.args.has("blocks") && !c.args.has("attachments") {
		return slackError("no_text")
	}
	next := e.msg.updated(c, content)
	if next.empty() {
		return slackError("no_text")
	}
	if e.msg.hasRichText() && !next.hasRichText() {
		return slackError("block_mismatch")
	}
	now := s.now()
	if !c.args.has("blocks") {
		// "(edited)" is shown of text only [chat.update, argument blocks].
		next.Edited = &slackEdit{User: c.bearer.bot, TS: s.newTS()}
	}
	e.msg = next
	e.post.revise(next.appearance(), now, s.late)
	s.touch(e)
	return c.ok(map[string]any{
		"channel": in.id, "ts": next.TS, "text": next.Text, "message": next,
	}).changed()
}

// updated returns the message as chat.update leaves it: text without blocks
// removes the blocks; blocks without text, attachments and metadata that are
// left out are kept.
func (m slackMessage) updated(c *slackCall, content slackContent) slackMessage {
	if c.args.has("text") {
		m.Text, m.Blocks = content.text, nil
	}
	if c.args.has("blocks") {
		m.Blocks = content.blocks
	}
	if c.args.has("attachments") {
		m.Attachments = content.attachments
	}
	if c.args.has("metadata") {
		m.Metadata = content.metadata
	}
	m.linkNames = content.linkNames
	return m
}
func (m slackMessage) empty() bool {
	return m.Text == "" && m.Blocks == nil && m.Attachments == nil
}

// slackContent is the checked content of a call.
type slackContent struct {
	text                          string
	blocks, attachments, metadata json.RawMessage
	linkNames                     bool
}

func (c slackContent) empty() bool {
	return c.text == "" && c.blocks == nil && c.attachments == nil
}

// content reads and checks what is to be shown.
func (c *slackCall) content() (slackContent, *response) {
	content := slackContent{
		text:        c.args.text("text"),
		blocks:      nonEmptyList(c.args.structured("blocks")),
		attachments: nonEmptyList(c.args.structured("attachments")),
		metadata:    c.args.structured("metadata"),
		linkNames:   c.args.flag("link_names") || c.args.text("parse") == "full",
	}
	if units(content.text) > slackTextTruncated {
		content.text = string(utf16.Decode(utf16.Encode([]rune(content.text))[:slackTextTruncated]))
		c.args.warnings = append(c.args.warnings, "message_truncated")
	}
	var refusal *response
	for _, check := range []func() *response{
		func() *response { return checkSlackBlocks(content.blocks) },
		func() *response { return checkSlackAttachments(content.attachments) },
		func() *response { return checkSlackMetadata(content.metadata) },
	} {
		if refusal = check(); refusal != nil {
			return slackContent{}, refusal
		}
	}
	if string(content.metadata) == "{}" {
		content.metadata = nil
	}
	if content.metadata != nil && !slackEvent.MatchString(eventType(content.metadata)) {
		// The message is posted all the same, and the metadata is ignored
		// [docs.slack.dev/messaging/message-metadata].
		content.metadata = nil
		c.args.warnings = append(c.args.warnings, "invalid_metadata_schema")
	}
	return content, nil
}

func eventType(metadata json.RawMessage) string {
	var o object
	// What is no object was refused before.
	_ = json.Unmarshal(metadata, &o)
	return jsonText(o["event_type"])
}

// nonEmptyList returns nil for an empty JSON list.
func nonEmptyList(raw json.RawMessage) json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && len(list) == 0 {
		return nil
	}
	return raw
}

// checkSlackMetadata refuses metadata that is not what is documented. Of what Slack
// says invalid_metadata_schema but to a bad event type, nothing is known.
func checkSlackMetadata(raw json.RawMessage) *response {
	if raw == nil || string(raw) == "{}" {
		return nil
	}
	var metadata struct {
		EventType    *string        `json:"event_type"`
		EventPayload map[string]any `json:"event_payload"`
	}
	var code string
	switch err := json.Unmarshal(raw, &metadata); {
	case err != nil:
		code = "invalid_metadata_format"
	case metadata.EventType == nil || *metadata.EventType == "" || metadata.EventPayload == nil:
		code = "invalid_metadata_schema"
	case units(string(raw)) > slackMetadata:
		code = "metadata_too_large"
	default:
		return nil
	}
	refusal := slackError(code)
	return &refusal
}

// reactionsAdd adds a reaction. The codes are those of its reference.
func (s *Slack) reactionsAdd(c *slackCall) response {
	name := c.args.text("name")
	in := s.channelByID[c.args.text("channel")]
	switch {
	case !slackEmoji.MatchString(name):
		return slackError("invalid_name")
	case c.args.text("channel") == "" || c.args.text("timestamp") == "":
		return slackError("no_item_specified")
	case in == nil || !s.visible(in):
		return slackError("channel_not_found")
	case !slackTimestamp.MatchString(c.args.text("timestamp")):
		return slackError("bad_timestamp")
	case !in.member:
		return slackError("not_in_channel")
	case in.archived:
		return slackError("is_archived")
	}
	e := s.find(in.id, c.args.text("timestamp"))
	if e == nil {
		return slackError("message_not_found")
	}
	if slices.Contains(e.post.Reactions, name) {
		return slackError("already_reacted")
	}
	e.post.Reactions = append(e.post.Reactions, name)
	s.touch(e)
	return c.ok(map[string]any{}).changed()
}
