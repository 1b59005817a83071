package messengertest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"unicode/utf8"
)

// The limits of Mattermost's posts, in runes (model/post.go): a message may have a
// quarter of 65,535 bytes. Newer servers leave users 760,000 for the props; by default,
// the body of a call is too large long before that.
const (
	mattermostMessage = 16_383
	mattermostProps   = 800_000
)

// mattermostPost is what Mattermost keeps of a post.
type mattermostPost struct {
	ID            string `json:"id"`
	CreateAt      int64  `json:"create_at"`
	UpdateAt      int64  `json:"update_at"`
	EditAt        int64  `json:"edit_at"`
	DeleteAt      int64  `json:"delete_at"`
	UserID        string `json:"user_id"`
	ChannelID     string `json:"channel_id"`
	RootID        string `json:"root_id"`
	Message       string `json:"message"`
	Type          string `json:"type"`
	Props         object `json:"props"`
	PendingPostID string `json:"pending_post_id"`
	ReplyCount    int    `json:"reply_count"`
}

// channelOfPost returns the channel that the body of a new post names.
func channelOfPost(body []byte) string {
	var form struct {
		ChannelID string `json:"channel_id"`
	}
	// createPost refuses what is no JSON.
	_ = json.Unmarshal(body, &form)
	return form.ChannelID
}

// createPost refuses as createPost in api4/post.go and CreatePostAsUser and CreatePost
// in app/post.go do, in their order.
func (m *Mattermost) createPost(c *call) response {
	var form mattermostPost
	if err := json.Unmarshal(c.body, &form); err != nil {
		return mattermostRefusal(http.StatusBadRequest, errBodyParam)
	}
	if m.databaseDown && form.RootID != "" {
		// The permission is known without the database, the root is not.
		return mattermostRefusal(http.StatusBadRequest, errNoRoot)
	}
	if refusal := m.postable(form.ChannelID); refusal != nil {
		return *refusal
	}
	if e := m.pending[form.PendingPostID]; e != nil && m.now().Sub(e.post.Created) < m.pendingWindow {
		return jsonResponse(http.StatusCreated, e.msg)
	}
	in := m.channelByID[form.ChannelID]
	if in.archived {
		return mattermostRefusal(http.StatusBadRequest, "api.post.create_post.can_not_post_to_deleted.error")
	}
	if refusal := m.checkRoot(form); refusal != nil {
		return *refusal
	}
	if refusal := m.restricted(in, "api.post.create_post.can_not_post_in_restricted_dm.error"); refusal != nil {
		return *refusal
	}
	if refusal := m.checkContent(form); refusal != nil {
		return *refusal
	}
	e := m.post(c, in, form)
	return jsonResponse(http.StatusCreated, e.msg).changed()
}

// postable returns a refusal unless the bot may post: an unknown channel, a
// malformed id and a failing database look like one that forbids it.
func (m *Mattermost) postable(channelID string) *response {
	in := m.channelByID[channelID]
	allowed := in != nil && (in.member || m.postAll && !in.private) && !in.readOnly
	if allowed && !m.databaseDown {
		return nil
	}
	refusal := mattermostRefusal(http.StatusForbidden, errPermissions)
	return &refusal
}

// checkRoot checks the post that is answered: it begins a thread in the same
// channel.
func (m *Mattermost) checkRoot(form mattermostPost) *response {
	if form.RootID == "" {
		return nil
	}
	root := m.posts[form.RootID]
	var refusal response
	switch {
	case root == nil || root.msg.RootID != "":
		refusal = mattermostRefusal(http.StatusBadRequest, errNoRoot)
	case root.msg.ChannelID != form.ChannelID:
		refusal = mattermostRefusal(http.StatusBadRequest, "api.post.create_post.channel_root_id.app_error")
	default:
		return nil
	}
	return &refusal
}

// restricted refuses what is about the direct messages of a person who is in none of
// the bot's teams, under RestrictDirectMessage (app/post.go).
func (m *Mattermost) restricted(in *channel, id string) *response {
	if !m.teamsOnly || !in.direct || !m.userByID[in.user].noTeam {
		return nil
	}
	refusal := mattermostRefusal(http.StatusBadRequest, id)
	return &refusal
}

