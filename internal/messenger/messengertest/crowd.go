package messengertest

// crowdName is the name of the app that Crowd posts as.
const crowdName = "another-app"

// otherApp returns the id of an app that is none of ours.
func (d *directory) otherApp() string {
	if u := d.userByName(crowdName); u != nil {
		return u.id
	}
	return d.addUser(&user{name: crowdName, bot: true}).id
}

// Crowd makes another app post n messages with a text in a channel.
func (s *Slack) Crowd(channel string, n int, text string) {
	s.server.lock.Lock()
	in := s.channelByID[channel]
	for range n {
		s.post(s.otherApp(), in, slackContent{text: text}, "")
	}
	s.server.lock.Unlock()
	s.flush()
}

// Crowd makes another app post n messages with a text in a channel.
func (d *Discord) Crowd(channel string, n int, text string) {
	d.server.lock.Lock()
	in := d.channelByID[channel]
	for range n {
		d.post(in, discordMessage{
			Author: d.discordUser(d.otherApp()), Content: text, Embeds: []discordEmbed{}, Components: []discordRow{},
		})
	}
	d.server.lock.Unlock()
	d.flush()
}

// Crowd makes another app post n messages with a text in a channel.
func (m *Mattermost) Crowd(channel string, n int, text string) {
	m.server.lock.Lock()
	m.crowd(m.channelByID[channel], n, text)
	m.server.lock.Unlock()
	m.flush()
}

func (m *Mattermost) crowd(in *channel, n int, text string) {
	const asApp = "another app's token"
	m.tokens[asApp] = &token{bot: m.otherApp()}
	defer delete(m.tokens, asApp)
	for range n {
		m.post(&call{token: asApp}, in, mattermostPost{Message: text})
	}
}
