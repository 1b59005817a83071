package message

import "strings"

// Buttons are what a reviewer can press below a message.
type Buttons struct {
	// Approve is false where reviewers may only deny.
	Approve bool
	// Receiver is the address of ours that a service calls which keeps one for each message;
	// empty for the others.
	Receiver string `json:",omitempty"`
	// Facts is the digest of what is asked for, accessrequest.Request.FactsDigest.
	Facts string `json:"-"`
}

// ButtonValue is the value of the buttons of a message: which request it is about, and a digest
// of the facts that it shows, so that no reviewer decides on other facts than these. It is
// visible ASCII; "" where there are no buttons.
func (m Message) ButtonValue() string {
	if m.Buttons == nil {
		return ""
	}
	return m.RequestID + buttonSeparator + m.Buttons.Facts
}

// buttonSeparator stands in no digest.
const buttonSeparator = "/"

// ParseButtonValue reads what ButtonValue wrote.
func ParseButtonValue(value string) (requestID, facts string, ok bool) {
	at := strings.LastIndex(value, buttonSeparator)
	if at <= 0 || at+len(buttonSeparator) == len(value) {
		return "", "", false
	}
	return value[:at], value[at+len(buttonSeparator):], true
}

// Offer makes reviewers able to decide below the message; nil takes that away. Nothing can be
// decided on once the request is resolved, or where an id cannot be a button's value.
func (m Message) Offer(buttons *Buttons) Message {
	m.Buttons = nil
	if buttons != nil && !m.State.Resolved() && !m.ToOwner && isToken(m.RequestID) {
		m.Buttons = buttons
	}
	return m.worded(func(n Message) Message { return n.Offer(buttons) })
}

// buttons are those of the message as a messenger places them.
func (m Message) buttons() []Button {
	if m.Buttons == nil {
		return nil
	}
	deny := Button{Label: m.Language.Say(ButtonDeny), Value: m.ButtonValue(), Receiver: m.Buttons.Receiver}
	if !m.Buttons.Approve {
		return []Button{deny}
	}
	approve := deny
	approve.Approve, approve.Label = true, m.Language.Say(ButtonApprove)
	return []Button{approve, deny}
}

// maxButtonID bounds the id of a request that has buttons: Discord's custom ids have at most
// 100 characters.
const maxButtonID = 64

// isToken reports whether an id is one of Teleport's, which are UUIDs.
func isToken(id string) bool {
	if id == "" || len(id) > maxButtonID {
		return false
	}
	for _, r := range id {
		if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}
