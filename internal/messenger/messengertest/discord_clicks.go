package messengertest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

var _ CallingClicker = (*Discord)(nil)

// discordInteraction is what was announced of a press or a form.
type discordInteraction struct {
	payload map[string]any
	kind    int
	user    *user
	channel *channel
	message string
	token   string
	made    time.Time
	// answered is true once there is a first answer that can be edited.
	answered bool
}

// The ids that our buttons have before their values.
const (
	discordApprove = "approve:"
	discordDeny    = "deny:"
)

func discordCustomID(approve bool, value string) string {
	if approve {
		return discordApprove + value
	}
	return discordDeny + value
}

// Buttons implements Clicker.
func (d *Discord) Buttons(channel, id string) []Button {
	d.server.lock.Lock()
	defer d.server.lock.Unlock()
	e := d.find(channel, id)
	if e == nil {
		return nil
	}
	var all []Button
	for _, row := range e.msg.Components {
		for _, b := range row.Components {
			if value, ok := strings.CutPrefix(b.CustomID, discordApprove); ok {
				all = append(all, Button{Approve: true, Label: b.Label, Value: value})
			} else if value, ok := strings.CutPrefix(b.CustomID, discordDeny); ok {
				all = append(all, Button{Label: b.Label, Value: value})
			}
		}
	}
	return all
}

// Press implements Clicker.
func (d *Discord) Press(channel, id string, approve bool, user string) error {
	return d.PressWith(channel, id, approve, user, func(map[string]any) {})
}

// PressWith is Press with changes to what Discord hands on, for what no person can press.
func (d *Discord) PressWith(channel, id string, approve bool, user string, change func(payload map[string]any)) error {
	for _, b := range d.Buttons(channel, id) {
		if b.Approve == approve {
			return d.forge(channel, id, user, discordCustomID(approve, b.Value), change)
		}
	}
	return ErrNoButton
}

// Forge implements Clicker.
func (d *Discord) Forge(channel, id string, approve bool, user, value string) error {
	return d.forge(channel, id, user, discordCustomID(approve, value), func(map[string]any) {})
}

func (d *Discord) forge(channel, id, user, customID string, change func(map[string]any)) error {
	d.server.lock.Lock()
	e, u := d.find(channel, id), d.userByID[user]
	if e == nil || u == nil {
		d.server.lock.Unlock()
		return ErrNoButton
	}
	i := d.newInteraction(3, u)
	d.about(i, e)
	i.payload["data"] = map[string]any{"custom_id": customID, "component_type": 2, "id": 2}
	change(i.payload)
	d.interactions.last = i
	d.server.lock.Unlock()
	return d.tell(i)
}

// Repeat implements Clicker.
func (d *Discord) Repeat() error {
	d.server.lock.Lock()
	last := d.interactions.last
	if last != nil {
		// The answer was missed.
		last.answered = false
	}
	d.server.lock.Unlock()
	if last == nil {
		return ErrNoButton
	}
	return d.tell(last)
}

// newInteraction makes what Discord announces of something that a person did (interactions/
// receiving-and-responding, Interaction Structure).
func (d *Discord) newInteraction(kind int, u *user) *discordInteraction {
	id := d.newID(0)
	i := &discordInteraction{
		kind: kind, user: u, made: d.now(),
		token: base64.RawURLEncoding.EncodeToString([]byte("interaction:" + id + ":" + strings.Repeat("secret", 12))),
	}
	i.payload = map[string]any{
		"id": id, "application_id": discordApplication, "type": kind, "token": i.token, "version": 1, "entitlements": []any{},
		"user": d.discordUser(u.id),
	}
	d.interactions.open[i.token] = i
	return i
}

// about says which message an interaction is about, and where. In a server, a member has done it.
func (d *Discord) about(i *discordInteraction, e *entry[discordMessage]) {
	i.channel, i.message = d.channelByID[e.msg.ChannelID], e.msg.ID
	i.payload["message"], i.payload["channel_id"] = e.msg.withoutNonce(), i.channel.id
	i.payload["channel"] = d.discordChannel(i.channel)
	if !i.channel.direct {
		i.payload["guild_id"] = discordGuild
		i.payload["member"] = map[string]any{"user": i.payload["user"], "roles": []string{}, "permissions": "0"}
		delete(i.payload, "user")
	}
}

// interactionMethod is what the calls to us are called among faults.
const interactionMethod = "interaction"