// checkContent checks what a post is to look like: its length, and what a plugin
// says to it. The plugin's reason becomes a part of the id (app/post.go, from 6.7.2
// to today).
func (m *Mattermost) checkContent(p mattermostPost) *response {
	id := ""
	encoded, err := json.Marshal(p.Props)
	switch {
	case utf8.RuneCountInString(p.Message) > mattermostMessage:
		id = "model.post.is_valid.msg.app_error"
	case err != nil || utf8.RuneCount(encoded) > mattermostProps:
		id = "model.post.is_valid.props.app_error"
	case m.plugin != nil:
		if reason := m.plugin(m.appearance(p).text); reason != "" {
			id = "Post rejected by plugin. " + reason
		}
	}
	if id == "" {
		return nil
	}
	refusal := mattermostRefusal(http.StatusBadRequest, id)
	return &refusal
}

func (m *Mattermost) post(c *call, in *channel, form mattermostPost) *entry[mattermostPost] {
	now, at := m.now(), m.newTime()
	props := withNormalAttachments(form.Props)
	props["from_bot"] = json.RawMessage(`"true"`)
	e := &entry[mattermostPost]{author: m.author(c), msg: mattermostPost{
		ID: m.newID(0), CreateAt: at, UpdateAt: at, UserID: m.author(c), ChannelID: in.id,
		RootID: form.RootID, Message: form.Message, Props: props, PendingPostID: form.PendingPostID,
	}}
	e.post = newPost("mattermost", in, e.msg.ID)
	e.post.Created, e.post.ThreadOf = now, form.RootID
	e.post.revise(m.appearance(e.msg), now, m.late)
	m.posts[e.msg.ID] = e
	if form.PendingPostID != "" {
		m.pending[form.PendingPostID] = e
	}
	m.add(e)
	if root := m.posts[form.RootID]; root != nil {
		root.msg.ReplyCount++
		root.msg.UpdateAt = at
	}
	return e
}

// patchPost replaces what the body has; props as a whole.
func (m *Mattermost) patchPost(c *call) response {
	var form struct {
		Message *string `json:"message"`
		Props   *object `json:"props"`
	}
	if !mattermostID.MatchString(c.params["post"]) {
		return mattermostRefusal(http.StatusBadRequest, errURLParam)
	}
	if err := json.Unmarshal(c.body, &form); err != nil {
		return mattermostRefusal(http.StatusBadRequest, errBodyParam)
	}
	e, refusal := m.editable(c)
	if refusal != nil {
		return *refusal
	}
	next := e.msg
	if form.Message != nil {
		next.Message = *form.Message
	}
	if form.Props != nil {
		next.Props = withNormalAttachments(*form.Props)
	}
	// Newer servers refuse any message, 6.7.2 one that differs.
	if m.tooOld(e, form.Message != nil, form.Props != nil) {
		return mattermostRefusal(http.StatusBadRequest, errTooOld)
	}
	return m.edit(e, next, "api.post.patch_post.")
}

// updatePost replaces the whole post: what the body lacks is empty afterwards. The
// body must name the post (updatePost in api4/post.go).
func (m *Mattermost) updatePost(c *call) response {
	var form mattermostPost
	if !mattermostID.MatchString(c.params["post"]) {
		return mattermostRefusal(http.StatusBadRequest, errURLParam)
	}
	if err := json.Unmarshal(c.body, &form); err != nil || form.ID != c.params["post"] {
		return mattermostRefusal(http.StatusBadRequest, errBodyParam)
	}
	e, refusal := m.editable(c)
	if refusal != nil {
		return *refusal
	}
	next := e.msg
	next.Message, next.Props = form.Message, withNormalAttachments(form.Props)
	if m.tooOld(e, form.Message != e.msg.Message, true) {
		return mattermostRefusal(http.StatusBadRequest, errTooOld)
	}
	return m.edit(e, next, "api.post.update_post.")
}

// editable finds the post of a call that the bot may edit. Unlike a new post that
// takes membership: PostAll is not enough. An unknown post, another account's, and a
// failing database look like a missing permission (patchPost in api4/post.go).
func (m *Mattermost) editable(c *call) (*entry[mattermostPost], *response) {
	e := m.posts[c.params["post"]]
	if e == nil || m.noEdits || e.author != m.author(c) ||
		m.postable(e.msg.ChannelID) != nil || !m.channelByID[e.msg.ChannelID].member {
		refusal := mattermostRefusal(http.StatusForbidden, errPermissions)
		return nil, &refusal
	}
	return e, nil
}

