package messengertest

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
)

// The grammar of rich_text blocks is that of
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block. It names no
// limits but that of a block_id; that empty texts and lists are refused with
// invalid_blocks is what users report.

// richText checks a rich_text block.
func (k *blockChecker) richText(raw json.RawMessage, pointer string) {
	if o, ok := k.open(raw, pointer, "elements!", "block_id"); ok {
		k.list(o["elements"], math.MaxInt, pointer+"/elements", k.richElement)
	}
}

// richElement checks a part of a rich_text block.
func (k *blockChecker) richElement(raw json.RawMessage, pointer string) {
	check := k.richPart
	var fields []string
	switch kind := slackType(raw); kind {
	case "rich_text_section":
		fields = []string{"elements!"}
	case "rich_text_quote":
		fields = []string{"elements!", "border"}
	case "rich_text_preformatted":
		fields, check = []string{"elements!", "border", "language"}, k.richPreformatted
	case "rich_text_list":
		fields, check = []string{"elements!", "style!", "indent", "offset", "border"}, k.richListItem
	default:
		k.report("unsupported type: "+kind, pointer+"/type")
		return
	}
	o, ok := k.open(raw, pointer, fields...)
	if !ok {
		return
	}
	k.list(o["elements"], math.MaxInt, pointer+"/elements", check)
	if style := jsonText(o["style"]); o["style"] != nil && style != "bullet" && style != "ordered" {
		k.report("must be one of: bullet, ordered", pointer+"/style")
	}
}

func (k *blockChecker) richListItem(raw json.RawMessage, pointer string) {
	if kind := slackType(raw); kind != "rich_text_section" {
		k.report("unsupported type: "+kind, pointer+"/type")
		return
	}
	k.richElement(raw, pointer)
}

// richPreformatted checks an element of preformatted text, which takes texts and
// links only.
func (k *blockChecker) richPreformatted(raw json.RawMessage, pointer string) {
	if kind := slackType(raw); kind != "text" && kind != "link" {
		k.report("unsupported type: "+kind, pointer+"/type")
		return
	}
	k.richPart(raw, pointer)
}

// richInline are the elements of a line, with the field that each must have.
var richInline = map[string]string{
	"broadcast": "range", "channel": "channel_id", "color": "value", "date": "timestamp", "emoji": "name",
	"link": "url", "text": "text", "user": "user_id", "usergroup": "usergroup_id",
}

// richOptional are further fields that elements of a line may have.
var richOptional = map[string][]string{
	"date": {"format!", "url", "fallback"}, "emoji": {"unicode", "skin_tone"}, "link": {"text", "unsafe"},
}

func (k *blockChecker) richPart(raw json.RawMessage, pointer string) {
	kind := slackType(raw)
	required, known := richInline[kind]
	if !known {
		k.report("unsupported type: "+kind, pointer+"/type")
		return
	}
	o, ok := k.open(raw, pointer, append(richOptional[kind], required+"!", "style")...)
	if !ok || o[required] == nil {
		return
	}
	k.richStyle(o["style"], pointer+"/style")
	switch kind {
	case "link":
		k.url(o["url"], pointer+"/url")
		k.sum += units(jsonText(o["text"]))
	case "date":
		k.sum += units(jsonText(o["fallback"]))
	default:
		text := jsonText(o[required])
		k.length(text, math.MaxInt-1, pointer+"/"+required)
		k.sum += units(text)
	}
}

func (k *blockChecker) richStyle(raw json.RawMessage, pointer string) {
	if raw == nil {
		return
	}
	names := []string{"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}
	o, ok := k.open(raw, pointer, names...)
	if !ok {
		return
	}
	for name, value := range o {
		if text := string(value); text != "true" && text != "false" {
			k.report("must be a boolean", pointer+"/"+name)
		}
	}
}

// hasRichText reports whether a message has a rich_text block. One that has must
// keep one: "block_mismatch: Rich-text blocks cannot be replaced with
// non-rich-text blocks", according to
// https://docs.slack.dev/reference/methods/chat.update.
func (m slackMessage) hasRichText() bool {
	var blocks []json.RawMessage
	// What is no list was refused when it was posted.
	_ = json.Unmarshal(m.Blocks, &blocks)
	for _, block := range blocks {
		if slackType(block) == "rich_text" {
			return true
		}
	}
	return false
}

// richText adds the lines of a rich_text block, in which nothing is markup.
func (r *slackReader) richText(raw json.RawMessage) {
	var parts []object
	_ = json.Unmarshal(raw, &parts)
	for _, part := range parts {
		switch jsonText(part["type"]) {
		case "rich_text_list":
			r.richText(part["elements"])
		case "rich_text_quote":
			text, _ := r.richLine(part["elements"])
			r.add("> "+strings.ReplaceAll(text, "\n", "\n> "), "")
		case "rich_text_preformatted":
			text, _ := r.richLine(part["elements"])
			r.add(text, "")
		default:
			r.add(r.richLine(part["elements"]))
		}
	}
}

// richLine returns the text of a line's elements, and the part of it that is not
// in code.
func (r *slackReader) richLine(raw json.RawMessage) (text, outside string) {
	var elements []object
	_ = json.Unmarshal(raw, &elements)
	for _, element := range elements {
		shown := r.richShown(element)
		text += shown
		var style struct{ Code bool }
		_ = json.Unmarshal(element["style"], &style)
		if !style.Code {
			outside += shown
		}
	}
	return text, outside
}

// richShown returns what a reader sees of an element.
func (r *slackReader) richShown(element object) string {
	kind := jsonText(element["type"])
	value := jsonText(element[richInline[kind]])
	switch kind {
	case "broadcast", "user", "usergroup":
		r.mentions = append(r.mentions, value)
		return "@" + value
	case "channel":
		return "#" + value
	case "emoji":
		return ":" + value + ":"
	case "date":
		return jsonText(element["fallback"])
	case "link":
		if label := jsonText(element["text"]); label != "" && label != value {
			return fmt.Sprintf("%s (%s)", label, value)
		}
	}
	return value
}
