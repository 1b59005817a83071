package messengertest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"
)

// The limits of Mattermost's posts, in runes.
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
	if refusal := checkMattermostLimits(form.Message, form.Props); refusal != nil {
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

func checkMattermostLimits(message string, props object) *response {
	encoded, err := json.Marshal(props)
	var refusal response
	switch {
	case utf8.RuneCountInString(message) > mattermostMessage:
		refusal = mattermostRefusal(http.StatusBadRequest, "model.post.is_valid.msg.app_error")
	case err != nil || utf8.RuneCount(encoded) > mattermostProps:
		refusal = mattermostRefusal(http.StatusBadRequest, "model.post.is_valid.props.app_error")
	default:
		return nil
	}
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
	e.post.revise(m.appearance(e.msg), now)
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

// patchPost replaces what the body has; props as a whole. Unlike a new post it
// takes membership: PostAll is not enough.
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
	e := m.posts[c.params["post"]]
	if e == nil || e.author != m.author(c) || m.postable(e.msg.ChannelID) != nil || !m.channelByID[e.msg.ChannelID].member {
		return mattermostRefusal(http.StatusForbidden, errPermissions)
	}
	now := m.now()
	if m.editLimit > 0 && now.Sub(e.post.Created) > m.editLimit {
		return mattermostRefusal(http.StatusBadRequest, "api.post.update_post.permissions_time_limit.app_error")
	}
	if m.channelByID[e.msg.ChannelID].archived {
		return mattermostRefusal(http.StatusBadRequest, "api.post.update_post.can_not_update_post_in_deleted.error")
	}
	next := e.msg
	if form.Message != nil {
		next.Message = *form.Message
	}
	if form.Props != nil {
		next.Props = withNormalAttachments(*form.Props)
	}
	if refusal := checkMattermostLimits(next.Message, next.Props); refusal != nil {
		return *refusal
	}
	next.UpdateAt = m.newTime()
	next.EditAt = next.UpdateAt
	e.msg = next
	e.post.revise(m.appearance(next), now)
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

func (m *Mattermost) postThread(c *call) response {
	e, refusal := m.readablePost(c)
	if refusal != nil {
		return *refusal
	}
	root := e.msg.ID
	if e.msg.RootID != "" {
		root = e.msg.RootID
	}
	return m.list(m.byChannel[e.msg.ChannelID], func(p mattermostPost) bool {
		return p.ID == root || p.RootID == root
	})
}

// channelPosts answers members with what changed since a time, or with one page.
func (m *Mattermost) channelPosts(c *call) response {
	in := m.channelByID[c.params["channel"]]
	switch {
	case !mattermostID.MatchString(c.params["channel"]):
		return mattermostRefusal(http.StatusBadRequest, errURLParam)
	case in == nil || !in.member:
		return mattermostRefusal(http.StatusForbidden, errPermissions)
	case m.databaseDown:
		return mattermostRefusal(http.StatusInternalServerError, "app.post.get_root_posts.app_error")
	}
	query := c.http.URL.Query()
	if since := query.Get("since"); since != "" {
		from, err := strconv.ParseInt(since, 10, 64)
		if err != nil {
			return mattermostRefusal(http.StatusBadRequest, errBodyParam)
		}
		return m.list(m.byChannel[in.id], func(p mattermostPost) bool { return p.UpdateAt > from })
	}
	// Mattermost takes its defaults for numbers that it cannot read.
	page, _ := strconv.Atoi(query.Get("page"))
	size, err := strconv.Atoi(query.Get("per_page"))
	if err != nil || size < 1 {
		size = 60
	}
	size = min(size, 200)
	all := m.byChannel[in.id]
	end := max(0, len(all)-max(0, page)*size)
	return m.list(all[max(0, end-size):end], func(mattermostPost) bool { return true })
}

// list answers with the posts that match, newest first, and beside them with
// those that they answer.
func (m *Mattermost) list(all []*entry[mattermostPost], match func(mattermostPost) bool) response {
	order, posts := []string{}, map[string]mattermostPost{}
	for _, e := range slices.Backward(all) {
		if match(e.msg) {
			order = append(order, e.msg.ID)
			posts[e.msg.ID] = e.msg
			if root := m.posts[e.msg.RootID]; root != nil {
				posts[root.msg.ID] = root.msg
			}
		}
	}
	return jsonResponse(http.StatusOK, map[string]any{
		"order": order, "posts": posts, "next_post_id": "", "prev_post_id": "",
	})
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