// tooOld reports whether an edit comes after the time limit, which is about the
// message alone: postPatchChecks in api4/post.go, UpdatePost in app/post.go of 6.7.2.
func (m *Mattermost) tooOld(e *entry[mattermostPost], message, props bool) bool {
	limited := message || props && m.limitProps
	return limited && m.editLimit > 0 && m.now().Sub(e.post.Created) > m.editLimit
}

// edit makes a post look different, unless it is refused with an id that begins with
// a prefix.
func (m *Mattermost) edit(e *entry[mattermostPost], next mattermostPost, prefix string) response {
	in := m.channelByID[e.msg.ChannelID]
	if in.archived {
		return mattermostRefusal(http.StatusBadRequest, prefix+"can_not_update_post_in_deleted.error")
	}
	if refusal := m.restricted(in, prefix+"can_not_update_post_in_restricted_dm.error"); refusal != nil {
		return *refusal
	}
	if refusal := m.checkContent(next); refusal != nil {
		return *refusal
	}
	next.UpdateAt = m.newTime()
	if next.Message != e.msg.Message || string(next.Props["attachments"]) != string(e.msg.Props["attachments"]) {
		next.EditAt = next.UpdateAt
	}
	e.msg = next
	e.post.revise(m.appearance(next), m.now(), m.late)
	m.touch(e)
	return jsonResponse(http.StatusOK, next).changed()
}

// readablePost finds the post of a call.
func (m *Mattermost) readablePost(c *call) (*entry[mattermostPost], *response) {
	e := m.posts[c.params["post"]]
	var refusal response
	switch {
	case !mattermostID.MatchString(c.params["post"]):
		refusal = mattermostRefusal(http.StatusBadRequest, errURLParam)
	case m.databaseDown:
		refusal = mattermostRefusal(http.StatusInternalServerError, "app.post.get.app_error")
	case e == nil:
		refusal = mattermostRefusal(http.StatusNotFound, "app.post.get.app_error")
	case m.channelByID[e.msg.ChannelID].private && !m.channelByID[e.msg.ChannelID].member:
		refusal = mattermostRefusal(http.StatusForbidden, errPermissions)
	default:
		return e, nil
	}
	return nil, &refusal
}

func (m *Mattermost) getPost(c *call) response {
	e, refusal := m.readablePost(c)
	if refusal != nil {
		return *refusal
	}
	return jsonResponse(http.StatusOK, e.msg)
}

func (m *Mattermost) addReaction(c *call) response {
	var form struct {
		UserID    string `json:"user_id"`
		PostID    string `json:"post_id"`
		EmojiName string `json:"emoji_name"`
	}
	if err := json.Unmarshal(c.body, &form); err != nil || form.EmojiName == "" {
		return mattermostRefusal(http.StatusBadRequest, errBodyParam)
	}
	e := m.posts[form.PostID]
	if e == nil || form.UserID != m.author(c) || m.postable(e.msg.ChannelID) != nil {
		return mattermostRefusal(http.StatusForbidden, errPermissions)
	}
	if !slices.Contains(e.post.Reactions, form.EmojiName) {
		e.post.Reactions = append(e.post.Reactions, form.EmojiName)
		m.touch(e)
	}
	return jsonResponse(http.StatusOK, map[string]any{
		"user_id": form.UserID, "post_id": form.PostID, "emoji_name": form.EmojiName, "create_at": m.newTime(),
	}).changed()
}

// withNormalAttachments returns a copy of props whose attachments have every
// field that Mattermost knows.
func withNormalAttachments(props object) object {
	next := maps.Clone(props)
	if next == nil {
		next = object{}
	}
	var attachments []mattermostAttachment
	if next["attachments"] == nil || json.Unmarshal(next["attachments"], &attachments) != nil {
		return next
	}
	normal, err := json.Marshal(attachments)
	if err != nil {
		panic("attachments of the simulator cannot be encoded: " + err.Error())
	}
	next["attachments"] = normal
	return next
}
