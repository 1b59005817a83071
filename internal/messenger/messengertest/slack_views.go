package messengertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// slackModal is a form that is open before a person.
type slackModal struct {
	id                   string
	callback, metadata   string
	title, send, cancel  string
	label, block, action string
	min, max             int
	raw                  object
	optional             bool
}

// errReason means that the client of the service sends no such reason.
var errReason = errors.New("the form takes no such reason")

// viewsOpen opens a form before who has clicked. The codes are those of its reference; which of them
// says what is known of clients.
func (s *Slack) viewsOpen(c *slackCall) response {
	trigger := c.args.text("trigger_id")
	click, ok := s.clicks.triggers[trigger]
	switch {
	case trigger == "":
		return slackError("invalid_arguments", "[ERROR] missing required field: trigger_id")
	case !ok:
		return slackError("invalid_trigger_id")
	case click.used:
		return slackError("exchanged_trigger_id")
	case s.now().After(click.ends):
		return slackError("expired_trigger_id")
	}
	form, problems := readSlackModal(c.args.structured("view"))
	if len(problems) > 0 {
		return slackError("invalid_arguments", problems...)
	}
	click.used = true
	s.clicks.triggers[trigger] = click
	s.clicks.made++
	form.id = fmt.Sprintf("V%010d", s.clicks.made)
	s.clicks.forms[click.user] = form
	return c.ok(map[string]any{"view": map[string]any{"id": form.id, "callback_id": form.callback}}).changed()
}

// readSlackModal reads a modal with one text field [docs.slack.dev/reference/views/modal-views].
func readSlackModal(raw json.RawMessage) (slackModal, []string) {
	k := &blockChecker{ids: map[string]bool{}}
	o, ok := k.open(raw, "/view", "title!", "blocks!", "close", "submit!", "private_metadata", "callback_id",
		"clear_on_close", "notify_on_close", "external_id", "submit_disabled")
	if !ok {
		return slackModal{}, k.problems
	}
	if jsonText(o["type"]) != "modal" {
		k.report("unsupported type: "+jsonText(o["type"]), "/view/type")
	}
	const word = 24
	for _, name := range []string{"title", "submit", "close"} {
		k.text(o[name], word, "/view/"+name, "plain_text")
	}
	for name, limit := range map[string]int{"private_metadata": 3000, "callback_id": 255, "external_id": 255} {
		if o[name] != nil && jsonText(o[name]) != "" {
			k.length(jsonText(o[name]), limit, "/view/"+name)
		}
	}
	form := slackModal{
		raw: o, callback: jsonText(o["callback_id"]), metadata: jsonText(o["private_metadata"]),
		title: slackTextOf(o["title"]), send: slackTextOf(o["submit"]), cancel: slackTextOf(o["close"]),
	}
	k.list(o["blocks"], 100, "/view/blocks", func(block json.RawMessage, at string) {
		k.block(block, at)
		k.field(&form, block, at)
	})
	return form, k.problems
}

// field reads an input with a text.
func (k *blockChecker) field(form *slackModal, raw json.RawMessage, at string) {
	var input struct {
		Type     string          `json:"type"`
		BlockID  string          `json:"block_id"`
		Optional bool            `json:"optional"`
		Label    json.RawMessage `json:"label"`
		Element  json.RawMessage `json:"element"`
	}
	if json.Unmarshal(raw, &input) != nil || input.Type != "input" {
		return
	}
	if slackType(input.Element) != "plain_text_input" {
		return
	}
	o, ok := k.open(input.Element, at+"/element", "action_id", "initial_value", "multiline", "min_length", "max_length",
		"dispatch_action_config", "focus_on_load", "placeholder")
	if !ok {
		return
	}
	const most = 3000
	form.min, form.max = 0, most
	for name, bound := range map[string]*int{"min_length": &form.min, "max_length": &form.max} {
		if o[name] != nil && (json.Unmarshal(o[name], bound) != nil || *bound < 0 || *bound > most) {
			k.report("must be between 0 and 3000", at+"/element/"+name)
		}
	}
	form.label, form.block, form.action, form.optional = slackTextOf(input.Label), input.BlockID, jsonText(o["action_id"]), input.Optional
}

// slackTextOf returns the text of a text object.
func slackTextOf(raw json.RawMessage) string {
	var o struct{ Text string }
	_ = json.Unmarshal(raw, &o)
	return o.Text
}

// Form implements Clicker.
func (s *Slack) Form(user string) (Form, bool) {
	s.server.lock.Lock()
	defer s.server.lock.Unlock()
	f, ok := s.clicks.forms[user]
	return Form{Title: f.title, Label: f.label, Send: f.send, Cancel: f.cancel, Max: f.max}, ok
}

// SendForm implements Clicker.
func (s *Slack) SendForm(user, reason string) error {
	return s.SendFormWith(user, reason, func(map[string]any) {})
}

// SendFormWith is SendForm with changes to what Slack hands on.
func (s *Slack) SendFormWith(user, reason string, change func(payload map[string]any)) error {
	payload, id, err := s.submission(user, reason)
	if err != nil {
		return err
	}
	change(payload)
	answer, err := s.deliver(payload)
	if err != nil {
		return err
	}
	var said struct {
		Action string `json:"response_action"`
	}
	if answer != nil && (strictly(answer, &said) != nil || said.Action != "clear") {
		s.complain(true, "an answer to a form that Slack does not know: "+string(answer))
		return nil
	}
	s.server.lock.Lock()
	defer s.server.lock.Unlock()
	if s.clicks.forms[user].id == id {
		delete(s.clicks.forms, user)
	}
	return nil
}

// submission makes the payload of view_submission
// [docs.slack.dev/reference/interaction-payloads/view-interactions-payload].
func (s *Slack) submission(user, reason string) (payload map[string]any, id string, err error) {
	s.server.lock.Lock()
	defer s.server.lock.Unlock()
	form, ok := s.clicks.forms[user]
	if !ok {
		return nil, "", ErrNoButton
	}
	// Slack's client sends no field that is not filled in.
	n := units(strings.TrimSpace(reason))
	if n < form.min || n > form.max || n == 0 && !form.optional {
		return nil, "", errReason
	}
	s.clicks.made++
	payload = s.interaction("view_submission", s.userByID[user], fmt.Sprintf("%d.view", s.clicks.made))
	payload["view"] = map[string]any{
		"id": form.id, "team_id": slackTeam, "type": "modal", "callback_id": form.callback, "private_metadata": form.metadata,
		"blocks": form.raw["blocks"], "app_id": slackApp, "bot_id": slackBotID(s.bot),
		"state": map[string]any{"values": map[string]any{form.block: map[string]any{
			form.action: map[string]any{"type": "plain_text_input", "value": reason},
		}}},
	}
	payload["response_urls"] = []any{}
	s.clicks.last = payload
	return payload, form.id, nil
}