// tell hands an interaction on, and takes the answer.
func (d *Discord) tell(i *discordInteraction) error {
	if _, failing := d.faults.failureOf(interactionMethod); failing || d.faults.refusing() {
		return ErrNotTaken
	}
	d.server.lock.Lock()
	d.calls[interactionMethod]++
	body, url := encoded(i.payload), d.interactions.endpoint
	d.server.lock.Unlock()
	err := d.calling.post(url, d.Sign(body, d.now()), body, func(answer called) error {
		if answer.status != http.StatusOK {
			return fmt.Errorf("status %d", answer.status)
		}
		d.server.lock.Lock()
		defer d.server.lock.Unlock()
		return d.takeReply(i, answer)
	})
	d.flush()
	return err
}

// takeReply takes an answer (interactions/receiving-and-responding, Interaction Response Object).
func (d *Discord) takeReply(i *discordInteraction, answer called) error {
	var reply struct {
		Type int `json:"type"`
	}
	if err := answer.decode(&reply); err != nil {
		return err
	}
	switch reply.Type {
	case 4, 5:
		return d.takeMessage(i, answer, reply.Type == 5)
	case 6:
		i.answered = true
		return nil
	case 9:
		return d.takeModal(i, answer)
	default:
		return fmt.Errorf("an answer of type %d", reply.Type)
	}
}

// takeMessage takes a message as the answer, or that one is to come.
func (d *Discord) takeMessage(i *discordInteraction, answer called, later bool) error {
	var reply struct{ Data discordForm }
	if err := answer.decode(&reply); err != nil {
		return err
	}
	problems := formErrors{}
	reply.Data.check(problems)
	text := ""
	if reply.Data.Content != nil {
		text = strings.TrimSpace(*reply.Data.Content)
	}
	switch {
	case len(problems) > 0:
		return fmt.Errorf("the answer is refused: %s", problems.response().body)
	case i.answered:
		return errors.New("the interaction was answered already")
	case later == (text != ""):
		return errors.New("the answer has no content, or has one where it says that it is to come")
	}
	i.answered = true
	if reply.Data.Flags&onlyForThem == 0 {
		// Every member of the channel sees it.
		d.post(i.channel, discordMessage{Author: d.discordUser(d.bot), Embeds: []discordEmbed{}, Components: []discordRow{}, Content: text, allowed: reply.Data.AllowedMentions})
		return nil
	}
	if !later {
		d.tellPrivately(i, text)
	}
	return nil
}

// onlyForThem is the flag of messages that one person sees (resources/message, Message Flags).
const onlyForThem = 1 << 6

func (d *Discord) tellPrivately(i *discordInteraction, text string) {
	told := PrivateAnswer{
		Channel: i.channel.id, Text: showDiscordMarkdown(text), Outside: showDiscordMarkdown(outsideDiscord(text)),
		Links: discordLink.FindAllString(outsideDiscord(text), -1),
	}
	for _, match := range discordPing.FindAllStringSubmatch(text, -1) {
		told.Mentions = append(told.Mentions, match[1]+match[2]+match[3])
	}
	d.interactions.answers[i.user.id] = append(d.interactions.answers[i.user.id], told)
}

// PrivateAnswers implements Clicker. An answer that was edited is listed as it was before, too.
func (d *Discord) PrivateAnswers(user string) []PrivateAnswer {
	d.server.lock.Lock()
	defer d.server.lock.Unlock()
	return append([]PrivateAnswer{}, d.interactions.answers[user]...)
}

// tokenLives is for how long an interaction can be answered (interactions/
// receiving-and-responding, Followup Messages).
const tokenLives = 15 * time.Minute

// editReply is in interactions/receiving-and-responding, Edit Original Interaction Response. It
// needs no token of a bot: that of the interaction is in the path.
func (d *Discord) editReply(c *call) response {
	i := d.interactions.open[c.params["token"]]
	switch {
	case c.params["application"] != discordApplication:
		return discordError(http.StatusNotFound, 10002, "Unknown Application")
	case i == nil || d.now().Sub(i.made) >= tokenLives:
		return discordError(http.StatusUnauthorized, 50027, "Invalid Webhook Token")
	case !i.answered:
		return discordError(http.StatusNotFound, 10015, "Unknown Webhook")
	}
	form, refusal := readDiscordForm(c)
	if refusal != nil {
		return *refusal
	}
	if form.Content == nil || strings.TrimSpace(*form.Content) == "" {
		return discordError(http.StatusBadRequest, 50006, "Cannot send an empty message")
	}
	d.tellPrivately(i, strings.TrimSpace(*form.Content))
	return jsonResponse(http.StatusOK, map[string]any{"id": d.newID(0), "content": *form.Content, "flags": onlyForThem}).changed()
}
