package messengertest

import (
	"errors"
	"fmt"
)

// discordModal is a form that asks for something (interactions/receiving-and-responding, Modal).
type discordModal struct {
	CustomID   string            `json:"custom_id"`
	Title      string            `json:"title"`
	Components []discordLabelled `json:"components"`
}

// discordLabelled is a label with an input, or a row with one that has its label itself, as forms
// were before (components/reference, Label, Action Row).
type discordLabelled struct {
	Type       int            `json:"type"`
	Label      string         `json:"label"`
	Component  *discordInput  `json:"component"`
	Components []discordInput `json:"components"`
}

// discordInput is in components/reference, Text Input.
type discordInput struct {
	Type      int    `json:"type"`
	CustomID  string `json:"custom_id"`
	Style     int    `json:"style"`
	Label     string `json:"label"`
	MinLength *int   `json:"min_length"`
	MaxLength *int   `json:"max_length"`
	Required  *bool  `json:"required"`
	Value     string `json:"value"`
}

// discordOpenForm is a form that is open before a person.
type discordOpenForm struct {
	modal discordModal
	of    *discordInteraction
}

const (
	maxFormTitle = 45
	maxFormInput = 4000
)

// takeModal opens a form. One cannot follow another.
func (d *Discord) takeModal(i *discordInteraction, answer called) error {
	var reply struct{ Data discordModal }
	if err := answer.decode(&reply); err != nil {
		return err
	}
	problems := formErrors{}
	reply.Data.check(problems)
	switch {
	case len(problems) > 0:
		return fmt.Errorf("the form is refused: %s", problems.response().body)
	case i.kind == 5 || i.answered:
		return errors.New("a form cannot answer this")
	}
	d.interactions.forms[i.user.id] = discordOpenForm{reply.Data, i}
	return nil
}

func (m discordModal) check(e formErrors) {
	e.checkLength("data.custom_id", m.CustomID, 1, maxCustomID)
	e.checkLength("data.title", m.Title, 1, maxFormTitle)
	if len(m.Components) < 1 || len(m.Components) > 5 {
		e.report("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
	}
	for n, c := range m.Components {
		path := fmt.Sprintf("data.components.%d", n)
		input, label, ok := c.input()
		if !ok {
			e.report(path+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1, 18).")
			continue
		}
		e.checkLength(path+".label", label, 1, maxFormTitle)
		input.check(e, path+".component")
	}
}

// input returns the input of a form, and what stands above it.
func (l discordLabelled) input() (input discordInput, label string, ok bool) {
	switch {
	case l.Type == 18 && l.Component != nil && l.Component.Label == "":
		return *l.Component, l.Label, true
	case l.Type == 1 && len(l.Components) == 1:
		return l.Components[0], l.Components[0].Label, true
	default:
		return discordInput{}, "", false
	}
}

func (i discordInput) check(e formErrors, path string) {
	e.checkLength(path+".custom_id", i.CustomID, 1, maxCustomID)
	if i.Type != 4 {
		e.report(path+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (4,).")
	}
	if i.Style != 1 && i.Style != 2 {
		e.report(path+".style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2}.")
	}
	least, most := i.bounds()
	if least < 0 || least > maxFormInput || most < 1 || most > maxFormInput || least > most {
		e.report(path+".max_length", "NUMBER_TYPE_MAX", "int value should be between 1 and 4000.")
	}
}

// bounds are how long a text may be.
func (i discordInput) bounds() (least, most int) {
	most = maxFormInput
	if i.MinLength != nil {
		least = *i.MinLength
	}
	if i.MaxLength != nil {
		most = *i.MaxLength
	}
	return least, most
}

// Form implements Clicker. Discord labels the buttons of a form itself.
func (d *Discord) Form(user string) (Form, bool) {
	d.server.lock.Lock()
	defer d.server.lock.Unlock()
	open, ok := d.interactions.forms[user]
	if !ok {
		return Form{}, false
	}
	input, label, _ := open.modal.Components[0].input()
	_, most := input.bounds()
	return Form{Title: open.modal.Title, Label: label, Max: most}, true
}

// SendForm implements Clicker.
func (d *Discord) SendForm(user, reason string) error {
	return d.SendFormWith(user, reason, func(map[string]any) {})
}

// SendFormWith is SendForm with changes to what Discord hands on, for what no person can send.
func (d *Discord) SendFormWith(user, reason string, change func(payload map[string]any)) error {
	d.server.lock.Lock()
	open, ok := d.interactions.forms[user]
	if !ok {
		d.server.lock.Unlock()
		return ErrNoButton
	}
	sent, err := d.submission(open, reason)
	if err == nil {
		change(sent.payload)
		delete(d.interactions.forms, user)
		d.interactions.last = sent
	}
	d.server.lock.Unlock()
	if err != nil {
		return err
	}
	return d.tell(sent)
}

// submission is what Discord announces of a form that was sent, with the message that it is about
// (interactions/receiving-and-responding, Modal Submit Data Structure).
func (d *Discord) submission(open discordOpenForm, reason string) (*discordInteraction, error) {
	first := open.modal.Components[0]
	input, _, _ := first.input()
	least, most := input.bounds()
	if input.Required == nil || *input.Required {
		least = max(least, 1)
	}
	if n := points(reason); n < least || n > most {
		return nil, errReasonRefused
	}
	i := d.newInteraction(5, open.of.user)
	for _, name := range []string{"message", "channel", "channel_id", "guild_id", "member"} {
		if value, ok := open.of.payload[name]; ok {
			i.payload[name] = value
		}
	}
	if _, ok := i.payload["member"]; ok {
		delete(i.payload, "user")
	}
	i.channel, i.message = open.of.channel, open.of.message
	filled := map[string]any{"type": 4, "id": 2, "custom_id": input.CustomID, "value": reason}
	within := map[string]any{"type": first.Type, "id": 1, "component": filled}
	if first.Type == 1 {
		within = map[string]any{"type": 1, "id": 1, "components": []any{filled}}
	}
	i.payload["data"] = map[string]any{"custom_id": open.modal.CustomID, "components": []any{within}}
	return i, nil
}
