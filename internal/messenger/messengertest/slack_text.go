package messengertest

import (
	"encoding/json"
	"regexp"
	"strings"
)

var (
	// slackMarkup is everything between angle brackets that Slack reads as its
	// own.
	slackMarkup = regexp.MustCompile(`<([^<>]+)>`)
	// slackPing is the markup that notifies people.
	slackPing = regexp.MustCompile(`<(?:!(channel|here|everyone)|!subteam\^(S\w+)|@([UW]\w+))(?:\|[^<>]*)?>`)
	// slackName is what link_names turns into a ping.
	slackName = regexp.MustCompile(`@(channel|here|everyone)\b`)

	// slackCode and slackQuote are code, and lines of a quotation, in mrkdwn.
	slackCode  = regexp.MustCompile("(?s:```(.+?)```)|`([^`\n]+)`")
	slackQuote = regexp.MustCompile(`(?m)^(?:>|&gt;).*$`)

	slackUnescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// slackReader flattens a message and collects its pings.
type slackReader struct {
	lines     []string
	outside   []string
	mentions  []string
	linkNames bool
}

// add adds what a reader sees, and the part of it that is neither in code nor in
// a quotation.
func (r *slackReader) add(text, outside string) {
	if text != "" {
		r.lines = append(r.lines, text)
	}
	if outside != "" {
		r.outside = append(r.outside, outside)
	}
}

// appearance is how the message looks now.
func (m slackMessage) appearance() appearance {
	reader := m.read()
	raw, err := json.Marshal(m)
	if err != nil {
		panic("a message of the simulator cannot be encoded: " + err.Error())
	}
	var metadata struct {
		EventPayload struct {
			Key string `json:"key"`
		} `json:"event_payload"`
	}
	// Metadata that names no key leaves it empty.
	_ = json.Unmarshal(m.Metadata, &metadata)
	return appearance{
		key:      metadata.EventPayload.Key,
		text:     strings.Join(reader.lines, "\n"),
		raw:      raw,
		mentions: reader.mentions,
	}
}

// read reads everything that a message shows.
func (m slackMessage) read() *slackReader {
	reader := &slackReader{linkNames: m.linkNames}
	reader.markup(m.Text)
	reader.blocks(m.Blocks)
	reader.attachments(m.Attachments)
	return reader
}

func (r *slackReader) plain(text string) { r.add(text, text) }

// markup adds a text in mrkdwn.
func (r *slackReader) markup(text string) {
	for _, match := range slackPing.FindAllStringSubmatch(text, -1) {
		r.mentions = append(r.mentions, match[1]+match[2]+match[3])
	}
	if r.linkNames {
		for _, match := range slackName.FindAllStringSubmatch(text, -1) {
			r.mentions = append(r.mentions, match[1])
		}
	}
	show := func(text string) string {
		return slackUnescape.Replace(slackMarkup.ReplaceAllStringFunc(text, showSlackMarkup))
	}
	outside := slackCode.ReplaceAllString(slackQuote.ReplaceAllString(text, ""), "")
	r.add(show(slackCode.ReplaceAllString(text, "$1$2")), show(outside))
}

// showSlackMarkup returns what a reader sees of a "<...>".
func showSlackMarkup(markup string) string {
	target, label, labelled := strings.Cut(markup[1:len(markup)-1], "|")
	switch target[0] {
	case '!':
		if labelled {
			return label
		}
		return "@" + target[1:]
	case '@', '#':
		if labelled {
			return target[:1] + label
		}
		return target
	}
	if labelled && label != target {
		return label + " (" + target + ")"
	}
	return target
}

func (r *slackReader) blocks(raw json.RawMessage) {
	var blocks []object
	// What is no list was refused when it was posted.
	_ = json.Unmarshal(raw, &blocks)
	for _, block := range blocks {
		switch jsonText(block["type"]) {
		case "image":
			r.textObject(block["title"])
			r.plain(jsonText(block["alt_text"]))
		case "context", "actions":
			r.elements(block["elements"])
		case "rich_text":
			r.richText(block["elements"])
		case "markdown":
			r.markup(jsonText(block["text"]))
		case "video":
			r.textObject(block["title"])
			r.textObject(block["description"])
		case "input":
			r.textObject(block["label"])
			r.textObject(block["hint"])
		case "table":
			r.table(block["rows"])
		default:
			r.textObject(block["text"])
			r.elements(block["fields"])
			if block["accessory"] != nil {
				r.element(block["accessory"])
			}
		}
	}
}

func (r *slackReader) table(raw json.RawMessage) {
	var rows [][]object
	_ = json.Unmarshal(raw, &rows)
	for _, row := range rows {
		for _, cell := range row {
			r.plain(jsonText(cell["text"]))
			r.richText(cell["elements"])
		}
	}
}

func (r *slackReader) elements(raw json.RawMessage) {
	var elements []json.RawMessage
	_ = json.Unmarshal(raw, &elements)
	for _, element := range elements {
		r.element(element)
	}
}

func (r *slackReader) element(raw json.RawMessage) {
	var element object
	_ = json.Unmarshal(raw, &element)
	switch jsonText(element["type"]) {
	case "button":
		r.textObject(element["text"])
		r.plain(jsonText(element["url"]))
	case "image":
		r.plain(jsonText(element["alt_text"]))
	default:
		r.textObject(raw)
	}
}

func (r *slackReader) textObject(raw json.RawMessage) {
	switch text := (struct{ Type, Text string }{}); {
	case json.Unmarshal(raw, &text) != nil:
	case text.Type == "mrkdwn":
		r.markup(text.Text)
	default:
		r.plain(text.Text)
	}
}

func (r *slackReader) attachments(raw json.RawMessage) {
	var attachments []object
	_ = json.Unmarshal(raw, &attachments)
	for _, attachment := range attachments {
		for _, name := range []string{"pretext", "author_name", "title", "text"} {
			r.markup(jsonText(attachment[name]))
		}
		var fields []struct{ Title, Value string }
		_ = json.Unmarshal(attachment["fields"], &fields)
		for _, field := range fields {
			r.markup(field.Title)
			r.markup(field.Value)
		}
		r.blocks(attachment["blocks"])
		r.markup(jsonText(attachment["footer"]))
	}
}
