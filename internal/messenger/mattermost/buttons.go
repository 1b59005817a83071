package mattermost

import (
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// The ids of our buttons. Mattermost's may have letters and digits only: they are a part of the
// path that clients call.
const (
	actionApprove = "approve"
	actionDeny    = "deny"
)

// action is a button below a message; see
// https://developers.mattermost.com/integrate/plugins/interactive-messages/.
type action struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Style string `json:"style"`
	// Integration says whom Mattermost calls. It tells no client, so that a post which was read
	// has none.
	Integration *integration `json:"integration,omitempty"`
}

type integration struct {
	URL     string  `json:"url"`
	Context pressed `json:"context"`
}

// pressed is handed to us with each click. Whoever knows it could pretend to be any reviewer.
type pressed struct {
	Action string `json:"action"`
	Value  string `json:"value"`
	// Receiver is the address of ours that Mattermost calls.
	Receiver string `json:"receiver"`
	// Token is our seal of all that.
	Token string `json:"token"`
}

func (a action) equal(b action) bool {
	a.Integration, b.Integration = nil, nil
	return a == b
}

// actions are the buttons of a message. One that Mattermost could call nobody about is none.
func (m *Mattermost) actions(l message.Layout) []action {
	var all []action
	for _, b := range l.Buttons {
		if b.Receiver == "" {
			continue
		}
		shown := action{ID: actionDeny, Name: l.Language.Cut(b.Label, maxLabel, count), Type: "button", Style: "danger"}
		if b.Approve {
			shown.ID, shown.Style = actionApprove, "good"
		}
		shown.Integration = &integration{URL: b.Receiver, Context: m.sealed(pressed{
			Action: shown.ID, Value: b.Value, Receiver: b.Receiver,
		})}
		all = append(all, shown)
	}
	return all
}
