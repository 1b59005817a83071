package messengertest

// kindGroup is the letter that the ids of Slack's user groups start with.
const kindGroup = 'S'

// slackGroup is a user group.
type slackGroup struct {
	id, handle string
	disabled   bool
}

// AddGroup adds a user group, and returns its id. A disabled one can be mentioned no more.
func (s *Slack) AddGroup(handle string, disabled bool) string {
	s.server.lock.Lock()
	defer s.server.lock.Unlock()
	g := slackGroup{id: s.newID(kindGroup), handle: handle, disabled: disabled}
	s.groups = append(s.groups, g)
	return g.id
}

// usergroupsList lists all groups if it is asked for those that are disabled, too.
func (s *Slack) usergroupsList(c *slackCall) response {
	all := []map[string]any{}
	for _, g := range s.groups {
		deleted := 0
		if g.disabled {
			deleted = 1
		}
		if deleted == 0 || c.args.flag("include_disabled") {
			all = append(all, map[string]any{
				"id": g.id, "team_id": slackTeam, "is_usergroup": true, "handle": g.handle, "name": g.handle, "date_delete": deleted,
			})
		}
	}
	return c.ok(map[string]any{"usergroups": all})
}
