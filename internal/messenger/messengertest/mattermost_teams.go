package messengertest

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
)

// Displayed gives a Mattermost channel a name to display; without it that is
// the channel's name.
func Displayed(name string) ChannelOption { return func(c *channel) { c.displayName = name } }

// DisplayTeam gives a team a name to display; without it that is the team's
// name.
func (m *Mattermost) DisplayTeam(team, name string) {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	m.teamNames[team] = name
}

func (m *Mattermost) mattermostTeam(name string) map[string]any {
	return map[string]any{
		"id": m.teamID(name), "name": name, "display_name": cmp.Or(m.teamNames[name], name),
		"type": "O", "delete_at": 0,
	}
}

// myTeams lists the teams that the bot is in.
func (m *Mattermost) myTeams(*call) response {
	if m.databaseDown {
		return mattermostRefusal(http.StatusInternalServerError, "app.team.get_all.app_error")
	}
	teams := []map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(m.teams)) {
		if m.teams[name] {
			teams = append(teams, m.mattermostTeam(name))
		}
	}
	return jsonResponse(http.StatusOK, teams)
}

// myChannels lists the channels of a team that the bot is in, and all direct
// ones. Archived channels are left out.
func (m *Mattermost) myChannels(c *call) response {
	if !mattermostID.MatchString(c.params["team"]) {
		return mattermostRefusal(http.StatusBadRequest, errURLParam)
	}
	allowed := func(team string) bool { return m.teams[team] && m.teamID(team) == c.params["team"] }
	if !slices.ContainsFunc(slices.Collect(maps.Keys(m.teams)), allowed) {
		return mattermostRefusal(http.StatusForbidden, errPermissions)
	}
	if m.databaseDown {
		return mattermostRefusal(http.StatusInternalServerError, "app.channel.get_channels.get.app_error")
	}
	channels := []map[string]any{}
	for _, ch := range m.channels {
		if ch.member && !ch.archived && (ch.direct || allowed(cmp.Or(ch.team, m.team))) {
			channels = append(channels, m.mattermostChannel(ch))
		}
	}
	return jsonResponse(http.StatusOK, channels)
}
