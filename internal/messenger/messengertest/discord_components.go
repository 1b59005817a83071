package messengertest

import "fmt"

type discordRow struct {
	Type       int             `json:"type"`
	Components []discordButton `json:"components"`
}

type discordButton struct {
	Type     int    `json:"type"`
	Style    int    `json:"style"`
	Label    string `json:"label,omitempty"`
	URL      string `json:"url,omitempty"`
	CustomID string `json:"custom_id,omitempty"`
}

// The limits of buttons (components/reference).
const (
	maxButtonURL = 512
	maxCustomID  = 100
	maxLabel     = 80
	// componentsV2 is the flag of messages that consist of components of all kinds.
	componentsV2 = 1 << 15
)

// checkComponents checks rows of buttons. Those of all other kinds, which take a flag,
// are stored and not looked at; there is nothing else in such a message (components/
// reference).
func (f discordForm) checkComponents(e formErrors) {
	if f.Flags&componentsV2 != 0 {
		if f.Content != nil && *f.Content != "" || len(f.Embeds) > 0 {
			e.report("flags", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "Content and embeds cannot be used with components V2.")
		}
		return
	}
	if len(f.Components) > 5 {
		e.report("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
	}
	seen := map[string]bool{}
	for i, row := range f.Components {
		path := fmt.Sprintf("components.%d", i)
		if row.Type != 1 {
			e.report(path+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).")
		}
		if len(row.Components) < 1 || len(row.Components) > 5 {
			e.report(path+".components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
		}
		for j, button := range row.Components {
			path := fmt.Sprintf("%s.components.%d", path, j)
			button.check(e, path)
			if seen[button.CustomID] {
				e.report(path+".custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
			}
			seen[button.CustomID] = button.CustomID != ""
		}
	}
}

func (b discordButton) check(e formErrors, path string) {
	if b.Type != 2 {
		e.report(path+".type", "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (2,).")
	}
	if b.Style < 1 || b.Style > 5 {
		e.report(path+".style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5}.")
	}
	if isLink := b.Style == 5; isLink != (b.URL != "") || isLink == (b.CustomID != "") {
		e.report(path, "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A link needs a url, any other button a custom id.")
	}
	e.checkURL(path+".url", b.URL)
	e.checkLength(path+".url", b.URL, 0, maxButtonURL)
	e.checkLength(path+".custom_id", b.CustomID, 0, maxCustomID)
	e.checkLength(path+".label", b.Label, 1, maxLabel)
}
