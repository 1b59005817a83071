package messengertest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// The limits of Slack's blocks. The sum of all texts is not documented; it is
// what users report.
const (
	slackBlockCount   = 50
	slackBlockTextSum = 12_000
)

// object is a JSON object whose fields were not looked at yet.
type object = map[string]json.RawMessage

// blockChecker collects what is wrong with blocks, in Slack's own words.
type blockChecker struct {
	problems []string
	ids      map[string]bool
	sum      int
}

func checkSlackBlocks(raw json.RawMessage) *response {
	if raw == nil {
		return nil
	}
	var blocks []json.RawMessage
	if err := json.Unmarshal(raw, &blocks); err != nil {
		refusal := slackError("invalid_blocks_format")
		return &refusal
	}
	checker := &blockChecker{ids: map[string]bool{}}
	if len(blocks) > slackBlockCount {
		checker.report("no more than 50 items allowed", "/blocks")
	}
	for i, block := range blocks {
		checker.block(block, fmt.Sprintf("/blocks/%d", i))
	}
	return checker.refusal()
}

func checkSlackAttachments(raw json.RawMessage) *response {
	if raw == nil {
		return nil
	}
	var attachments []object
	if err := json.Unmarshal(raw, &attachments); err != nil {
		refusal := slackError("invalid_attachments")
		return &refusal
	}
	if len(attachments) > slackAttachments {
		refusal := slackError("too_many_attachments")
		return &refusal
	}
	for _, attachment := range attachments {
		if refusal := checkSlackBlocks(attachment["blocks"]); refusal != nil {
			return refusal
		}
	}
	return nil
}

func (k *blockChecker) refusal() *response {
	if len(k.problems) > 0 {
		slices.Sort(k.problems)
		refusal := slackError("invalid_blocks", k.problems...)
		return &refusal
	}
	if k.sum > slackBlockTextSum {
		refusal := slackError("msg_blocks_too_long")
		return &refusal
	}
	return nil
}

func (k *blockChecker) report(problem, pointer string) {
	k.problems = append(k.problems, fmt.Sprintf("[ERROR] %s [json-pointer:%s]", problem, pointer))
}

// open reads an object and reports fields that are not known and known ones
// that are missing. A field with a "!" is required.
func (k *blockChecker) open(raw json.RawMessage, pointer string, fields ...string) (object, bool) {
	var o object
	if err := json.Unmarshal(raw, &o); err != nil || o == nil {
		k.report("must be an object", pointer)
		return nil, false
	}
	known := []string{"type"}
	for _, field := range fields {
		name, required := strings.CutSuffix(field, "!")
		known = append(known, name)
		if _, ok := o[name]; required && !ok {
			k.report("missing required field: "+name, pointer)
		}
	}
	for name := range o {
		if !slices.Contains(known, name) {
			k.report("invalid additional property: "+name, pointer)
		}
	}
	return o, true
}

