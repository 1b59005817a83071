package messengertest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// cardElement is an element of an Adaptive Card, or an action, or the card itself.
type cardElement struct {
	Type         string         `json:"type"`
	Style        string         `json:"style"`
	Text         string         `json:"text"`
	Title        string         `json:"title"`
	URL          string         `json:"url"`
	FontType     string         `json:"fontType"`
	Body         []cardElement  `json:"body"`
	Items        []cardElement  `json:"items"`
	Inlines      []cardElement  `json:"inlines"`
	Actions      []cardElement  `json:"actions"`
	SelectAction *cardElement   `json:"selectAction"`
	Teams        cardExtensions `json:"msteams"`
}

// cardExtensions are what a card has for Teams alone.
type cardExtensions struct {
	Width    string `json:"width"`
	Entities []struct {
		Type      string `json:"type"`
		Text      string `json:"text"`
		Mentioned struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"mentioned"`
	} `json:"entities"`
}

// cardFields are the properties of the elements that are known here, by
// https://adaptivecards.io/explorer; what must be there ends in an exclamation mark.
var cardFields = map[string]string{
	"AdaptiveCard":   "version! body! actions $schema msteams fallbackText lang speak",
	"Container":      "items! style bleed spacing separator id",
	"TextBlock":      "text! wrap size weight color isSubtle spacing separator maxLines fontType horizontalAlignment id",
	"RichTextBlock":  "inlines! spacing separator horizontalAlignment id",
	"TextRun":        "text! color fontType highlight isSubtle italic selectAction size strikethrough underline weight",
	"Action.OpenUrl": "url! title tooltip iconUrl style id",
}

// cardParts are the elements that an element may hold, by the property.
var cardParts = map[string][]string{
	"body": {"Container", "TextBlock", "RichTextBlock"}, "items": {"Container", "TextBlock", "RichTextBlock"},
	"inlines": {"TextRun"}, "actions": {"Action.OpenUrl"}, "selectAction": {"Action.OpenUrl"},
}

// cardWords are the values that some properties may have.
var cardWords = map[string][]string{
	"spacing": {"None", "Small", "Default", "Medium", "Large", "ExtraLarge", "Padding"}, "weight": {"Default", "Lighter", "Bolder"},
	"size": {"Default", "Small", "Medium", "Large", "ExtraLarge"}, "fontType": {"Default", "Monospace"},
	"style": {"default", "emphasis", "good", "attention", "warning", "accent", "positive", "destructive"},
}

// readCard reads a card, and refuses what Teams does not show.
func readCard(raw json.RawMessage) (cardElement, error) {
	if err := checkCardElement(raw, []string{"AdaptiveCard"}); err != nil {
		return cardElement{}, err
	}
	var c cardElement
	if err := json.Unmarshal(raw, &c); err != nil {
		return cardElement{}, err
	}
	var texts strings.Builder
	c.walk(false, func(e cardElement, _ bool) {
		if e.Type == "TextBlock" {
			texts.WriteString(e.Text)
		}
	})
	for _, m := range c.Teams.Entities {
		if m.Type != "mention" || !cardMention.MatchString(m.Text) || m.Mentioned.ID == "" || m.Mentioned.Name == "" || !strings.Contains(texts.String(), m.Text) {
			return cardElement{}, fmt.Errorf("a mention of %q is none", m.Text)
		}
	}
	return c, nil
}

var cardMention = regexp.MustCompile(`^<at>[^<>]+</at>$`)

func checkCardElement(raw json.RawMessage, kinds []string) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	kind := jsonText(fields["type"])
	if !slices.Contains(kinds, kind) {
		return fmt.Errorf("%q is none of %v", kind, kinds)
	}
	known := strings.Fields(cardFields[kind])
	for _, name := range known {
		if required, must := strings.CutSuffix(name, "!"); must && fields[required] == nil {
			return fmt.Errorf("%s lacks %s", kind, required)
		}
	}
	for name, value := range fields {
		if name != "type" && !slices.Contains(known, name) && !slices.Contains(known, name+"!") {
			return fmt.Errorf("%s has no %s", kind, name)
		}
		if err := checkCardField(name, value); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

func checkCardField(name string, value json.RawMessage) error {
	if words := cardWords[name]; words != nil && !slices.Contains(words, jsonText(value)) {
		return fmt.Errorf("%s is none of %v", name, words)
	}
	switch name {
	case "text":
		if jsonText(value) == "" {
			return fmt.Errorf("an empty text")
		}
	case "url":
		if u, err := url.Parse(jsonText(value)); err != nil || u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("a url that cannot be opened")
		}
	case "version":
		if v := jsonText(value); v < "1.0" || v > "1.5" {
			return fmt.Errorf("version %q", v)
		}
	case "selectAction":
		return checkCardElement(value, cardParts[name])
	case "body", "items", "inlines", "actions":
		var parts []json.RawMessage
		if err := json.Unmarshal(value, &parts); err != nil || len(parts) == 0 {
			return fmt.Errorf("%s is no list of something", name)
		}
		for _, part := range parts {
			if err := checkCardElement(part, cardParts[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// walk visits the elements in the order in which they are seen, and says of each whether it is
// in a box for quotations.
func (c cardElement) walk(quoted bool, visit func(e cardElement, quoted bool)) {
	quoted = quoted || c.Type == "Container" && c.Style == "emphasis"
	visit(c, quoted)
	for _, part := range slices.Concat(c.Body, c.Items, c.Actions) {
		part.walk(quoted, visit)
	}
}

// lines are what a reader sees of a card, without what stands in code and quotations if all is false.
func (c cardElement) lines(all bool) (lines []string) {
	c.walk(false, func(e cardElement, quoted bool) {
		switch e.Type {
		case "TextBlock":
			lines = append(lines, cardFunctions(showCardMarkdown(e.Text)))
		case "RichTextBlock":
			var b strings.Builder
			for _, r := range e.Inlines {
				if all || !quoted && r.FontType != "Monospace" {
					b.WriteString(r.shown())
				}
			}
			lines = append(lines, b.String())
		case "Action.OpenUrl":
			lines = append(lines, e.Title+" ("+e.URL+")")
		}
	})
	return lines
}

// shown is how a run looks.
func (c cardElement) shown() string {
	text := cardFunctions(c.Text)
	if c.SelectAction != nil && c.SelectAction.URL != c.Text {
		text += " (" + c.SelectAction.URL + ")"
	}
	return text
}

// cardLink is a link in Markdown, which TextBlocks have and runs do not.
var cardLink = regexp.MustCompile(`\[([^\]]*)\]\(([^)]*)\)`)

func showCardMarkdown(text string) string {
	text = strings.NewReplacer("<at>", "", "</at>", "", "**", "", "_", "").Replace(text)
	return cardLink.ReplaceAllString(text, "$1 ($2)")
}

// cardFunction is what clients put a date or a time in the place of
// (https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features#datetime-formatting-and-localization).
var cardFunction = regexp.MustCompile(`\{\{(DATE|TIME)\([^)]*\)\}\}`)

func cardFunctions(text string) string { return cardFunction.ReplaceAllString(text, "a moment") }

// mentions are the ids of whom a card mentions.
func (c cardElement) mentions() (ids []string) {
	for _, m := range c.Teams.Entities {
		ids = append(ids, m.Mentioned.ID)
	}
	return ids
}
