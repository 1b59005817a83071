package mattermost

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Mattermost signs nothing that it calls us with. So what it hands back was sealed by us, with a
// key that is made of the bot's token and needs no setting. Buttons of messages that were sealed
// with an earlier token are answered with 401.

// What a seal is for. One of another kind is none.
const (
	sealButton = "button"
	sealForm   = "form"
)

// newKey makes the key of seals.
func newKey(token string) ([]byte, error) {
	return hkdf.Key(sha256.New, []byte(token), nil, "access-notifier mattermost clicks", sha256.Size)
}

// seal seals parts for a purpose.
func (m *Mattermost) seal(purpose string, parts ...string) string {
	// Strings always encode, and to a text from which they can be told apart.
	encoded, _ := json.Marshal(append([]string{purpose}, parts...))
	mac := hmac.New(sha256.New, m.key)
	mac.Write(encoded)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// isSeal reports whether we have sealed the parts. It takes as long for any that is none.
func (m *Mattermost) isSeal(seal, purpose string, parts ...string) bool {
	return hmac.Equal([]byte(seal), []byte(m.seal(purpose, parts...)))
}

// sealed seals the context of a button.
func (m *Mattermost) sealed(c pressed) pressed {
	c.Token = m.seal(sealButton, c.Action, c.Value, c.Receiver)
	return c
}

// opened reports whether the context of a button was sealed by us.
func (m *Mattermost) opened(c pressed) bool {
	return m.isSeal(c.Token, sealButton, c.Action, c.Value, c.Receiver)
}

// state is the click that a form holds. Its reader can see it, and send it again.
type state struct {
	Channel string `json:"channel"`
	Post    string `json:"post"`
	User    string `json:"user"`
	Action  string `json:"action"`
	Value   string `json:"value"`
	// Until is when the form is too old, in Unix seconds.
	Until int64 `json:"until"`
}

// sealedState is a state in one text.
type sealedState struct {
	State string `json:"state"`
	Seal  string `json:"seal"`
}

// hold seals a click for a form.
func (m *Mattermost) hold(c messenger.Click, now time.Time) string {
	// It holds only strings and a number: it always encodes.
	held, _ := json.Marshal(state{
		Channel: c.Ref.Channel, Post: c.Ref.ID, User: c.By, Action: actionOf(c.Approve), Value: c.Value, Until: now.Add(formLives).Unix(),
	})
	sealed, _ := json.Marshal(sealedState{State: string(held), Seal: m.seal(sealForm, string(held))})
	return string(sealed)
}

// held returns the click that a form holds, false if it was not sealed by us, is too old, or was
// sent by another account than the one that has pressed.
func (m *Mattermost) held(text, user string, now time.Time) (messenger.Click, bool) {
	var sealed sealedState
	var s state
	if json.Unmarshal([]byte(text), &sealed) != nil || !m.isSeal(sealed.Seal, sealForm, sealed.State) {
		return messenger.Click{}, false
	}
	if json.Unmarshal([]byte(sealed.State), &s) != nil || s.User != user || now.Unix() >= s.Until {
		return messenger.Click{}, false
	}
	return messenger.Click{
		Ref: messenger.Ref{Channel: s.Channel, ID: s.Post}, Approve: s.Action == actionApprove, Value: s.Value, By: s.User,
	}, true
}

func actionOf(approve bool) string {
	if approve {
		return actionApprove
	}
	return actionDeny
}