// block checks one block of a type that messages may hold.
func (k *blockChecker) block(raw json.RawMessage, pointer string) {
	var head struct {
		Type    string `json:"type"`
		BlockID string `json:"block_id"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		k.report("must be a valid block", pointer)
		return
	}
	if head.BlockID != "" {
		k.length(head.BlockID, 255, pointer+"/block_id")
		if k.ids[head.BlockID] {
			k.report("`block_id` already exists", pointer+"/block_id")
		}
		k.ids[head.BlockID] = true
	}
	switch head.Type {
	case "section":
		k.section(raw, pointer)
	case "header":
		if o, ok := k.open(raw, pointer, "text!", "block_id", "level"); ok {
			k.text(o["text"], 150, pointer+"/text", "plain_text")
		}
	case "divider":
		k.open(raw, pointer, "block_id")
	case "context":
		if o, ok := k.open(raw, pointer, "elements!", "block_id"); ok {
			k.list(o["elements"], 10, pointer+"/elements", k.contextElement)
		}
	case "actions":
		if o, ok := k.open(raw, pointer, "elements!", "block_id"); ok {
			k.list(o["elements"], 25, pointer+"/elements", k.action)
		}
	case "image":
		k.image(raw, pointer, "block_id", "title")
	case "rich_text":
		k.richText(raw, pointer)
	default:
		k.otherBlock(head.Type, raw, pointer)
	}
}

func (k *blockChecker) section(raw json.RawMessage, pointer string) {
	o, ok := k.open(raw, pointer, "text", "fields", "accessory", "block_id", "expand")
	if !ok {
		return
	}
	if o["text"] == nil && o["fields"] == nil {
		k.report("missing required field: text", pointer)
	}
	k.text(o["text"], 3000, pointer+"/text", "plain_text", "mrkdwn")
	if o["fields"] != nil {
		k.list(o["fields"], 10, pointer+"/fields", func(field json.RawMessage, at string) {
			k.text(field, 2000, at, "plain_text", "mrkdwn")
		})
	}
	if o["accessory"] != nil {
		k.accessory(o["accessory"], pointer+"/accessory")
	}
}

func (k *blockChecker) contextElement(raw json.RawMessage, pointer string) {
	if slackType(raw) == "image" {
		k.image(raw, pointer)
		return
	}
	k.text(raw, 3000, pointer, "plain_text", "mrkdwn")
}

// accessory checks an element beside a section.
func (k *blockChecker) accessory(raw json.RawMessage, pointer string) {
	switch slackType(raw) {
	case "image":
		k.image(raw, pointer)
	case "button":
		k.button(raw, pointer)
	default:
		k.oneOf(raw, pointer, slackAccessories...)
	}
}

// action checks an element among actions. An image is none.
func (k *blockChecker) action(raw json.RawMessage, pointer string) {
	if slackType(raw) == "button" {
		k.button(raw, pointer)
		return
	}
	k.oneOf(raw, pointer, slackActions...)
}

func (k *blockChecker) button(raw json.RawMessage, pointer string) {
	o, ok := k.open(raw, pointer, "text!", "action_id", "url", "value", "style", "confirm", "accessibility_label")
	if !ok {
		return
	}
	k.text(o["text"], 75, pointer+"/text", "plain_text")
	for name, limit := range map[string]int{"action_id": 255, "value": 2000, "accessibility_label": 75} {
		if o[name] != nil {
			k.length(jsonText(o[name]), limit, pointer+"/"+name)
		}
	}
	if o["url"] != nil {
		k.url(o["url"], pointer+"/url")
	}
	if style := jsonText(o["style"]); o["style"] != nil && style != "primary" && style != "danger" {
		k.report("must be one of: primary, danger", pointer+"/style")
	}
}

func (k *blockChecker) image(raw json.RawMessage, pointer string, fields ...string) {
	o, ok := k.open(raw, pointer, append(fields, "image_url!", "alt_text!")...)
	if !ok {
		return
	}
	k.url(o["image_url"], pointer+"/image_url")
	k.length(jsonText(o["alt_text"]), 2000, pointer+"/alt_text")
	k.text(o["title"], 2000, pointer+"/title", "plain_text")
}

// text checks a text object; nil is none.
func (k *blockChecker) text(raw json.RawMessage, limit int, pointer string, types ...string) {
	if raw == nil {
		return
	}
	kind := slackType(raw)
	if !slices.Contains(types, kind) {
		k.report("must be one of: "+strings.Join(types, ", "), pointer+"/type")
		return
	}
	extra := "emoji"
	if kind == "mrkdwn" {
		extra = "verbatim"
	}
	o, ok := k.open(raw, pointer, "text!", extra)
	if !ok || o["text"] == nil {
		return
	}
	var text string
	if err := json.Unmarshal(o["text"], &text); err != nil {
		k.report("must be a string", pointer+"/text")
		return
	}
	k.length(text, limit, pointer+"/text")
	k.sum += units(text)
}

func (k *blockChecker) length(text string, limit int, pointer string) {
	switch n := units(text); {
	case n == 0:
		k.report("must be more than 0 characters", pointer)
	case n > limit:
		k.report(fmt.Sprintf("must be less than %d characters", limit+1), pointer)
	}
}

func (k *blockChecker) list(raw json.RawMessage, limit int, pointer string, check func(json.RawMessage, string)) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		k.report("must be an array", pointer)
		return
	}
	if len(items) == 0 {
		k.report("must provide at least one item", pointer)
	}
	if len(items) > limit {
		k.report(fmt.Sprintf("no more than %d items allowed", limit), pointer)
	}
	for i, item := range items {
		check(item, fmt.Sprintf("%s/%d", pointer, i))
	}
}

func (k *blockChecker) url(raw json.RawMessage, pointer string) {
	text := jsonText(raw)
	k.length(text, 3000, pointer)
	if u, err := url.Parse(text); err != nil || u.Scheme == "" || u.Host == "" {
		k.report("must be a valid URL", pointer)
	}
}

func slackType(raw json.RawMessage) string {
	var head struct {
		Type string `json:"type"`
	}
	// What is no object has no type, which is what its checker reports.
	_ = json.Unmarshal(raw, &head)
	return head.Type
}

// jsonText returns a JSON string, and "" for anything else.
func jsonText(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}
