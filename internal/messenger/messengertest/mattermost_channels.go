package messengertest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// ping mentions the database only when asked for the server's status. It is not well
// either without the file store, and says so with a status of 500, unless newer
// servers are asked not to (getSystemPing in api4/system.go; api/v4/source/
// system.yaml).
func (m *Mattermost) ping(c *call) response {
	body := map[string]any{"AndroidLatestVersion": "", "IosLatestVersion": "", "status": "OK"}
	query := c.http.URL.Query()
	if query.Get("get_server_status") == "" {
		return jsonResponse(http.StatusOK, body)
	}
	status := http.StatusOK
	for name, down := range map[string]bool{"database_status": m.databaseDown, "filestore_status": m.fileStoreDown} {
		body[name] = "OK"
		if down {
			body[name], body["status"] = "UNHEALTHY", "UNHEALTHY"
			status = http.StatusInternalServerError
		}
	}
	if query.Get("use_rest_semantics") == "true" {
		status = http.StatusOK
	}
	return jsonResponse(status, body)
}

func (m *Mattermost) mattermostUser(u *user) map[string]any {
	deleted := int64(0)
	if u.deactivated {
		deleted = m.now().UnixMilli()
	}
	fields := map[string]any{"id": u.id, "username": u.name, "email": u.email, "delete_at": deleted}
	fields["roles"] = "system_user"
	if u.guest {
		fields["roles"] = "system_guest"
	}
	if u.external {
		fields["remote_id"] = m.teamID("remote")
	}
	if u.bot {
		fields["is_bot"] = true
	}
	return fields
}

func (m *Mattermost) usersMe(c *call) response {
	if m.databaseDown {
		return mattermostRefusal(http.StatusInternalServerError, "app.user.get.app_error")
	}
	return jsonResponse(http.StatusOK, m.mattermostUser(m.userByID[m.author(c)]))
}

// userWithEmail also finds deactivated users, whose delete_at tells.
func (m *Mattermost) userWithEmail(c *call) response {
	email := c.params["email"]
	if !strings.Contains(email, "@") || strings.ContainsAny(email, " \t") {
		return mattermostRefusal(http.StatusBadRequest, errURLParam)
	}
	if m.databaseDown {
		return mattermostRefusal(http.StatusInternalServerError, "app.user.missing_account.const")
	}
	u := m.userByEmail(email)
	if u == nil {
		return mattermostRefusal(http.StatusNotFound, "app.user.missing_account.const")
	}
	return jsonResponse(http.StatusOK, m.mattermostUser(u))
}

// knownTeam returns a refusal unless the team exists.
func (m *Mattermost) knownTeam(c *call) *response {
	id := "app.team.get_by_name.missing.app_error"
	if m.databaseDown {
		id = "app.team.get_by_name.app_error"
	}
	if _, ok := m.teams[c.params["team"]]; ok && !m.databaseDown {
		return nil
	}
	refusal := mattermostRefusal(http.StatusNotFound, id)
	return &refusal
}

func (m *Mattermost) teamWithName(c *call) response {
	if refusal := m.knownTeam(c); refusal != nil {
		return *refusal
	}
	if !m.teams[c.params["team"]] {
		return mattermostRefusal(http.StatusForbidden, errPermissions)
	}
	return jsonResponse(http.StatusOK, m.mattermostTeam(c.params["team"]))
}

// teamID returns an id for a team, always the same one.
func (m *Mattermost) teamID(name string) string {
	sum := sha256.Sum256([]byte("team " + name))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:26]
}

func (m *Mattermost) mattermostChannel(c *channel) map[string]any {
	kind := "O"
	switch {
	case c.direct:
		kind = "D"
	case c.private:
		kind = "P"
	}
	fields := map[string]any{"id": c.id, "name": c.name, "display_name": cmp.Or(c.displayName, c.name), "type": kind, "delete_at": 0}
	if !c.direct {
		fields["team_id"] = m.teamID(cmp.Or(c.team, m.team))
	}
	if c.archived {
		fields["delete_at"] = m.now().UnixMilli()
	}
	return fields
}

