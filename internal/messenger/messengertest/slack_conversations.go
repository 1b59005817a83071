package messengertest

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
)

// kind is the channel's kind as Slack's scopes are named.
func (c *channel) slackKind() string {
	switch {
	case c.direct:
		return "im"
	case c.private:
		return "groups"
	default:
		return "channels"
	}
}

// usersLookupByEmail knows active accounts only. users_not_found is from the
// reference; that of a missing argument is what JSON bodies are known to get.
func (s *Slack) usersLookupByEmail(c *slackCall) response {
	if !c.args.has("email") {
		return slackError("invalid_arguments", "[ERROR] missing required field: email")
	}
	u := s.userByEmail(c.args.text("email"))
	if u == nil || u.deactivated {
		return slackError("users_not_found")
	}
	return c.ok(map[string]any{"user": map[string]any{
		"id": u.id, "team_id": slackTeam, "name": u.name, "deleted": false, "is_bot": u.bot,
		"profile": map[string]any{"email": u.email, "display_name": u.name},
	}})
}

// conversationsOpen opens direct messages with one person. The codes are those of its
// reference, but for cannot_dm_bot, which older pages have.
func (s *Slack) conversationsOpen(c *slackCall) response {
	ids := c.args.text("users")
	if ids == "" {
		return slackError("users_list_not_supplied")
	}
	u := s.userByID[ids]
	switch {
	case u == nil:
		return slackError("user_not_found")
	case u.deactivated:
		return slackError("user_disabled")
	case u.bot:
		return slackError("cannot_dm_bot")
	}
	direct, existed := s.directWith(u.id)
	answer := map[string]any{"id": direct.id}
	fields := map[string]any{"channel": answer}
	if c.args.flag("return_im") {
		answer["is_im"], answer["user"] = true, u.id
	}
	if existed {
		fields["no_op"], fields["already_open"] = true, true
	}
	return c.ok(fields)
}

func slackChannel(c *channel) map[string]any {
	if c.direct {
		return map[string]any{"id": c.id, "is_im": true, "user": c.user, "is_archived": c.archived}
	}
	return map[string]any{
		"id": c.id, "name": c.name, "name_normalized": c.name, "is_channel": !c.private,
		"is_group": c.private, "is_private": c.private, "is_archived": c.archived, "is_member": c.member,
	}
}

// slackListTypes maps the types of conversations.list to the kinds of channels.
var slackListTypes = map[string]string{
	"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim",
}

// conversationsList lists channels. The codes are those of its reference; Slack may
// also answer invalid_types where a scope is missing, which is not settled.
func (s *Slack) conversationsList(c *slackCall) response {
	if s.orgWide && c.args.text("team_id") == "" {
		// "required if token belongs to org-wide app"
		return slackError("missing_argument")
	}
	types := c.args.text("types")
	if types == "" {
		types = "public_channel"
	}
	var kinds []string
	for name := range strings.SplitSeq(types, ",") {
		kind, ok := slackListTypes[strings.TrimSpace(name)]
		if !ok {
			return slackError("invalid_types")
		}
		if scope := kind + ":read"; !slices.Contains(c.bearer.scopes, scope) {
			return c.missingScope(scope)
		}
		kinds = append(kinds, kind)
	}
	var found []*channel
	for _, ch := range s.channels {
		hidden := !s.visible(ch) || ch.archived && c.args.flag("exclude_archived")
		if !hidden && slices.Contains(kinds, ch.slackKind()) {
			found = append(found, ch)
		}
	}
	// "Must be an integer under 1000."
	page, next, code := slackPage(c, found, 999, func(ch *channel) string { return ch.id })
	if code != "" {
		return slackError(code)
	}
	list := []any{}
	for _, ch := range page {
		list = append(list, slackChannel(ch))
	}
	return c.ok(map[string]any{"channels": list}).withCursor(next)
}

// slackPage cuts the page that limit and cursor ask for. A cursor names the
// item that the page starts with, so that new items do not shift it.
func slackPage[T any](c *slackCall, all []T, most int, id func(T) string) (page []T, next, code string) {
	limit := 100
	if c.args.has("limit") {
		n, err := strconv.Atoi(c.args.text("limit"))
		if err != nil || n < 1 || n > most {
			return nil, "", "invalid_limit"
		}
		limit = n
	}
	if cursor := c.args.text("cursor"); cursor != "" {
		start, err := base64.URLEncoding.DecodeString(cursor)
		i := slices.IndexFunc(all, func(item T) bool { return id(item) == string(start) })
		if err != nil || i < 0 {
			return nil, "", "invalid_cursor"
		}
		all = all[i:]
	}
	if len(all) <= limit {
		return all, "", ""
	}
	return all[:limit], base64.URLEncoding.EncodeToString([]byte(id(all[limit]))), ""
}

