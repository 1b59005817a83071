package messengertest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// teamsActivity is a message.
type teamsActivity struct {
	Type        string            `json:"type"`
	Summary     string            `json:"summary,omitempty"`
	Text        string            `json:"text,omitempty"`
	Attachments []teamsAttachment `json:"attachments"`
}

type teamsAttachment struct {
	ContentType string          `json:"contentType"`
	Content     json.RawMessage `json:"content"`
}

// teamsConversation is what begins a thread in a channel, or opens a chat
// (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages).
type teamsConversation struct {
	IsGroup     bool           `json:"isGroup"`
	Bot         *teamsThing    `json:"bot"`
	Members     []teamsThing   `json:"members"`
	TenantID    string         `json:"tenantId"`
	Activity    *teamsActivity `json:"activity"`
	ChannelData struct {
		Channel teamsThing `json:"channel"`
		Tenant  teamsThing `json:"tenant"`
	} `json:"channelData"`
}

type teamsThing struct {
	ID string `json:"id"`
}

var (
	teamsChannelID = regexp.MustCompile(`^19:[A-Za-z0-9_-]+@thread\.(tacv2|skype)$`)
	teamsChatID    = regexp.MustCompile(`^a:[A-Za-z0-9_-]+$`)
)

// createThread posts a message that begins a thread in a channel.
func (t *Teams) createThread(c *call) response {
	var form teamsConversation
	if strictly(c.body, &form) != nil || !form.IsGroup || form.Activity == nil || len(form.Members) > 0 || form.TenantID != TeamsTenant {
		return teamsRefusal(http.StatusBadRequest, "BadSyntax")
	}
	in, refusal := t.writable(form.ChannelData.Channel.ID)
	if refusal == nil {
		refusal = form.Activity.check(c.body)
	}
	if refusal != nil {
		return *refusal
	}
	id := t.post(t.author(c), in, *form.Activity, "")
	return jsonResponse(http.StatusCreated, map[string]any{
		"id": in.id + teamsRootMark + id, "activityId": id, "serviceUrl": "https://smba.trafficmanager.net/teams/",
	}).changed()
}

// createChat opens the chat with a person for whom the app is installed. It is the same each time.
func (t *Teams) createChat(c *call) response {
	var form teamsConversation
	if strictly(c.body, &form) != nil || form.IsGroup || form.Activity != nil || len(form.Members) != 1 ||
		form.TenantID != TeamsTenant || form.Bot == nil || form.Bot.ID != "28:"+TeamsApp {
		return teamsRefusal(http.StatusBadRequest, "BadSyntax")
	}
	u := t.userByID[form.Members[0].ID]
	switch {
	case u == nil:
		return teamsRefusal(http.StatusBadRequest, "BadArgument")
	case u.deactivated || u.noDirect:
		return teamsRefusal(http.StatusForbidden, "ForbiddenOperationException")
	}
	chat, _ := t.directWith(u.id)
	return jsonResponse(http.StatusCreated, map[string]any{"id": chat.id})
}

// writable finds a conversation that the bot may write in.
func (t *Teams) writable(id string) (*channel, *response) {
	in := t.channelByID[id]
	var refusal response
	switch {
	case !teamsChannelID.MatchString(id) && !teamsChatID.MatchString(id):
		refusal = teamsRefusal(http.StatusBadRequest, "BadSyntax")
	case in == nil || in.archived:
		refusal = teamsRefusal(http.StatusNotFound, "ConversationNotFound")
	case !in.member:
		refusal = teamsRefusal(http.StatusForbidden, "BotNotInConversationRoster")
	case in.direct && (t.userByID[in.user].deactivated || t.userByID[in.user].noDirect):
		refusal = teamsRefusal(http.StatusForbidden, "ConversationBlockedByUser")
	case in.readOnly:
		refusal = teamsRefusal(http.StatusForbidden, "NotEnoughPermissions")
	default:
		return in, nil
	}
	return nil, &refusal
}

