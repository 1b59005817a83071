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
	Elements []textObject
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
		all = append(append(all, b.Fields...), b.Elements...)
	}
	return all
}

// Everything in angle brackets that may be in our mrkdwn.
var (
	markup   = regexp.MustCompile(`<[^>]*>?`)
	dateOnly = regexp.MustCompile(`^<!date\^-?\d+\^\{date_short_pretty\} \{time\}\|[-\d: UTC]+>$`)
	linkOnly = regexp.MustCompile(`^<https://[^<>|\s]+(\|(Review|Open) in Teleport)?>$`)
)

// checkMessage checks every rendering of a message against Slack's limits, and
// that nothing in it is read as a mention or a link but our own.
func checkMessage(t *testing.T, m message.Message) {
	t.Helper()
	checkText(t, plainText(m), m.URL)
	checkText(t, fallbackText(m), m.URL)
	checkBlocks(t, blocks(m), m.URL)
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
	for _, found := range markup.FindAllString(text, -1) {
		ours := dateOnly.MatchString(found) ||
			linkOnly.MatchString(found) && strings.HasPrefix(found, "<"+escaper.Replace(url))
		if !ours {
			t.Errorf("markup %q in %q", found, text)
		}
	}
}

func checkBlocks(t *testing.T, blocks []slackapi.Block, url string) {
	t.Helper()
	if n := len(blocks); n == 0 || n > 50 {
		t.Errorf("%d blocks", n)
	}
	sum := 0
	for _, b := range encoded(t, blocks) {
		limit := 3000
		switch b.Type {
		case "header":
			limit = 150
		case "section", "context":
		default:
			t.Errorf("a block of type %q", b.Type)
		}
		if b.Text != nil {
			sum += checkObject(t, *b.Text, limit, url)
		}
		if len(b.Fields) > 10 || len(b.Elements) > 10 {
			t.Errorf("%d fields, %d elements", len(b.Fields), len(b.Elements))
		}
		for _, field := range append(b.Fields, b.Elements...) {
			sum += checkObject(t, field, 2000, url)
		}
	}
	if sum > 10_500 {
		t.Errorf("the blocks have %d characters", sum)
	}
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
