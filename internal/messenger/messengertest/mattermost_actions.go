package messengertest

import (
	"encoding/json"
	"maps"
	"regexp"
)

// mattermostAction is a button or a menu below an attachment (PostAction in
// model/integration_action.go).
type mattermostAction struct {
	ID          string                 `json:"id,omitempty"`
	Type        string                 `json:"type,omitempty"`
	Name        string                 `json:"name,omitempty"`
	Disabled    bool                   `json:"disabled,omitempty"`
	Style       string                 `json:"style,omitempty"`
	Integration *mattermostIntegration `json:"integration,omitempty"`
}

type mattermostIntegration struct {
	URL     string         `json:"url,omitempty"`
	Context map[string]any `json:"context,omitempty"`
}

// actionID is what the route takes that clients call with a press (api4/api.go).
var actionID = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// works reports whether there is a button that does something when it is pressed.
func (a mattermostAction) works() bool {
	return a.Name != "" && (a.Type == "" || a.Type == "button") && !a.Disabled && actionID.MatchString(a.ID) && a.Integration != nil && a.Integration.URL != ""
}

// MarshalJSON encodes the post as all clients get it, without the addresses that its buttons call
// (StripActionIntegrations in model/integration_action.go).
func (p mattermostPost) MarshalJSON() ([]byte, error) {
	type plain mattermostPost
	p.Props = withoutIntegrations(p.Props)
	return json.Marshal(plain(p))
}

func withoutIntegrations(props object) object {
	var attachments []mattermostAttachment
	if props["attachments"] == nil || json.Unmarshal(props["attachments"], &attachments) != nil {
		return props
	}
	for _, attachment := range attachments {
		for i := range attachment.Actions {
			attachment.Actions[i].Integration = nil
		}
	}
	next := maps.Clone(props)
	next["attachments"] = encoded(attachments)
	return next
}
