package messengertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// slackTrigger is for how long a click may be answered with a form
// [docs.slack.dev/interactivity/handling-user-interaction].
const slackTrigger = 3 * time.Second

// slackClicks is what the simulator knows of presses and forms. It is guarded by the server's lock.
type slackClicks struct {
	// triggers are those that may still open a form, by their id.
	triggers map[string]slackTriggered
	// forms are those that are open before people, and answers what these were told, by user.
	forms   map[string]slackModal
	answers map[string][]PrivateAnswer
	// last is the last press.
	last map[string]any
	made int
}

type slackTriggered struct {
	user string
	ends time.Time
	used bool
}

// slackPressed is a button of a message.
type slackPressed struct {
	Type     string          `json:"type"`
	ActionID string          `json:"action_id"`
	BlockID  string          `json:"block_id"`
	Text     json.RawMessage `json:"text"`
	Value    string          `json:"value"`
	Style    string          `json:"style,omitempty"`
	ActionTS string          `json:"action_ts"`
}

// buttonsOf returns the buttons of a message.
func (m slackMessage) buttonsOf() []slackPressed {
	var blocks []struct {
		BlockID  string         `json:"block_id"`
		Elements []slackPressed `json:"elements"`
		Type     string         `json:"type"`
	}
	// What is no list was refused when it was posted.
	_ = json.Unmarshal(m.Blocks, &blocks)
	var all []slackPressed
	for _, block := range blocks {
		if block.Type != "actions" {
			continue
		}
		for _, element := range block.Elements {
			if element.Type == "button" {
				element.BlockID = block.BlockID
				all = append(all, element)
			}
		}
	}
	return all
}

// Buttons implements Clicker.
func (s *Slack) Buttons(channel, id string) []Button {
	s.server.lock.Lock()
	defer s.server.lock.Unlock()
	e := s.find(channel, id)
	if e == nil {
		return nil
	}
	var all []Button
	for _, b := range e.msg.buttonsOf() {
		var label struct{ Text string }
		_ = json.Unmarshal(b.Text, &label)
		all = append(all, Button{Approve: b.ActionID == "approve", Label: label.Text, Value: b.Value})
	}
	return all
}

// Press implements Clicker.
func (s *Slack) Press(channel, id string, approve bool, user string) error {
	payload, err := s.pressed(channel, id, approve, user)
	if err != nil {
		return err
	}
	_, err = s.deliver(payload)
	return err
}

// PressWith is Press with changes to what Slack hands on, for what a person cannot press.
func (s *Slack) PressWith(channel, id string, approve bool, user string, change func(payload map[string]any)) error {
	payload, err := s.pressed(channel, id, approve, user)
	if err != nil {
		return err
	}
	change(payload)
	_, err = s.deliver(payload)
	return err
}

// Forge implements Clicker.
func (s *Slack) Forge(channel, id string, approve bool, user, value string) error {
	s.server.lock.Lock()
	e, u := s.find(channel, id), s.userByID[user]
	if e == nil || u == nil {
		s.server.lock.Unlock()
		return ErrNoButton
	}
	name := "deny"
	if approve {
		name = "approve"
	}
	payload := s.press(e, u, slackPressed{
		Type: "button", ActionID: name, BlockID: "review", Value: value,
		Text: json.RawMessage(`{"type":"plain_text","text":"x"}`),
	})
	s.server.lock.Unlock()
	_, err := s.deliver(payload)
	return err
}

// Repeat implements Clicker.
func (s *Slack) Repeat() error {
	s.server.lock.Lock()
	payload := maps.Clone(s.clicks.last)
	s.server.lock.Unlock()
	if payload == nil {
		return ErrNoButton
	}
	_, err := s.deliver(payload)
	return err
}

// pressed is what Slack hands on of a press.
func (s *Slack) pressed(channel, id string, approve bool, user string) (map[string]any, error) {
	s.server.lock.Lock()
	defer s.server.lock.Unlock()
	e, u := s.find(channel, id), s.userByID[user]
	if e == nil || u == nil || u.deactivated {
		return nil, ErrNoButton
	}
	buttons := e.msg.buttonsOf()
	i := slices.IndexFunc(buttons, func(b slackPressed) bool { return (b.ActionID == "approve") == approve })
	if i < 0 {
		return nil, ErrNoButton
	}
	return s.press(e, u, buttons[i]), nil
}

