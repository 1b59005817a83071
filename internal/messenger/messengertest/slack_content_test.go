package messengertest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	mt "github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

func section(text string) fields {
	return fields{"type": "section", "text": fields{"type": "mrkdwn", "text": text}}
}

func repeat[T any](n int, item T) []T { return slices.Repeat([]T{item}, n) }

var richWord = fields{"type": "text", "text": "x"}

func rich(parts ...any) fields {
	return fields{"type": "rich_text", "elements": append([]any{}, parts...)}
}

func lineOf(elements ...any) fields {
	return fields{"type": "rich_text_section", "elements": append([]any{}, elements...)}
}

func quoteOf(elements ...any) fields {
	return fields{"type": "rich_text_quote", "elements": append([]any{}, elements...)}
}

// A message that has rich text must keep some.
func TestSlackRichTextStaysRich(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	id := s.AddChannel("ops")
	c := newClient(t, s)
	post := func(args fields) fields {
		args["channel"] = id
		args["ts"] = c.do("POST", "chat.postMessage", args).body["ts"]
		return args
	}
	update := func(args fields, text string, blocks any, code string) {
		t.Helper()
		changed := fields{"channel": id, "ts": args["ts"], "text": text}
		if blocks != nil {
			changed["blocks"] = blocks
		}
		c.want(c.do("POST", "chat.update", changed), 200, code)
	}
	plain, formatted := []any{section("x")}, []any{section("x"), rich(lineOf(richWord))}
	first := post(fields{"text": "x", "blocks": plain})
	update(first, "y", plain, "")
	update(first, "y", formatted, "")
	update(first, "y", plain, "block_mismatch")
	update(first, "y", nil, "block_mismatch")
	update(first, "z", formatted, "")
}

func TestRichTextAsAReaderSeesIt(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	id := s.AddChannel("ops")
	c := newClient(t, s)
	user := s.AddUser("alice@example.com")
	c.do("POST", "chat.postMessage", fields{"channel": id, "blocks": []any{rich(
		lineOf(fields{"type": "text", "text": "*a* <!here> "}, fields{"type": "text", "text": "`b`", "style": fields{"code": true}}),
		quoteOf(fields{"type": "text", "text": "c\nd "}, fields{"type": "link", "url": "https://x.example", "text": "e"}),
		lineOf(fields{"type": "user", "user_id": user}, fields{"type": "broadcast", "range": "channel"}),
	)}})
	post := s.Posts()[0]
	if want := "*a* <!here> `b`\n> c\n> d e (https://x.example)\n@" + user + "@channel"; post.Text != want {
		t.Errorf("text = %q, want %q", post.Text, want)
	}
	if want := "*a* <!here> \n@" + user + "@channel"; post.Outside() != want {
		t.Errorf("outside = %q, want %q", post.Outside(), want)
	}
	if want := []string{user, "channel"}; !slices.Equal(post.Mentions, want) {
		t.Errorf("mentions = %q, want %q", post.Mentions, want)
	}
}

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
		"unknown block":      {blocks(fields{"type": "marquee"}), "invalid_blocks"},
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
		"rich text":          {blocks(rich(quoteOf(fields{"type": "text", "text": "x", "style": fields{"code": true}}))), ""},
		"rich link":          {blocks(rich(quoteOf(fields{"type": "link", "url": "https://x.example"}))), ""},
		"rich list":          {blocks(rich(fields{"type": "rich_text_list", "style": "bullet", "elements": []any{lineOf(richWord)}})), ""},
		"rich, everything":   {blocks(rich(lineOf(richWord, fields{"type": "user", "user_id": "U1"}, fields{"type": "emoji", "name": "wave"}, fields{"type": "broadcast", "range": "here"}, fields{"type": "date", "timestamp": 1, "format": "{time}", "fallback": "then"}))), ""},
		"rich, empty":        {blocks(rich()), "invalid_blocks"},
		"rich, empty line":   {blocks(rich(lineOf())), "invalid_blocks"},
		"rich, empty text":   {blocks(rich(lineOf(fields{"type": "text", "text": ""}))), "invalid_blocks"},
		"rich, bare text":    {blocks(rich(richWord)), "invalid_blocks"},
		"rich, unknown":      {blocks(rich(lineOf(fields{"type": "mrkdwn", "text": "x"}))), "invalid_blocks"},
		"rich, no address":   {blocks(rich(lineOf(fields{"type": "link", "url": "x"}))), "invalid_blocks"},
		"rich, style":        {blocks(rich(lineOf(fields{"type": "text", "text": "x", "style": fields{"blink": true}}))), "invalid_blocks"},
		"rich, list style":   {blocks(rich(fields{"type": "rich_text_list", "style": "star", "elements": []any{lineOf(richWord)}})), "invalid_blocks"},
		"rich, list of text": {blocks(rich(fields{"type": "rich_text_list", "style": "bullet", "elements": []any{richWord}})), "invalid_blocks"},
		"rich, code of user": {blocks(rich(fields{"type": "rich_text_preformatted", "elements": []any{fields{"type": "user", "user_id": "U1"}}})), "invalid_blocks"},
		"rich, sum of text":  {blocks(rich(lineOf(fields{"type": "text", "text": strings.Repeat("x", 12_001)}))), "msg_blocks_too_long"},
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

