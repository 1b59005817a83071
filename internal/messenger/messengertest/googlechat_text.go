package messengertest

import (
	"encoding/json"
	"html"
	"regexp"
	"strings"
)

var (
	// googleMention is a mention in a text. Whether Google looks for it in code, it does not say.
	googleMention = regexp.MustCompile(`<users/([^<>\s]+)>`)
	// googleTextLink is a link in a text, with a label or without.
	googleTextLink = regexp.MustCompile(`<(https?://[^<>|\s]+)(?:\|([^<>]*))?>`)
	googleCode     = regexp.MustCompile("`[^`\n]+`")
	// googleTag is a tag in a card, and googleAnchor a link.
	googleTag    = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)
	googleAnchor = regexp.MustCompile(`<a href="([^"]*)">([^<]*)</a>`)
	googleTyped  = regexp.MustCompile(`(?s)<i>.*?</i>|<a href="[^"]*">[^<]*</a>`)
	// googleEmphasis is what a text has of markup, but for code.
	googleEmphasis = regexp.MustCompile(`\*([^*\n]+)\*`)
)

// appearance is how a message looks now, and whom it mentions. A card mentions no person.
func (g *GoogleChat) appearance(m googleMessage) appearance {
	raw, err := json.Marshal(m)
	if err != nil {
		panic("a message of the simulator cannot be encoded: " + err.Error())
	}
	var mentions []string
	for _, match := range googleMention.FindAllStringSubmatch(m.Text, -1) {
		mentions = append(mentions, match[1])
	}
	return appearance{key: m.ClientID, text: joinLines(m.lines(showGoogleText, showGoogleCard)), raw: raw, mentions: mentions}
}

// lines are the texts of a message, shown as texts and as those of cards are. Labels and the title
// of a card are plain text.
func (m googleMessage) lines(text, inCard func(string) string) []string {
	lines := []string{text(m.Text)}
	for _, each := range m.Cards {
		if each.Card.Header != nil {
			lines = append(lines, each.Card.Header.Title, each.Card.Header.Subtitle)
		}
		for _, s := range each.Card.Sections {
			for _, w := range s.Widgets {
				lines = append(lines, w.lines(inCard)...)
			}
		}
	}
	return lines
}

func (w googleWidget) lines(inCard func(string) string) []string {
	switch {
	case w.DecoratedText != nil:
		return []string{w.DecoratedText.TopLabel, inCard(w.DecoratedText.Text), inCard(w.DecoratedText.BottomLabel)}
	case w.TextParagraph != nil:
		return []string{inCard(w.TextParagraph.Text)}
	case w.ButtonList != nil:
		var lines []string
		for _, b := range w.ButtonList.Buttons {
			lines = append(lines, b.Text+" ("+b.OnClick.OpenLink.URL+")")
		}
		return lines
	default:
		return nil
	}
}

// showGoogleText shows a text as its readers see it: links by their labels, code and bold words
// without their marks.
func showGoogleText(text string) string {
	text = googleTextLink.ReplaceAllStringFunc(text, func(link string) string {
		match := googleTextLink.FindStringSubmatch(link)
		if match[2] == "" {
			return match[1]
		}
		return match[2] + " (" + match[1] + ")"
	})
	text = googleMention.ReplaceAllString(text, "@$1")
	var b strings.Builder
	for {
		at := googleCode.FindStringIndex(text)
		if at == nil {
			return b.String() + googleEmphasis.ReplaceAllString(text, "$1")
		}
		b.WriteString(googleEmphasis.ReplaceAllString(text[:at[0]], "$1"))
		b.WriteString(text[at[0]+1 : at[1]-1])
		text = text[at[1]:]
	}
}

// showGoogleCard shows a text of a card as its readers see it.
func showGoogleCard(text string) string {
	text = googleAnchor.ReplaceAllStringFunc(text, func(link string) string {
		match := googleAnchor.FindStringSubmatch(link)
		if match[1] == match[2] {
			return match[1]
		}
		return match[2] + " (" + match[1] + ")"
	})
	return html.UnescapeString(googleTag.ReplaceAllString(text, ""))
}

// outsideGoogleText and outsideGoogleCard return what is not what people typed: that is in code
// in a text, and in italics or a link in a card.
func outsideGoogleText(text string) string { return googleCode.ReplaceAllString(text, "") }

func outsideGoogleCard(text string) string {
	return showGoogleCard(googleTyped.ReplaceAllString(text, ""))
}
