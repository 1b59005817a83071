package slack

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	slackapi "github.com/slack-go/slack"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

// textObject is a text object as Slack receives it.
type textObject struct {
	Type, Text string
	Verbatim   bool
	Emoji      bool
}

// block is what the tests look at of a block as Slack receives it.
type block struct {
	Type     string
	Text     *textObject
	Fields   []textObject
	Elements []blockElement
}

// blockElement is a text of a context block, a part of a rich_text block, or a button.
type blockElement struct {
	Type     string
	Text     elementText
	Verbatim bool
	Emoji    bool
	ActionID string `json:"action_id"`
	Value    string
	Elements []struct {
		Type, Text, URL string
		Style           struct{ Bold, Code bool }
	}
}

// elementText is the text of a context block, or of a button, which is a text object.
type elementText string

// UnmarshalJSON implements json.Unmarshaler.
func (e *elementText) UnmarshalJSON(raw []byte) error {
	var object textObject
	if err := json.Unmarshal(raw, &object); err == nil {
		*e = elementText(object.Text)
		return nil
	}
	var text string
	err := json.Unmarshal(raw, &text)
	*e = elementText(text)
	return err
}

// object returns the element as a text object.
func (e blockElement) object() textObject {
	return textObject{Type: e.Type, Text: string(e.Text), Verbatim: e.Verbatim, Emoji: e.Emoji}
}

