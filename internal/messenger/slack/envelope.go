package slack

import (
	"encoding/json"
	"regexp"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The frames that mean something here, and the interactions.
const (
	frameHello       = "hello"
	frameDisconnect  = "disconnect"
	frameInteractive = "interactive"

	interactionButton = "block_actions"
	interactionForm   = "view_submission"
)

// frame is what Slack sends:
// https://docs.slack.dev/apis/events-api/using-socket-mode#connect.
type frame struct {
	Type                   string          `json:"type"`
	Reason                 string          `json:"reason"`
	EnvelopeID             string          `json:"envelope_id"`
	AcceptsResponsePayload bool            `json:"accepts_response_payload"`
	Payload                json.RawMessage `json:"payload"`
	ConnectionInfo         struct {
		AppID string `json:"app_id"`
	} `json:"connection_info"`

	// Interaction is the payload of an interactive frame.
	Interaction interaction `json:"-"`
}

// interaction is what is read of a click, and of a form that was sent:
// https://docs.slack.dev/reference/interaction-payloads.
type interaction struct {
	Type      string `json:"type"`
	TriggerID string `json:"trigger_id"`
	APIAppID  string `json:"api_app_id"`
	Team      struct {
		ID string `json:"id"`
	} `json:"team"`
	Enterprise struct {
		ID string `json:"id"`
	} `json:"enterprise"`
	IsEnterpriseInstall bool `json:"is_enterprise_install"`
	User                struct {
		ID     string `json:"id"`
		TeamID string `json:"team_id"`
	} `json:"user"`
	Container struct {
		Type        string `json:"type"`
		ChannelID   string `json:"channel_id"`
		MessageTS   string `json:"message_ts"`
		IsEphemeral bool   `json:"is_ephemeral"`
	} `json:"container"`
	Message struct {
		User string `json:"user"`
		TS   string `json:"ts"`
	} `json:"message"`
	Actions []struct {
		Type     string `json:"type"`
		ActionID string `json:"action_id"`
		BlockID  string `json:"block_id"`
		Value    string `json:"value"`
	} `json:"actions"`
	View struct {
		CallbackID      string `json:"callback_id"`
		PrivateMetadata string `json:"private_metadata"`
		State           struct {
			Values map[string]map[string]struct {
				Value string `json:"value"`
			} `json:"values"`
		} `json:"state"`
	} `json:"view"`
}

// acknowledgement answers a frame.
type acknowledgement struct {
	EnvelopeID string          `json:"envelope_id"`
	Payload    *responseAction `json:"payload,omitempty"`
}

type responseAction struct {
	Action string `json:"response_action"`
}

// readFrame reads a frame, false if it is none. Of an interactive one that has another payload
// only the frame is left, to be acknowledged.
func readFrame(raw []byte) (frame, bool) {
	var f frame
	if err := json.Unmarshal(raw, &f); err != nil || f.Type == "" {
		return frame{}, false
	}
	if f.Type == frameInteractive && json.Unmarshal(f.Payload, &f.Interaction) != nil {
		f.Interaction = interaction{}
	}
	return f, true
}

// messageTS is what the ids of messages look like.
var messageTS = regexp.MustCompile(`^\d{1,12}\.\d{6}$`)

// isOurs reports whether an interaction is one of our app in our workspace. For a token of a
// whole organization, the organization stands for the workspace.
func (i interaction) isOurs(c *socket) bool {
	home := i.Team.ID
	if i.IsEnterpriseInstall && i.Enterprise.ID == c.account.Workspace {
		home = i.Enterprise.ID
	}
	return home != "" && home == c.account.Workspace &&
		(c.app == "" || i.APIAppID == c.app) &&
		userID.MatchString(i.User.ID) && i.User.ID != c.account.Bot
}

// press returns the click that an interaction is, false if it is no press of one of our buttons
// below one of our messages.
func (i interaction) press(c *socket) (messenger.Click, bool) {
	if i.Type != interactionButton || !i.isOurs(c) || len(i.Actions) != 1 {
		return messenger.Click{}, false
	}
	in, action := i.Container, i.Actions[0]
	ours := in.Type == "message" && !in.IsEphemeral && channelID.MatchString(in.ChannelID) && messageTS.MatchString(in.MessageTS) &&
		i.Message.TS == in.MessageTS && i.Message.User == c.account.Bot &&
		action.Type == "button" && action.BlockID == buttonsBlock && isValue(action.Value)
	approve := action.ActionID == actionApprove
	if !ours || !approve && action.ActionID != actionDeny {
		return messenger.Click{}, false
	}
	return messenger.Click{
		Ref:     messenger.Ref{Channel: in.ChannelID, ID: in.MessageTS},
		Approve: approve, Value: action.Value,
		By: i.User.ID, Workspace: i.User.TeamID,
	}, true
}

// form returns the click that a form was opened for, with the reason, false if it is no form
// of ours, or another's.
func (i interaction) form(c *socket) (messenger.Click, bool) {
	if i.Type != interactionForm || !i.isOurs(c) || i.View.CallbackID != formID {
		return messenger.Click{}, false
	}
	var held formClick
	if err := json.Unmarshal([]byte(i.View.PrivateMetadata), &held); err != nil {
		return messenger.Click{}, false
	}
	if held.By != i.User.ID || !channelID.MatchString(held.Channel) || !messageTS.MatchString(held.TS) || !isValue(held.Value) {
		return messenger.Click{}, false
	}
	return messenger.Click{
		Ref:     messenger.Ref{Channel: held.Channel, ID: held.TS},
		Approve: held.Approve, Value: held.Value, Reason: i.View.State.Values[reasonID][reasonID].Value,
		By: i.User.ID, Workspace: i.User.TeamID,
	}, true
}

// isValue reports whether a text can be the value of a button.
func isValue(text string) bool { return text != "" && len(text) <= maxButtonValue }