// withCursor adds the cursor of the next page to an answer.
func (r response) withCursor(next string) response {
	var fields map[string]any
	if err := json.Unmarshal(r.body, &fields); err != nil {
		panic("an answer of the simulator is no JSON: " + err.Error())
	}
	metadata, ok := fields["response_metadata"].(map[string]any)
	if !ok {
		metadata = map[string]any{}
	}
	metadata["next_cursor"] = next
	fields["response_metadata"] = metadata
	return jsonResponse(r.status, fields)
}

// readable finds the channel of a call that reads, and checks the scope for
// its kind.
func (s *Slack) readable(c *slackCall, permission string) (*channel, *response) {
	in := s.channelByID[c.args.text("channel")]
	if in == nil || !s.visible(in) {
		refusal := slackError("channel_not_found")
		return nil, &refusal
	}
	if scope := in.slackKind() + permission; !slices.Contains(c.bearer.scopes, scope) {
		refusal := c.missingScope(scope)
		return nil, &refusal
	}
	return in, nil
}

func (s *Slack) conversationsInfo(c *slackCall) response {
	in, refusal := s.readable(c, ":read")
	if refusal != nil {
		return *refusal
	}
	return c.ok(map[string]any{"channel": slackChannel(in)})
}

// history finds the channel whose messages a call asks for, and the time span.
func (s *Slack) history(c *slackCall) (*channel, slackRange, *response) {
	in, refusal := s.readable(c, ":history")
	if refusal != nil {
		return nil, slackRange{}, refusal
	}
	span, code := c.span()
	if !in.member {
		code = "not_in_channel"
	}
	if code != "" {
		refused := slackError(code)
		return nil, slackRange{}, &refused
	}
	return in, span, nil
}

// inChannel reports whether a message is shown in its channel, not only in a thread.
func (m slackMessage) inChannel() bool {
	return m.ThreadTS == "" || m.Subtype == slackBroadcast
}

// conversationsHistory answers with the latest messages first. So says the reference
// of a span with both ends; where only oldest is given, older pages say that it
// begins with the oldest, which is not settled. A limit of more than 999 is refused;
// the reference names the limit, but no code.
func (s *Slack) conversationsHistory(c *slackCall) response {
	in, span, refusal := s.history(c)
	if refusal != nil {
		return *refusal
	}
	var found []*entry[slackMessage]
	for _, e := range slices.Backward(s.byChannel[in.id]) {
		if microseconds(e.msg.TS) < span.from {
			break
		}
		if e.msg.inChannel() && span.holds(e.msg.TS) {
			found = append(found, e)
		}
	}
	return c.messages(found, 999)
}

// conversationsReplies answers with the thread of a message, which is always the first,
// in the order of time. Its reference has thread_not_found, and the limit of 1,000.
func (s *Slack) conversationsReplies(c *slackCall) response {
	in, span, refusal := s.history(c)
	if refusal != nil {
		return *refusal
	}
	parent := s.find(in.id, c.args.text("ts"))
	if parent == nil {
		return slackError("thread_not_found")
	}
	found := []*entry[slackMessage]{parent}
	for _, e := range s.byChannel[in.id] {
		if e.msg.ThreadTS == parent.msg.TS && span.holds(e.msg.TS) {
			found = append(found, e)
		}
	}
	return c.messages(found, 1000)
}

// messages answers with one page of messages.
func (c *slackCall) messages(found []*entry[slackMessage], most int) response {
	page, next, code := slackPage(c, found, most, func(e *entry[slackMessage]) string { return e.msg.TS })
	if code != "" {
		return slackError(code)
	}
	list := []slackMessage{}
	for _, e := range page {
		m := e.msg
		if !c.args.flag("include_all_metadata") {
			m.Metadata = nil
		}
		list = append(list, m)
	}
	return c.ok(map[string]any{"messages": list, "has_more": next != ""}).withCursor(next)
}

// slackRange is the time span that a call asks for, in microseconds, ends
// included.
type slackRange struct{ from, to int64 }

// span reads oldest and latest, which count themselves only when inclusive is
// given.
func (c *slackCall) span() (span slackRange, code string) {
	span.to = math.MaxInt64
	exclusive := int64(1)
	if c.args.flag("inclusive") {
		exclusive = 0
	}
	for _, name := range []string{"oldest", "latest"} {
		value := c.args.text(name)
		if value == "" {
			continue
		}
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return span, "invalid_ts_" + name
		}
		if name == "oldest" {
			span.from = microseconds(value) + exclusive
		} else {
			span.to = microseconds(value) - exclusive
		}
	}
	return span, ""
}

func (r slackRange) holds(ts string) bool {
	at := microseconds(ts)
	return r.from <= at && at <= r.to
}

// microseconds reads a number of seconds exactly, which a float64 cannot.
func microseconds(ts string) int64 {
	whole, fraction, _ := strings.Cut(ts, ".")
	// The caller has seen to it that it is a number.
	n, _ := strconv.ParseInt(whole, 10, 64)
	micros, _ := strconv.ParseInt((fraction + "000000")[:6], 10, 64)
	return n*1e6 + micros
}