func encoded(t *testing.T, blocks []slackapi.Block) []block {
	t.Helper()
	raw, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	var decoded []block
	if err := json.Unmarshal(raw, &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}

func textObjects(t *testing.T, blocks []slackapi.Block) []textObject {
	t.Helper()
	var all []textObject
	for _, b := range encoded(t, blocks) {
		if b.Text != nil {
			all = append(all, *b.Text)
		}
		all = append(all, b.Fields...)
		for _, element := range b.Elements {
			all = append(all, element.object())
			for _, inner := range element.Elements {
				all = append(all, textObject{Type: inner.Type, Text: inner.Text + inner.URL})
			}
		}
	}
	return all
}

// Everything in angle brackets that may be in our mrkdwn.
var (
	angled   = regexp.MustCompile(`<[^>]*>?`)
	span     = regexp.MustCompile("`[^`\n]+`")
	dateOnly = regexp.MustCompile(`^<!date\^-?\d+\^\{date_short_pretty\} \{time\}\|[-\d: UTC]+>$`)
	linkOnly = regexp.MustCompile(`^<https://[^<>|\s]+(\|(Review|Open) in Teleport)?>$`)
	// typedLink is an address that was typed, which shows where it leads.
	typedLink = regexp.MustCompile(`^<https://[0-9A-Za-z.-]+(:\d+)?([/?#][^<>|\s@]*)?>$`)
	// formatting is what our mrkdwn may hold outside of code: bold labels.
	formatting = regexp.MustCompile("[_~`]")
)

// checkMessage checks every rendering of a message against Slack's limits, and
// that nothing in it is read as a mention or a link but our own.
func checkMessage(t *testing.T, m message.Message) {
	t.Helper()
	checkText(t, textLayout(m).Plain(), m.URL)
	checkText(t, fallbackText(m), m.URL)
	checkBlocks(t, blocks(m), m.URL)
	checkBlocks(t, plainBlocks(m), m.URL)
	decidable := m
	decidable.RequestID, decidable.Buttons = "0193f1a2-7c1d-7b3e-9a55-3f6f0e6c1d2b", &message.Buttons{Approve: true}
	checkBlocks(t, blocks(decidable), m.URL)
	for _, r := range m.Reviews {
		checkText(t, replyText(r), "")
		checkBlocks(t, replyBlocks(r), "")
	}
}

func checkText(t *testing.T, text, url string) {
	t.Helper()
	if n := count(text); n == 0 || n >= 4000 {
		t.Errorf("the text has %d characters", n)
	}
	checkMarkup(t, text, url)
}

func checkMarkup(t *testing.T, text, url string) {
	t.Helper()
	for line := range strings.SplitSeq(text, "\n") {
		quoted := strings.HasPrefix(line, "&gt; ")
		rest := span.ReplaceAllString(line, "")
		for _, found := range angled.FindAllString(rest, -1) {
			ours := dateOnly.MatchString(found) || quoted && typedLink.MatchString(found) ||
				linkOnly.MatchString(found) && strings.HasPrefix(found, "<"+escaper.Replace(url))
			if !ours {
				t.Errorf("markup %q in %q", found, text)
			}
		}
		rest = angled.ReplaceAllString(rest, "")
		if quoted && strings.TrimSpace(rest) != "&gt;" || formatting.MatchString(rest) || strings.Count(rest, "*")%2 > 0 {
			t.Errorf("formatting outside of code in %q", line)
		}
	}
	for _, found := range angled.FindAllString(strings.Join(span.FindAllString(text, -1), ""), -1) {
		t.Errorf("markup %q within code in %q", found, text)
	}
}

func checkBlocks(t *testing.T, blocks []slackapi.Block, url string) {
	t.Helper()
	if n := len(blocks); n == 0 || n > 50 {
		t.Errorf("%d blocks", n)
	}
	sum, rich := 0, 0
	for _, b := range encoded(t, blocks) {
		limit := 3000
		switch b.Type {
		case "header":
			limit = 150
		case "section", "context":
		case "actions":
			checkButtons(t, b)
			continue
		case "rich_text":
			rich++
			for _, part := range b.Elements {
				sum += checkRichText(t, part, url)
			}
			continue
		default:
			t.Errorf("a block of type %q", b.Type)
		}
		if b.Text != nil {
			sum += checkObject(t, *b.Text, limit, url)
		}
		if len(b.Fields) > 10 || len(b.Elements) > 10 {
			t.Errorf("%d fields, %d elements", len(b.Fields), len(b.Elements))
		}
		for _, element := range b.Elements {
			sum += checkObject(t, element.object(), 2000, url)
		}
		for _, field := range b.Fields {
			sum += checkObject(t, field, 2000, url)
		}
	}
	if rich == 0 {
		t.Error("no rich text: Slack refuses to put this in the place of a message that has some")
	}
	if sum > 10_500 {
		t.Errorf("the blocks have %d characters", sum)
	}
}

// checkButtons checks that buttons are ours, and what Slack takes.
func checkButtons(t *testing.T, b block) {
	t.Helper()
	if len(b.Elements) == 0 || len(b.Elements) > 2 {
		t.Errorf("%d buttons", len(b.Elements))
	}
	for _, e := range b.Elements {
		if e.Type != "button" || e.ActionID != actionApprove && e.ActionID != actionDeny || !isValue(e.Value) {
			t.Errorf("the button %+v", e)
		}
	}
}

// checkRichText checks a part of a rich_text block, in which nothing is markup
// but its elements. Returned is what it takes.
func checkRichText(t *testing.T, part blockElement, url string) (sum int) {
	t.Helper()
	if part.Type != "rich_text_section" && part.Type != "rich_text_quote" || len(part.Elements) == 0 {
		t.Errorf("rich text of type %q with %d elements", part.Type, len(part.Elements))
	}
	for _, e := range part.Elements {
		sum += count(e.Text) + count(e.URL)
		switch e.Type {
		case "text":
			if e.Text == "" || part.Type == "rich_text_section" && strings.Count(e.Text, "\n") > 2 {
				t.Errorf("the text %q", e.Text)
			}
		case "link":
			typed := part.Type == "rich_text_quote" && typedLink.MatchString("<"+e.URL+">")
			if e.Text != "" || !typed && e.URL != url {
				t.Errorf("the link %q leads to %s", e.Text, e.URL)
			}
		default:
			t.Errorf("rich text of type %q", e.Type)
		}
	}
	return sum
}

func checkObject(t *testing.T, o textObject, limit int, url string) int {
	t.Helper()
	n := count(o.Text)
	if n == 0 || n > limit {
		t.Errorf("a text of %d characters, limit %d", n, limit)
	}
	switch o.Type {
	case "plain_text":
		if o.Emoji {
			t.Errorf("%q may hold :emoji:", o.Text)
		}
	case "mrkdwn":
		checkMarkup(t, o.Text, url)
		if !o.Verbatim {
			t.Errorf("Slack may find links in %q", o.Text)
		}
	default:
		t.Errorf("a text of type %q", o.Type)
	}
	return n
}

func FuzzRendering(f *testing.F) {
	conformance.Fuzz(f, samples(), hostile, "&<>&<>", checkMessage)
}