// press makes the payload of block_actions [docs.slack.dev/reference/interaction-payloads/block_actions-payload].
func (s *Slack) press(e *entry[slackMessage], u *user, action slackPressed) map[string]any {
	s.clicks.made++
	trigger := fmt.Sprintf("%d.%d.trigger", s.clicks.made, s.now().UnixMicro())
	s.clicks.triggers[trigger] = slackTriggered{user: u.id, ends: s.now().Add(slackTrigger)}
	action.ActionTS = s.newTS()
	payload := s.interaction("block_actions", u, trigger)
	payload["container"] = map[string]any{
		"type": "message", "message_ts": e.msg.TS, "channel_id": e.post.Channel, "is_ephemeral": false,
	}
	payload["channel"] = map[string]any{"id": e.post.Channel, "name": e.post.ChannelName}
	payload["message"] = e.msg
	payload["state"] = map[string]any{"values": map[string]any{}}
	payload["response_url"] = "https://hooks.slack.com/actions/" + slackTeam + "/1/simulated"
	payload["actions"] = []slackPressed{action}
	s.clicks.last = payload
	return payload
}

// interaction is what all payloads have.
func (s *Slack) interaction(kind string, u *user, trigger string) map[string]any {
	return map[string]any{
		"type": kind, "token": "verification-token-that-no-client-should-read", "api_app_id": slackApp, "trigger_id": trigger,
		"team":       map[string]any{"id": slackTeam, "domain": "simulated"},
		"enterprise": nil, "is_enterprise_install": false,
		"user": map[string]any{"id": u.id, "username": u.name, "name": u.name, "team_id": slackTeamOf(u)},
	}
}

// slackTeamOf is the workspace that an account belongs to.
func slackTeamOf(u *user) string {
	if u.external {
		return "T0ELSEWHERE"
	}
	return slackTeam
}

// chatPostEphemeral tells one member of a channel something. The codes are those of its
// reference.
func (s *Slack) chatPostEphemeral(c *slackCall) response {
	to, code := s.postTarget(c)
	if code != "" {
		return slackError(code)
	}
	u := s.userByID[c.args.text("user")]
	switch {
	case !to.member:
		return slackError("not_in_channel")
	case to.archived:
		return slackError("is_archived")
	case u == nil || u.deactivated || to.direct && to.user != u.id:
		return slackError("user_not_in_channel")
	}
	content, refusal := c.content()
	if refusal != nil {
		return *refusal
	}
	if content.empty() {
		return slackError("no_text")
	}
	shown := slackMessage{Text: content.text, Blocks: content.blocks, Attachments: content.attachments, linkNames: content.linkNames}
	// What notifications show may ping as well.
	mentions := shown.read().mentions
	if shown.Blocks != nil {
		// Where there are blocks, the text is for notifications.
		shown.Text = ""
	}
	reader := shown.read()
	s.clicks.answers[u.id] = append(s.clicks.answers[u.id], PrivateAnswer{
		Channel: to.id, Text: strings.Join(reader.lines, "\n"), Outside: strings.Join(reader.outside, "\n"), Mentions: mentions,
		Links: slackLinks(content),
	})
	return c.ok(map[string]any{"message_ts": s.newTS()}).changed()
}

// slackLinks are the addresses that markup leads to.
func slackLinks(content slackContent) []string {
	var links []string
	for _, text := range []string{content.text, string(content.blocks)} {
		for _, match := range slackMarkup.FindAllStringSubmatch(text, -1) {
			if strings.Contains(match[1], "://") {
				links = append(links, match[1])
			}
		}
	}
	return links
}

// PrivateAnswers implements Clicker.
func (s *Slack) PrivateAnswers(user string) []PrivateAnswer {
	s.server.lock.Lock()
	defer s.server.lock.Unlock()
	return slices.Clone(s.clicks.answers[user])
}

// usersInfo says what is known of an account. The codes are those of its reference.
func (s *Slack) usersInfo(c *slackCall) response {
	u := s.userByID[c.args.text("user")]
	if u == nil {
		return slackError("user_not_found")
	}
	profile := map[string]any{"real_name": u.name}
	if slices.Contains(c.bearer.scopes, "users:read.email") && !u.bot {
		profile["email"] = u.email
	}
	return c.ok(map[string]any{"user": map[string]any{
		"id": u.id, "team_id": slackTeamOf(u), "name": u.name, "deleted": u.deactivated, "is_bot": u.bot,
		"is_restricted": u.guest, "is_ultra_restricted": false, "is_stranger": u.external,
		"is_email_confirmed": !u.unconfirmed && !u.bot, "profile": profile,
	}})
}
