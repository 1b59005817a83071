package messengertest

import (
	"net/http"
	"slices"
)

// The types of Discord's channels.
const (
	discordTextChannel   = 0
	discordDirectChannel = 1
	discordPublicThread  = 11
)

func (d *Discord) usersMe(c *call) response {
	return jsonResponse(http.StatusOK, d.discordUser(d.author(c)))
}

func (d *Discord) discordChannel(c *channel) map[string]any {
	switch {
	case c.direct:
		return map[string]any{
			"id": c.id, "type": discordDirectChannel, "recipients": []discordUser{d.discordUser(c.user)},
		}
	case c.parent != "":
		return map[string]any{
			"id": c.id, "type": discordPublicThread, "guild_id": discordGuild, "name": c.name, "parent_id": c.parent,
			"thread_metadata": map[string]any{"archived": c.archived, "locked": c.locked},
		}
	default:
		return map[string]any{"id": c.id, "type": discordTextChannel, "guild_id": discordGuild, "name": c.name}
	}
}

func (d *Discord) getChannel(c *call) response {
	in, refusal := d.readable(c)
	if refusal != nil {
		return *refusal
	}
	return jsonResponse(http.StatusOK, d.discordChannel(in))
}

// openDirect is in resources/user, Create DM.
func (d *Discord) openDirect(c *call) response {
	var form struct {
		RecipientID string `json:"recipient_id"`
	}
	if refusal := decodeDiscord(c, &form); refusal != nil {
		return *refusal
	}
	if !snowflake.MatchString(form.RecipientID) {
		problems := formErrors{}
		problems.report("recipient_id", "NUMBER_TYPE_COERCE", "Value is not snowflake.")
		return problems.response()
	}
	u := d.userByID[form.RecipientID]
	// The statuses are reported: discord-api-docs#1905, bwmarrin/discordgo#953.
	if u == nil {
		return discordError(http.StatusBadRequest, 50033, "Invalid Recipient(s)")
	}
	if u.bot {
		return discordError(http.StatusBadRequest, 50007, "Cannot send messages to this user")
	}
	direct, _ := d.directWith(u.id)
	return jsonResponse(http.StatusOK, d.discordChannel(direct))
}

// modifyChannel opens and closes threads. Who may send messages there may open one, and
// only with Manage Threads, which the bot lacks, one that is locked (resources/channel,
// Modify Channel).
func (d *Discord) modifyChannel(c *call) response {
	in, refusal := d.readable(c)
	if refusal != nil {
		return *refusal
	}
	var form struct {
		Archived *bool `json:"archived"`
	}
	if refusal := decodeDiscord(c, &form); refusal != nil {
		return *refusal
	}
	if form.Archived == nil || in.parent == "" {
		// Nothing else is simulated, and what a type of channel lacks is ignored.
		return jsonResponse(http.StatusOK, d.discordChannel(in))
	}
	if in.locked || d.mute(in) {
		return discordError(http.StatusForbidden, 50013, "Missing Permissions")
	}
	in.archived = *form.Archived
	return jsonResponse(http.StatusOK, d.discordChannel(in)).changed()
}

// AddThread adds a thread to a channel and returns its id.
func (d *Discord) AddThread(channelID, name string) string {
	d.server.lock.Lock()
	defer d.server.lock.Unlock()
	thread := &channel{id: d.newID(kindChannel), name: name, parent: channelID}
	d.addChannel(thread)
	return thread.id
}

// LockThread locks a thread or unlocks it. Archive closes it.
func (d *Discord) LockThread(id string, locked bool) {
	d.edit(id, func(c *channel) { c.locked = locked })
}

// startThread makes a thread, which has the id of its message (resources/channel, Start
// Thread from Message).
func (d *Discord) startThread(c *call) response {
	in, e, refusal := d.message(c)
	if refusal != nil {
		return *refusal
	}
	var form struct {
		Name        string `json:"name"`
		AutoArchive int    `json:"auto_archive_duration"`
	}
	if refusal := decodeDiscord(c, &form); refusal != nil {
		return *refusal
	}
	problems := formErrors{}
	problems.checkLength("name", form.Name, 1, 100)
	if !slices.Contains([]int{0, 60, 1440, 4320, 10080}, form.AutoArchive) {
		problems.report("auto_archive_duration", "BASE_TYPE_CHOICES", "Value must be one of {60, 1440, 4320, 10080}.")
	}
	switch {
	case len(problems) > 0:
		return problems.response()
	case in.direct || in.parent != "":
		return discordError(http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
	case in.readOnly:
		return discordError(http.StatusForbidden, 50013, "Missing Permissions")
	case d.channelByID[e.msg.ID] != nil:
		return discordError(http.StatusBadRequest, 160004, "A thread has already been created for this message")
	}
	thread := &channel{id: e.msg.ID, name: form.Name, parent: in.id}
	d.addChannel(thread)
	return jsonResponse(http.StatusCreated, d.discordChannel(thread)).changed()
}
