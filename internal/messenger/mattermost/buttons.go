package mattermost

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// Which decision a button stands for.
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

// actionID is the id of a button. Nothing else that can be read of it says what it holds, so that a
// post with another one is told by that. It may have letters and digits only: clients call a path
// with it.
func actionID(does string, b message.Button) string {
	sum := sha256.Sum256([]byte(b.Value + " " + b.Receiver))
	return does + hex.EncodeToString(sum[:4])
}

// actions are the buttons of a message. One without an address for Mattermost to call is none.
func (m *Mattermost) actions(l message.Layout) []action {
	var all []action
	for _, b := range l.Buttons {
		if b.Receiver == "" {
			continue
		}
		does := actionOf(b.Approve)
		shown := action{ID: actionID(does, b), Name: l.Language.Cut(b.Label, maxLabel, count), Type: "button", Style: "danger"}
		if b.Approve {
			shown.Style = "good"
		}
		shown.Integration = &integration{URL: b.Receiver, Context: m.sealed(pressed{
			Action: does, Value: b.Value, Receiver: b.Receiver,
		})}
		all = append(all, shown)
	}
	return all
}
