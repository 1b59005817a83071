package messengertest

import (
	"encoding/json"
	"net/http"
	"unicode/utf8"
)

// mattermostDialog is what opens a form (OpenDialogRequest in model/integration_action.go).
type mattermostDialog struct {
	TriggerID string `json:"trigger_id"`
	URL       string `json:"url"`
	Dialog    struct {
		CallbackID     string              `json:"callback_id"`
		Title          string              `json:"title"`
		Elements       []mattermostElement `json:"elements"`
		SubmitLabel    string              `json:"submit_label"`
		NotifyOnCancel bool                `json:"notify_on_cancel"`
		State          string              `json:"state"`
	} `json:"dialog"`
}

type mattermostElement struct {
	DisplayName string `json:"display_name"`
	Name        string `json:"name"`
	Type        string `json:"type"`
	Optional    bool   `json:"optional"`
	MinLength   int    `json:"min_length"`
	MaxLength   int    `json:"max_length"`
}

// mattermostForm is a form that is open before a person.
type mattermostForm struct {
	dialog mattermostDialog
	in     *channel
}

// The limits of forms, in bytes (model/integration_action.go).
const (
	maxDialogWord = 24
	maxDialogName = 300
	maxDialogText = 3000
)

// openDialog opens a form before who has pressed. It takes no token: a trigger is one
// (openDialog in api4/integration_action.go).
func (m *Mattermost) openDialog(c *call) response {
	var form mattermostDialog
	if json.Unmarshal(c.body, &form) != nil || form.URL == "" {
		return mattermostRefusal(http.StatusBadRequest, errBodyParam)
	}
	trigger, ok := m.clicks.triggers[form.TriggerID]
	switch {
	case !ok:
		return mattermostRefusal(http.StatusBadRequest, "interactive_message.decode_trigger_id.missing_data")
	case !m.now().Before(trigger.ends):
		return mattermostRefusal(http.StatusBadRequest, "interactive_message.decode_trigger_id.expired")
	case !form.valid():
		// Servers of today only log that, and show the form as they can.
		return mattermostRefusal(http.StatusBadRequest, errBodyParam)
	}
	m.clicks.forms[trigger.user] = mattermostForm{form, trigger.in}
	return jsonResponse(http.StatusOK, map[string]string{"status": "OK"}).changed()
}

// valid is IsValid in model/integration_action.go, for forms of one text.
func (d mattermostDialog) valid() bool {
	if d.Dialog.Title == "" || len(d.Dialog.Title) > maxDialogWord || len(d.Dialog.Elements) != 1 {
		return false
	}
	e := d.Dialog.Elements[0]
	return e.DisplayName != "" && len(e.DisplayName) <= maxDialogWord && e.Name != "" && len(e.Name) <= maxDialogName &&
		e.Type == "textarea" && e.MinLength >= 0 && e.MaxLength >= e.MinLength && e.MaxLength <= maxDialogText
}

// Form implements Clicker. Mattermost labels the button that closes a form itself.
func (m *Mattermost) Form(user string) (Form, bool) {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	open, ok := m.clicks.forms[user]
	if !ok {
		return Form{}, false
	}
	e := open.dialog.Dialog.Elements[0]
	return Form{Title: open.dialog.Dialog.Title, Label: e.DisplayName, Send: open.dialog.Dialog.SubmitLabel, Max: e.MaxLength}, true
}

// SendForm implements Clicker.
func (m *Mattermost) SendForm(user, reason string) error {
	return m.SendFormWith(user, reason, func(map[string]any) {})
}

// SendFormWith is SendForm with changes to what Mattermost hands on (SubmitInteractiveDialog in
// app/integration_action.go). Who has sent it, and the address, clients cannot choose.
//
// A form that is answered with an error stays open, and shows it. The person reads it, and closes
// the form.
func (m *Mattermost) SendFormWith(user, reason string, change func(payload map[string]any)) error {
	m.server.lock.Lock()
	defer m.server.lock.Unlock()
	open, ok := m.clicks.forms[user]
	if !ok {
		return ErrNoButton
	}
	e := open.dialog.Dialog.Elements[0]
	if n := utf8.RuneCountInString(reason); n < e.MinLength || n > e.MaxLength || n == 0 && !e.Optional {
		return errReasonRefused
	}
	payload := map[string]any{
		"type": "dialog_submission", "callback_id": open.dialog.Dialog.CallbackID, "state": open.dialog.Dialog.State,
		"user_id": user, "channel_id": open.in.id, "team_id": "", "submission": map[string]any{e.Name: reason}, "cancelled": false,
	}
	change(payload)
	u := m.userByID[user]
	hand := func() error {
		return m.callOut(open.dialog.URL, payload, func(answer called) error {
			var taken struct {
				Error  string            `json:"error"`
				Errors map[string]string `json:"errors"`
			}
			if len(answer.body) > 0 {
				if err := answer.decode(&taken); err != nil {
					return err
				}
			}
			if taken.Error != "" {
				m.tellPrivately(u, open.in, taken.Error, false)
			}
			return nil
		})
	}
	m.clicks.last = hand
	if err := hand(); err != nil {
		return err
	}
	delete(m.clicks.forms, user)
	return nil
}

// userWithID is getUser in api4/user.go. Only administrators of the system see whether an address
// was confirmed (ClearNonProfileFields in model/user.go).
func (m *Mattermost) userWithID(c *call) response {
	u := m.userByID[c.params["user"]]
	switch {
	case !mattermostID.MatchString(c.params["user"]):
		return mattermostRefusal(http.StatusBadRequest, errURLParam)
	case m.databaseDown:
		return mattermostRefusal(http.StatusInternalServerError, "app.user.get.app_error")
	case u == nil:
		return mattermostRefusal(http.StatusNotFound, "app.user.missing_account.const")
	}
	fields := m.mattermostUser(u)
	if m.administrator && !u.bot {
		fields["email_verified"] = !u.unconfirmed
	}
	return jsonResponse(http.StatusOK, fields)
}
