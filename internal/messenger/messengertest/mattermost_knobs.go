package messengertest

// SetDatabaseDown makes the database fail or work again. A failing database
// makes a healthy token look wrong unless it was used since DropSessions, and
// makes existing things look missing or forbidden.
func (m *Mattermost) SetDatabaseDown(down bool) {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	m.databaseDown = down
}

// DropSessions empties the cache of sessions, as a restart does.
func (m *Mattermost) DropSessions() {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	clear(m.sessions)
}

// SetFileStoreDown makes the file store fail or work again. Posts do not need it, but
// the health check of the server fails.
func (m *Mattermost) SetFileStoreDown(down bool) {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	m.fileStoreDown = down
}

// LimitProps makes Options.EditLimit hold for the props of a post, too, as a plugin
// may.
func (m *Mattermost) LimitProps(on bool) {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	m.limitProps = on
}

// RestrictDirectMessages sets RestrictDirectMessage to "team": people with
// WithoutTeam get no direct messages.
func (m *Mattermost) RestrictDirectMessages(on bool) {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	m.teamsOnly = on
}

// SetPlugin installs a plugin that is shown all texts of a post, and refuses the post
// with a reason, unless that is empty. Nil removes it.
func (m *Mattermost) SetPlugin(judge func(text string) (refusal string)) {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	m.plugin = judge
}

// SetAdministrator makes the bot an administrator of the system, or none.
func (m *Mattermost) SetAdministrator(on bool) {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	m.administrator = on
}

// AllowEdits gives or takes the permission Edit Own Posts.
func (m *Mattermost) AllowEdits(allowed bool) {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	m.noEdits = !allowed
}
