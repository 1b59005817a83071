package discord

import (
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// The types of components, and the styles of buttons, that matter here; see
// https://discord.com/developers/docs/components/reference.
const (
	typeRow       = 1
	typeButton    = 2
	typeTextInput = 4
	typeLabel     = 18

	styleGreen     = 3
	styleRed       = 4
	styleParagraph = 2
)

// The custom id of a button, and of the form that it opens, says which decision it stands for,
// and what the value of the button is.
const (
	approveID = "approve:"
	denyID    = "deny:"
)

// row holds up to five buttons.
type row struct {
	Type       int      `json:"type"`
	Components []button `json:"components"`
}

type button struct {
	Type     int    `json:"type"`
	Style    int    `json:"style"`
	Label    string `json:"label"`
	CustomID string `json:"custom_id"`
}

// rows are the components of a message. None at all remove those that a message had.
func rows(l message.Layout) []row {
	if len(l.Buttons) == 0 {
		return []row{}
	}
	buttons := row{Type: typeRow}
	for _, b := range l.Buttons {
		shown := button{Type: typeButton, Style: styleRed, Label: l.Language.Cut(b.Label, maxLabel, count), CustomID: customID(b.Approve, b.Value)}
		if b.Approve {
			shown.Style = styleGreen
		}
		buttons.Components = append(buttons.Components, shown)
	}
	return []row{buttons}
}

func customID(approve bool, value string) string {
	if approve {
		return approveID + value
	}
	return denyID + value
}

// parseCustomID reads what customID wrote.
func parseCustomID(id string) (approve bool, value string, ok bool) {
	if value, ok = strings.CutPrefix(id, approveID); ok {
		return true, value, value != ""
	}
	value, ok = strings.CutPrefix(id, denyID)
	return false, value, ok && value != ""
}
