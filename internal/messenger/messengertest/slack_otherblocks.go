package messengertest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The blocks that our messages do not hold, and Slack accepts in messages: those with
// "Messages" among their surfaces in https://docs.slack.dev/blocks.json. Their limits
// are those of their pages below
// https://docs.slack.dev/reference/block-kit/blocks. An alert is for modals, and a file
// block cannot be sent: "it will show up when retrieving messages that contain remote
// files".

// slackNewBlocks are blocks of which only the type and the id are checked.
var slackNewBlocks = []string{
	"card", "carousel", "container", "data_table", "data_visualization", "plan", "task_card",
}

// otherBlock checks a block of a type that our messages do not hold.
func (k *blockChecker) otherBlock(kind string, raw json.RawMessage, pointer string) {
	switch kind {
	case "video":
		k.video(raw, pointer)
	case "markdown":
		if o, ok := k.open(raw, pointer, "text!", "block_id"); ok {
			text := jsonText(o["text"])
			k.length(text, 12_000, pointer+"/text")
			k.sum += units(text)
		}
	case "input":
		k.input(raw, pointer)
	case "table":
		k.table(raw, pointer)
	case "context_actions":
		if o, ok := k.open(raw, pointer, "elements!", "block_id"); ok {
			k.list(o["elements"], 5, pointer+"/elements", func(element json.RawMessage, at string) {
				k.oneOf(element, at, "feedback_buttons", "icon_button")
			})
		}
	default:
		if !slices.Contains(slackNewBlocks, kind) {
			k.report("unsupported type: "+kind, pointer+"/type")
		}
	}
}

// video checks a video. That it takes the scope links.embed:write is not simulated.
func (k *blockChecker) video(raw json.RawMessage, pointer string) {
	o, ok := k.open(raw, pointer, "alt_text!", "title!", "thumbnail_url!", "video_url!",
		"author_name", "block_id", "description", "provider_icon_url", "provider_name", "title_url")
	if !ok {
		return
	}
	const short = 199
	k.text(o["title"], short, pointer+"/title", "plain_text")
	k.text(o["description"], short, pointer+"/description", "plain_text")
	if o["author_name"] != nil {
		k.length(jsonText(o["author_name"]), 49, pointer+"/author_name")
	}
	for _, name := range []string{"thumbnail_url", "video_url", "title_url", "provider_icon_url"} {
		if o[name] == nil {
			continue
		}
		k.url(o[name], pointer+"/"+name)
		if (name == "video_url" || name == "title_url") && !strings.HasPrefix(jsonText(o[name]), "https://") {
			k.report("must be a valid HTTPS URL", pointer+"/"+name)
		}
	}
}

func (k *blockChecker) input(raw json.RawMessage, pointer string) {
	o, ok := k.open(raw, pointer, "label!", "element!", "dispatch_action", "block_id", "hint", "optional")
	if !ok {
		return
	}
	k.text(o["label"], 2000, pointer+"/label", "plain_text")
	k.text(o["hint"], 2000, pointer+"/hint", "plain_text")
	if o["element"] != nil {
		k.oneOf(o["element"], pointer+"/element", append(slices.Clone(slackInputs), slackMenus...)...)
	}
}

func (k *blockChecker) table(raw json.RawMessage, pointer string) {
	o, ok := k.open(raw, pointer, "rows!", "column_settings", "block_id")
	if !ok || o["rows"] == nil {
		return
	}
	const columns = 20
	if o["column_settings"] != nil {
		k.list(o["column_settings"], columns, pointer+"/column_settings", func(setting json.RawMessage, at string) {
			k.open(setting, at, "align", "is_wrapped")
		})
	}
	k.list(o["rows"], 100, pointer+"/rows", func(row json.RawMessage, at string) {
		k.list(row, columns, at, k.cell)
	})
}

func (k *blockChecker) cell(raw json.RawMessage, pointer string) {
	switch kind := slackType(raw); kind {
	case "raw_text":
		if o, ok := k.open(raw, pointer, "text!"); ok {
			text := jsonText(o["text"])
			k.length(text, slackBlockTextSum, pointer+"/text")
			k.sum += units(text)
		}
	case "rich_text":
		k.richText(raw, pointer)
	default:
		k.report("unsupported type: "+kind, pointer+"/type")
	}
}

// slackMenus are interactive elements that stand beside a section, among actions and
// in inputs; slackInputs stand in inputs only.
var (
	slackMenus = []string{
		"checkboxes", "datepicker", "radio_buttons", "timepicker",
		"static_select", "external_select", "users_select", "conversations_select", "channels_select",
		"multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select",
		"multi_channels_select",
	}
	slackInputs = []string{
		"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input", "file_input",
		"datetimepicker",
	}
)

// The elements that stand in a section and among actions, besides a button.
var (
	slackAccessories = append([]string{"overflow", "workflow_button"}, slackMenus...)
	slackActions     = append([]string{"datetimepicker", "rich_text_input"}, slackAccessories...)
)

// oneOf checks an element of which only the type and the id are looked at.
func (k *blockChecker) oneOf(raw json.RawMessage, pointer string, kinds ...string) {
	var element struct {
		Type     string  `json:"type"`
		ActionID *string `json:"action_id"`
	}
	if err := json.Unmarshal(raw, &element); err != nil {
		k.report("must be an object", pointer)
		return
	}
	if !slices.Contains(kinds, element.Type) {
		k.report(fmt.Sprintf("unsupported type: %s", element.Type), pointer+"/type")
	}
	if element.ActionID != nil {
		k.length(*element.ActionID, 255, pointer+"/action_id")
	}
}