// check refuses what is no message that Teams shows, and what is too large: "100 KB, in UTF-16"
// (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages).
func (a teamsActivity) check(body []byte) *response {
	refusal := teamsRefusal(http.StatusBadRequest, "BadArgument")
	if 2*units(string(body)) > teamsMaxActivity {
		refusal = teamsRefusal(http.StatusRequestEntityTooLarge, "MessageSizeTooBig")
		return &refusal
	}
	if a.Type != "message" || a.Text == "" && len(a.Attachments) == 0 {
		return &refusal
	}
	for _, attachment := range a.Attachments {
		if attachment.ContentType != "application/vnd.microsoft.card.adaptive" {
			return &refusal
		}
		if _, err := readCard(attachment.Content); err != nil {
			return &refusal
		}
	}
	return nil
}

// sendToChat posts a message in a chat.
func (t *Teams) sendToChat(c *call) response {
	in, a, refusal := t.messageTo(c)
	if refusal != nil {
		return *refusal
	}
	return jsonResponse(http.StatusCreated, teamsThing{t.post(t.author(c), in, a, "")}).changed()
}

// messageTo reads a message and finds its conversation.
func (t *Teams) messageTo(c *call) (in *channel, a teamsActivity, refusal *response) {
	if strictly(c.body, &a) != nil {
		bad := teamsRefusal(http.StatusBadRequest, "BadSyntax")
		return nil, a, &bad
	}
	if in, refusal = t.writable(c.channel); refusal == nil {
		refusal = a.check(c.body)
	}
	return in, a, refusal
}

// known finds the message of a call, which is in the thread that the conversation names.
func (t *Teams) known(c *call) (*entry[teamsActivity], *response) {
	e := t.find(c.channel, c.params["1"])
	if root := c.params["root"]; e == nil || root != "" && root != e.post.ID && root != e.post.ThreadOf {
		refusal := teamsRefusal(http.StatusNotFound, "ActivityNotFoundInConversation")
		return nil, &refusal
	}
	return e, nil
}

// replyTo posts a message in the thread of another. In a chat, which has none, it is a message
// like any other.
func (t *Teams) replyTo(c *call) response {
	in, a, refusal := t.messageTo(c)
	if refusal != nil {
		return *refusal
	}
	e, refusal := t.known(c)
	if refusal != nil {
		return *refusal
	}
	root := e.post.ID
	if e.post.ThreadOf != "" {
		root = e.post.ThreadOf
	}
	if in.direct {
		root = ""
	}
	return jsonResponse(http.StatusCreated, teamsThing{t.post(t.author(c), in, a, root)}).changed()
}

// updateActivity replaces a message of the bot.
func (t *Teams) updateActivity(c *call) response {
	_, a, refusal := t.messageTo(c)
	if refusal != nil {
		return *refusal
	}
	e, refusal := t.known(c)
	if refusal != nil {
		return *refusal
	}
	if e.author != t.author(c) || t.editLimit > 0 && t.now().Sub(e.post.Created) > t.editLimit {
		return teamsRefusal(http.StatusForbidden, "NotEnoughPermissions")
	}
	e.msg = a
	e.post.revise(a.appearance(), t.now(), t.late)
	t.touch(e)
	return jsonResponse(http.StatusOK, teamsThing{e.post.ID}).changed()
}

func (t *Teams) post(author string, in *channel, a teamsActivity, root string) (id string) {
	e := &entry[teamsActivity]{author: author, msg: a, post: newPost("teams", in, t.newActivityID())}
	e.post.Created, e.post.ThreadOf = t.now(), root
	e.post.revise(a.appearance(), t.now(), t.late)
	t.add(e)
	return e.post.ID
}

// appearance is how a message looks.
func (a teamsActivity) appearance() appearance {
	raw, err := json.Marshal(a)
	if err != nil {
		panic("a message of the simulator cannot be encoded: " + err.Error())
	}
	look := appearance{text: joinLines(a.lines(true)), raw: raw}
	for _, c := range a.cards() {
		look.mentions = append(look.mentions, c.mentions()...)
	}
	return look
}

