package messengertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"unicode/utf8"
)

const (
	// googleMaxMessage is how many bytes a message may have, cards included.
	googleMaxMessage = 32_000
	// googleMaxText is how many characters a text may have.
	googleMaxText = 4096
	// googleMaxWidgets is how many widgets a card shows.
	googleMaxWidgets = 100
)

// googleForm is what an app sends of a message. Google refuses fields that it does not know, and
// knows more than these.
type googleForm struct {
	Text   string             `json:"text"`
	Cards  []googleCardWithID `json:"cardsV2"`
	Thread *googleThread      `json:"thread"`
}

type googleCardWithID struct {
	ID   string     `json:"cardId"`
	Card googleCard `json:"card"`
}

type googleCard struct {
	Header *struct {
		Title    string `json:"title"`
		Subtitle string `json:"subtitle,omitempty"`
	} `json:"header,omitempty"`
	Sections []googleSection `json:"sections"`
}

type googleSection struct {
	Header  string         `json:"header,omitempty"`
	Widgets []googleWidget `json:"widgets"`
}

type googleWidget struct {
	DecoratedText *googleDecorated  `json:"decoratedText,omitempty"`
	TextParagraph *googleParagraph  `json:"textParagraph,omitempty"`
	ButtonList    *googleButtonList `json:"buttonList,omitempty"`
}

type googleDecorated struct {
	TopLabel    string `json:"topLabel"`
	Text        string `json:"text"`
	BottomLabel string `json:"bottomLabel,omitempty"`
	WrapText    bool   `json:"wrapText"`
}

type googleParagraph struct {
	Text string `json:"text"`
}

type googleButtonList struct {
	Buttons []googleButton `json:"buttons"`
}

type googleButton struct {
	Text    string `json:"text"`
	OnClick struct {
		OpenLink struct {
			URL string `json:"url"`
		} `json:"openLink"`
	} `json:"onClick"`
}

// decodeGoogleForm reads a message, and says what is wrong with it.
func decodeGoogleForm(body []byte) (form googleForm, wrong string) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&form); err != nil {
		return form, "the body: " + err.Error()
	}
	if form.Cards == nil {
		form.Cards = []googleCardWithID{}
	}
	switch {
	case len(bytes.TrimSpace(body)) > googleMaxMessage:
		return form, fmt.Sprintf("a message of %d bytes", len(body))
	case utf8.RuneCountInString(form.Text) > googleMaxText:
		return form, "a text that is too long"
	case form.Text == "" && len(form.Cards) == 0:
		return form, "an empty message"
	}
	for _, each := range form.Cards {
		if wrong := each.Card.wrong(); wrong != "" {
			return form, wrong
		}
	}
	return form, ""
}

func (c googleCard) wrong() string {
	widgets := 0
	for _, s := range c.Sections {
		if len(s.Widgets) == 0 {
			return "a section without widgets"
		}
		for _, w := range s.Widgets {
			widgets++
			if wrong := w.wrong(); wrong != "" {
				return wrong
			}
		}
	}
	switch {
	case len(c.Sections) == 0:
		return "a card without sections"
	case widgets > googleMaxWidgets:
		return "too many widgets"
	case c.Header != nil && c.Header.Title == "":
		return "a header without a title"
	default:
		return ""
	}
}

func (w googleWidget) wrong() string {
	members := 0
	if w.DecoratedText != nil {
		members++
		if w.DecoratedText.Text == "" {
			return "a decorated text without a text"
		}
	}
	if w.TextParagraph != nil {
		members++
		if w.TextParagraph.Text == "" {
			return "a paragraph without a text"
		}
	}
	if w.ButtonList != nil {
		members++
		for _, b := range w.ButtonList.Buttons {
			u, err := url.Parse(b.OnClick.OpenLink.URL)
			if b.Text == "" || err != nil || u.Host == "" {
				return "a button without a text or an address"
			}
		}
	}
	if members != 1 {
		return "a widget with other than one member"
	}
	return ""
}
