package messengertest_test

import (
	"slices"
	"strings"
	"testing"

	mt "github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

func section(text string) fields {
	return fields{"type": "section", "text": fields{"type": "mrkdwn", "text": text}}
}

func repeat[T any](n int, item T) []T { return slices.Repeat([]T{item}, n) }

func TestSlackContent(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	id := s.AddChannel("ops")
	text := func(kind string, n int) fields { return fields{"type": kind, "text": strings.Repeat("x", n)} }
	blocks := func(b ...any) fields { return fields{"blocks": b} }
	for name, tc := range map[string]struct {
		args fields
		code string
	}{
		"no text":            {fields{}, "no_text"},
		"empty blocks":       {fields{"blocks": []any{}}, "no_text"},
		"blocks no list":     {fields{"blocks": "{"}, "invalid_blocks_format"},
		"blocks as string":   {fields{"blocks": `[{"type":"divider"}]`}, ""},
		"50 blocks":          {fields{"blocks": repeat(50, section("x"))}, ""},
		"51 blocks":          {fields{"blocks": repeat(51, section("x"))}, "invalid_blocks"},
		"section 3000":       {blocks(section(strings.Repeat("x", 3000))), ""},
		"section 3001":       {blocks(section(strings.Repeat("x", 3001))), "invalid_blocks"},
		"empty section":      {blocks(section("")), "invalid_blocks"},
		"no section text":    {blocks(fields{"type": "section"}), "invalid_blocks"},
		"unknown field":      {blocks(fields{"type": "divider", "colour": "red"}), "invalid_blocks"},
		"unknown block":      {blocks(fields{"type": "table"}), "invalid_blocks"},
		"emoji in mrkdwn":    {blocks(fields{"type": "section", "text": fields{"type": "mrkdwn", "text": "x", "emoji": true}}), "invalid_blocks"},
		"header 150":         {blocks(fields{"type": "header", "text": text("plain_text", 150)}), ""},
		"header 151":         {blocks(fields{"type": "header", "text": text("plain_text", 151)}), "invalid_blocks"},
		"header mrkdwn":      {blocks(fields{"type": "header", "text": text("mrkdwn", 5)}), "invalid_blocks"},
		"10 fields":          {blocks(fields{"type": "section", "fields": repeat(10, text("mrkdwn", 5))}), ""},
		"11 fields":          {blocks(fields{"type": "section", "fields": repeat(11, text("mrkdwn", 5))}), "invalid_blocks"},
		"field 2001":         {blocks(fields{"type": "section", "fields": repeat(1, text("mrkdwn", 2001))}), "invalid_blocks"},
		"context 11":         {blocks(fields{"type": "context", "elements": repeat(11, text("mrkdwn", 5))}), "invalid_blocks"},
		"button":             {blocks(fields{"type": "actions", "elements": []any{fields{"type": "button", "text": text("plain_text", 9), "url": "https://x.example"}}}), ""},
		"button label":       {blocks(fields{"type": "actions", "elements": []any{fields{"type": "button", "text": text("plain_text", 76)}}}), "invalid_blocks"},
		"button url":         {blocks(fields{"type": "actions", "elements": []any{fields{"type": "button", "text": text("plain_text", 9), "url": "x"}}}), "invalid_blocks"},
		"image without alt":  {blocks(fields{"type": "image", "image_url": "https://x.example"}), "invalid_blocks"},
		"same block id":      {fields{"blocks": repeat(2, fields{"type": "divider", "block_id": "a"})}, "invalid_blocks"},
		"sum of text":        {fields{"blocks": repeat(5, section(strings.Repeat("x", 2900)))}, "msg_blocks_too_long"},
		"wide characters":    {blocks(section(strings.Repeat("😀", 1501))), "invalid_blocks"},
		"101 attachments":    {fields{"attachments": repeat(101, fields{"text": "x"})}, "too_many_attachments"},
		"attachment blocks":  {fields{"attachments": []any{fields{"blocks": []any{section("")}}}}, "invalid_blocks"},
		"metadata no object": {fields{"text": "x", "metadata": "x"}, "invalid_metadata_format"},
		"metadata no type":   {fields{"text": "x", "metadata": fields{"event_payload": fields{}}}, "invalid_metadata_schema"},
		"metadata too large": {fields{"text": "x", "metadata": fields{"event_type": "a", "event_payload": fields{"k": strings.Repeat("x", 8000)}}}, "metadata_too_large"},
		"thread malformed":   {fields{"text": "x", "thread_ts": "1"}, "invalid_thread_ts"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, s)
			tc.args["channel"] = id
			c.want(c.do("POST", "chat.postMessage", tc.args), 200, tc.code)
		})
	}
}