func (m *Mattermost) channelWithName(c *call) response {
	if refusal := m.knownTeam(c); refusal != nil {
		return *refusal
	}
	team, name := c.params["team"], c.params["channel"]
	i := slices.IndexFunc(m.channels, func(ch *channel) bool {
		return !ch.direct && ch.name == name && cmp.Or(ch.team, m.team) == team
	})
	switch {
	case i < 0 || m.channels[i].archived || m.channels[i].private && !m.channels[i].member:
		return mattermostRefusal(http.StatusNotFound, "app.channel.get_by_name.missing.app_error")
	case !m.teams[team]:
		return mattermostRefusal(http.StatusForbidden, errPermissions)
	}
	return jsonResponse(http.StatusOK, m.mattermostChannel(m.channels[i]))
}

// getChannel shows open channels to all in the team.
func (m *Mattermost) getChannel(c *call) response {
	in := m.channelByID[c.params["channel"]]
	switch {
	case !mattermostID.MatchString(c.params["channel"]):
		return mattermostRefusal(http.StatusBadRequest, errURLParam)
	case m.databaseDown:
		return mattermostRefusal(http.StatusInternalServerError, "app.channel.get.find.app_error")
	case in == nil:
		return mattermostRefusal(http.StatusNotFound, "app.channel.get.existing.app_error")
	case in.private && !in.member:
		return mattermostRefusal(http.StatusForbidden, errPermissions)
	}
	return jsonResponse(http.StatusOK, m.mattermostChannel(in))
}

// ownMembership is refused to who is not in the channel: getChannelMember in
// api4/channel.go asks for the permission to read it, and app/channel.go for the member.
func (m *Mattermost) ownMembership(c *call) response {
	in := m.channelByID[c.params["channel"]]
	switch {
	case in == nil:
		return mattermostRefusal(http.StatusNotFound, "app.channel.get.existing.app_error")
	case !in.member && in.private:
		return mattermostRefusal(http.StatusForbidden, errPermissions)
	case !in.member:
		return mattermostRefusal(http.StatusNotFound, "app.channel.get_member.missing.app_error")
	}
	return jsonResponse(http.StatusOK, map[string]any{"channel_id": in.id, "user_id": m.author(c), "roles": "channel_user"})
}

// openDirect answers 201 also when the channel exists, then even without the
// database, and for deactivated users, too.
func (m *Mattermost) openDirect(c *call) response {
	var ids []string
	if err := json.Unmarshal(c.body, &ids); err != nil || len(ids) != 2 {
		return mattermostRefusal(http.StatusBadRequest, errBodyParam)
	}
	// All that follows is in api4/channel.go and app/channel.go.
	for _, id := range ids {
		if !mattermostID.MatchString(id) {
			return mattermostRefusal(http.StatusBadRequest, errBodyParam)
		}
	}
	if !slices.Contains(ids, m.author(c)) {
		return mattermostRefusal(http.StatusForbidden, errPermissions)
	}
	other := ids[0]
	if other == m.author(c) {
		other = ids[1]
	}
	if m.userByID[other] == nil {
		return mattermostRefusal(http.StatusBadRequest, "api.channel.create_direct_channel.invalid_user.app_error")
	}
	if m.teamsOnly && m.userByID[other].noTeam {
		return mattermostRefusal(http.StatusForbidden, errTeamsOnly)
	}
	known := slices.ContainsFunc(m.channels, func(ch *channel) bool { return ch.direct && ch.user == other })
	if m.databaseDown && !known {
		return mattermostRefusal(http.StatusInternalServerError, "app.channel.create_direct_channel.internal_error")
	}
	direct, _ := m.directWith(other)
	return jsonResponse(http.StatusCreated, m.mattermostChannel(direct))
}