// cards are the cards of a message that was checked.
func (a teamsActivity) cards() (cards []cardElement) {
	for _, attachment := range a.Attachments {
		c, err := readCard(attachment.Content)
		if err != nil {
			panic("a card of the simulator cannot be read: " + err.Error())
		}
		cards = append(cards, c)
	}
	return cards
}

// quotedAloud is what stands in quotation marks in what notifications show, where there is no markup.
var quotedAloud = regexp.MustCompile(`“[^”]*”`)

// lines are what a reader sees of a message, without what stands in code and quotations if all is
// false.
func (a teamsActivity) lines(all bool) []string {
	summary := a.Summary
	if !all {
		summary = quotedAloud.ReplaceAllString(summary, "")
	}
	lines := []string{summary, a.Text}
	for _, c := range a.cards() {
		lines = append(lines, c.lines(all)...)
	}
	return lines
}

// teamsFilter is what is asked for of people.
var teamsFilter = regexp.MustCompile(`^userPrincipalName eq '((?:[^']|'')+)' or mail eq '((?:[^']|'')+)'$`)

// listUsers answers as Microsoft Graph does to a filter by name and address
// (https://learn.microsoft.com/graph/api/user-list).
func (t *Teams) listUsers(c *call) response {
	query := c.http.URL.Query()
	parts := teamsFilter.FindStringSubmatch(query.Get("$filter"))
	if parts == nil || parts[1] != parts[2] || query.Get("$select") == "" {
		return teamsRefusal(http.StatusBadRequest, "Request_UnsupportedQuery")
	}
	found := []map[string]any{}
	if u := t.userByEmail(strings.ReplaceAll(parts[1], "''", "'")); u != nil && !u.bot {
		found = append(found, graphUser(u))
	}
	return jsonResponse(http.StatusOK, map[string]any{"value": found})
}

func (t *Teams) getUser(c *call) response {
	u := t.userByID[c.params["0"]]
	if u == nil || u.bot {
		return teamsRefusal(http.StatusNotFound, "Request_ResourceNotFound")
	}
	return jsonResponse(http.StatusOK, graphUser(u))
}

func graphUser(u *user) map[string]any {
	return map[string]any{"id": u.id, "displayName": u.name, "accountEnabled": !u.deactivated}
}

// Crowd makes another app post n messages with a text in a channel.
func (t *Teams) Crowd(channel string, n int, text string) {
	t.server.lock.Lock()
	for range n {
		t.post(t.otherApp(), t.channelByID[channel], teamsActivity{Type: "message", Text: text, Attachments: []teamsAttachment{}}, "")
	}
	t.server.lock.Unlock()
	t.flush()
}

// roster shows the members of a conversation that the bot is in, which are all people here.
func (t *Teams) roster(c *call) response {
	in := t.channelByID[c.channel]
	switch {
	case in == nil || in.archived:
		return teamsRefusal(http.StatusNotFound, "ConversationNotFound")
	case !in.member:
		return teamsRefusal(http.StatusForbidden, "BotNotInConversationRoster")
	}
	members := []teamsThing{}
	for _, u := range t.users {
		if !u.bot {
			members = append(members, teamsThing{"29:" + u.id})
		}
	}
	return jsonResponse(http.StatusOK, map[string]any{"members": members})
}

// TeamsLinks are the ways to write a channel: its id, and the links to it that Teams copies.
func TeamsLinks(id, name string) []string {
	escaped := strings.NewReplacer(":", "%3a", "@", "%40").Replace(id)
	link := "https://teams.microsoft.com/l/channel/" + escaped + "/" + name
	return slices.Clip([]string{id, link + "?groupId=" + TeamsTenant + "&tenantId=" + TeamsTenant, link})
}
