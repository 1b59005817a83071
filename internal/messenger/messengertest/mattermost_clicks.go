package messengertest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"
)

var _ CallingClicker = (*Mattermost)(nil)

// mattermostClicks is what the simulator knows of presses and forms. It is guarded by the server's
// lock.
type mattermostClicks struct {
	// internal is true where calls may lead to private addresses.
	internal bool
	// triggers are the presses that may still open a form, by the id of their trigger, and forms
	// those that are open before people, by user.
	triggers map[string]mattermostTrigger
	forms    map[string]mattermostForm
	answers  map[string][]PrivateAnswer
	// last hands the last press on again.
	last func() error
}

type mattermostTrigger struct {
	user string
	in   *channel
	ends time.Time
}

// triggerLives is for how long a press may open a form: InteractiveDialogTriggerTimeout.
const triggerLives = 3 * time.Second

// AllowInternalConnections lets the server call private addresses, as
// AllowedUntrustedInternalConnections does. By default it does not (DoActionRequest in
// app/integration_action.go).
func (m *Mattermost) AllowInternalConnections(allowed bool) {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	m.clicks.internal = allowed
}

// Buttons implements Clicker.
func (m *Mattermost) Buttons(_, id string) []Button {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	e := m.posts[id]
	if e == nil {
		return nil
	}
	var all []Button
	for _, a := range e.msg.actions() {
		value, _ := a.Integration.Context["value"].(string)
		all = append(all, Button{Approve: a.approves(), Label: a.Name, Value: value})
	}
	return all
}

// actions are the buttons of a post that work.
func (p mattermostPost) actions() []mattermostAction {
	var all []mattermostAction
	for _, attachment := range p.attachments() {
		for _, a := range attachment.Actions {
			if a.works() {
				all = append(all, a)
			}
		}
	}
	return all
}

// approves tells our two buttons apart. Only the server knows more of them than their ids.
func (a mattermostAction) approves() bool { return strings.HasPrefix(a.ID, "approve") }

// Press implements Clicker.
func (m *Mattermost) Press(channel, id string, approve bool, user string) error {
	return m.PressWith(channel, id, approve, user, func(map[string]any) {})
}

// PressWith is Press with changes to what Mattermost hands on, for what no person can press.
func (m *Mattermost) PressWith(_, id string, approve bool, user string, change func(payload map[string]any)) error {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	e := m.posts[id]
	if e == nil {
		return ErrNoButton
	}
	for _, a := range e.msg.actions() {
		if a.approves() == approve {
			return m.pressed(e, user, *a.Integration, change)
		}
	}
	return ErrNoButton
}

// Forge implements Clicker. The seal in what a button holds is that of another value.
func (m *Mattermost) Forge(_, id string, approve bool, user, value string) error {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	e := m.posts[id]
	if e == nil {
		return ErrNoButton
	}
	name := "deny"
	if approve {
		name = "approve"
	}
	forged := mattermostIntegration{Context: map[string]any{}}
	if buttons := e.msg.actions(); len(buttons) > 0 {
		forged.URL, forged.Context = buttons[0].Integration.URL, maps.Clone(buttons[0].Integration.Context)
	}
	forged.Context["action"], forged.Context["value"] = name, value
	return m.pressed(e, user, forged, func(map[string]any) {})
}

// Repeat implements Clicker.
func (m *Mattermost) Repeat() error {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	if m.clicks.last == nil {
		return ErrNoButton
	}
	return m.clicks.last()
}