// What our messages do not hold is accepted as Slack accepts it.
func TestSlackBlocksThatWeDoNotSend(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	id := s.AddChannel("ops")
	plain := func(n int) fields { return fields{"type": "plain_text", "text": strings.Repeat("x", n)} }
	with := func(base fields, changes fields) fields {
		block := maps.Clone(base)
		maps.Copy(block, changes)
		return block
	}
	video := fields{
		"type": "video", "alt_text": "x", "title": plain(199),
		"thumbnail_url": "http://x.example/x.png", "video_url": "https://x.example/x",
	}
	input := fields{"type": "input", "label": plain(2000), "element": fields{"type": "plain_text_input", "action_id": "a"}}
	cell := fields{"type": "raw_text", "text": "x"}
	actions := func(elements ...any) fields { return fields{"type": "actions", "elements": elements} }
	beside := func(element any) fields { return with(section("x"), fields{"accessory": element}) }
	image := fields{"type": "image", "image_url": "https://x.example/x.png", "alt_text": "x"}
	for name, tc := range map[string]struct {
		block fields
		code  string
	}{
		"image":                  {with(image, fields{"title": plain(2000)}), ""},
		"image title":            {with(image, fields{"title": plain(2001)}), "invalid_blocks"},
		"context":                {fields{"type": "context", "elements": []any{image, plain(5)}}, ""},
		"menus":                  {actions(fields{"type": "static_select"}, fields{"type": "overflow"}, fields{"type": "datetimepicker"}), ""},
		"26 actions":             {actions(repeat[any](26, fields{"type": "overflow"})...), "invalid_blocks"},
		"image among actions":    {actions(image), "invalid_blocks"},
		"image beside":           {beside(image), ""},
		"menu beside":            {beside(fields{"type": "users_select", "action_id": strings.Repeat("x", 255)}), ""},
		"action id":              {beside(fields{"type": "users_select", "action_id": strings.Repeat("x", 256)}), "invalid_blocks"},
		"text input beside":      {beside(fields{"type": "plain_text_input"}), "invalid_blocks"},
		"video":                  {video, ""},
		"video title":            {with(video, fields{"title": plain(200)}), "invalid_blocks"},
		"video author":           {with(video, fields{"author_name": strings.Repeat("x", 50)}), "invalid_blocks"},
		"video without TLS":      {with(video, fields{"video_url": "http://x.example/x"}), "invalid_blocks"},
		"video without a title":  {with(video, fields{"title": nil}), "invalid_blocks"},
		"markdown 12000":         {fields{"type": "markdown", "text": strings.Repeat("x", 12_000)}, ""},
		"markdown 12001":         {fields{"type": "markdown", "text": strings.Repeat("x", 12_001)}, "invalid_blocks"},
		"input":                  {input, ""},
		"input label":            {with(input, fields{"label": plain(2001)}), "invalid_blocks"},
		"input of a button":      {with(input, fields{"element": fields{"type": "button"}}), "invalid_blocks"},
		"table":                  {fields{"type": "table", "rows": repeat(100, []any{cell, rich(lineOf(richWord))})}, ""},
		"table 101 rows":         {fields{"type": "table", "rows": repeat(101, []any{cell})}, "invalid_blocks"},
		"table 21 columns":       {fields{"type": "table", "rows": [][]fields{repeat(21, cell)}}, "invalid_blocks"},
		"context actions":        {fields{"type": "context_actions", "elements": repeat(5, fields{"type": "icon_button"})}, ""},
		"6 context actions":      {fields{"type": "context_actions", "elements": repeat(6, fields{"type": "icon_button"})}, "invalid_blocks"},
		"card":                   {fields{"type": "card", "title": plain(5)}, ""},
		"alert, for modals only": {fields{"type": "alert", "text": plain(5)}, "invalid_blocks"},
		"file, which is read":    {fields{"type": "file", "external_id": "x", "source": "remote"}, "invalid_blocks"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, s)
			c.want(c.do("POST", "chat.postMessage", fields{"channel": id, "text": "x", "blocks": []any{tc.block}}), 200, tc.code)
		})
	}
}