// pressed hands a press on (DoPostActionWithCookie in app/integration_action.go). The caller holds
// the lock, which is released meanwhile.
func (m *Mattermost) pressed(e *entry[mattermostPost], userID string, to mattermostIntegration, change func(map[string]any)) error {
	u, in := m.userByID[userID], m.channelByID[e.msg.ChannelID]
	if u == nil {
		return ErrNoButton
	}
	trigger := base64.StdEncoding.EncodeToString([]byte(m.newID(0) + ":" + u.id + ":signature"))
	m.clicks.triggers[trigger] = mattermostTrigger{user: u.id, in: in, ends: m.now().Add(triggerLives)}
	payload := map[string]any{
		"user_id": u.id, "user_name": u.name, "channel_id": in.id, "channel_name": in.name, "team_id": "", "team_domain": "",
		"post_id": e.msg.ID, "trigger_id": trigger, "type": "button", "data_source": "", "context": to.Context,
	}
	change(payload)
	m.clicks.last = func() error { return m.hand(u, in, to.URL, payload) }
	return m.clicks.last()
}

// hand hands a press on, and takes the answer (PostActionIntegrationResponse).
func (m *Mattermost) hand(u *user, in *channel, to string, payload map[string]any) error {
	return m.callOut(to, payload, func(answer called) error {
		var taken struct {
			Update           object `json:"update"`
			EphemeralText    string `json:"ephemeral_text"`
			SkipSlackParsing bool   `json:"skip_slack_parsing"`
		}
		if err := answer.decode(&taken); err != nil {
			return err
		}
		if taken.Update != nil {
			return errors.New("the answer changes the post, which the bot does by its own calls")
		}
		if taken.EphemeralText != "" {
			m.tellPrivately(u, in, taken.EphemeralText, !taken.SkipSlackParsing)
		}
		return nil
	})
}

// callOut calls an address of ours. The caller holds the lock, which is released meanwhile.
func (m *Mattermost) callOut(to string, payload any, take func(called) error) error {
	if _, failing := m.faults.failureOf(interactionMethod); failing || m.faults.refusing() {
		return ErrNotTaken
	}
	m.calls[interactionMethod]++
	if !m.clicks.internal && m.calling.handled() == nil && isInternal(to) {
		return fmt.Errorf("%w: address forbidden, you may need to set AllowedUntrustedInternalConnections", ErrNotTaken)
	}
	body := encoded(payload)
	m.server.lock.Unlock()
	err := m.calling.post(to, http.Header{}, body, func(answer called) error {
		m.server.lock.Lock()
		defer m.server.lock.Unlock()
		if answer.status != http.StatusOK {
			return fmt.Errorf("status %d", answer.status)
		}
		return take(answer)
	})
	m.server.lock.Lock()
	return err
}

// isInternal reports whether an address is one of a private network (IsReservedIP in
// server/channels/utils or services/httpservice).
func isInternal(to string) bool {
	u, err := url.Parse(to)
	if err != nil {
		return true
	}
	host := u.Hostname()
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && net.ParseIP(host) != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified())
}

// mattermostLink is what Mattermost makes a link of by itself.
var mattermostLink = regexp.MustCompile(`(?:https?://|www\.)[^\s<>]+|[A-Za-z0-9._-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}`)

// slackishLink is what is read in the manner of Slack, unless that is skipped.
var slackishLink = regexp.MustCompile(`<([^|>]+)(?:\|([^>]+))?>`)

// tellPrivately shows a text to one person only.
func (m *Mattermost) tellPrivately(u *user, in *channel, text string, asSlack bool) {
	if asSlack {
		text = slackishLink.ReplaceAllString(text, "[$2]($1)")
	}
	outside := outsideMattermost(text)
	told := PrivateAnswer{
		Channel: in.id, Text: showMarkdown(text), Outside: showMarkdown(outside),
		Mentions: m.pings([]string{text}), Links: mattermostLink.FindAllString(outside, -1),
	}
	if strings.HasPrefix(text, "/") {
		told.Mentions = append(told.Mentions, "command")
	}
	m.clicks.answers[u.id] = append(m.clicks.answers[u.id], told)
}

// PrivateAnswers implements Clicker.
func (m *Mattermost) PrivateAnswers(user string) []PrivateAnswer {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	return append([]PrivateAnswer{}, m.clicks.answers[user]...)
}
