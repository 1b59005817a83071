package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

func TestSlackNoticeIsTheTextBeforeTheBlocks(t *testing.T) {
	tests := map[string]struct{ raw, text, want string }{
		"blocks":    {`{"text":"a\nb","blocks":[]}`, "a\nb\nheader\nfield", "a\nb"},
		"text only": {`{"text":"a"}`, "a", "a"},
		"embeds":    {`{"embeds":[]}`, "a\nb", "a\nb"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := (slackDialect{}).notice(messengertest.Post{Raw: []byte(tt.raw), Text: tt.text}); got != tt.want {
				t.Errorf("notice = %q, want %q", got, tt.want)
			}
		})
	}
}

const (
	embedded = `{"content":"Role request from ` + "`https://evil.example`" + `","embeds":[{"title":"⏳ Role request",
		"url":"https://a.example/web/requests/1","description":"**Pending**","fields":[
		{"name":"Reason","value":"> two <https://a.example/t>\n> lines \\[x\\](https\\:\\/\\/evil.example)"},
		{"name":"Reviews","value":"✅ Approved by ` + "`bob_b`" + `"}]}]}`
	attached = `{"message":"**Role request** from ` + "`dave`" + `","props":{"attachments":[{
		"title":"Review in Teleport","title_link":"https://a.example/web/requests/1","text":"⏳ **Pending**","fields":[
		{"title":"Reason","value":"` + "> `two`\\n> `https://evil.example`\\n> `see` <https://a.example/t>" + `"}]}]}}`
)

const carded = `{"text":"Role request from ` + "`dave`" + `","cardsV2":[{"card":{"header":{"title":"⏳ Pending"},"sections":[{"widgets":[
	{"decoratedText":{"topLabel":"Reason","text":"│ <i>two</i>\n│ <i>https://evil.example &amp;</i>\n│ <i>see</i> <a href=\"https://a.example/t\">https://a.example/t</a>"}},
	{"textParagraph":{"text":"and 2 more"}},
	{"buttonList":{"buttons":[{"text":"Review in Teleport","onClick":{"openLink":{"url":"https://a.example/web/requests/1"}}}]}}]}]}}]}`

func TestNoticesAreForTerminals(t *testing.T) {
	tests := map[string]struct {
		dialect   dialect
		raw, want string
	}{
		"discord": {discordDialect{}, embedded, "⏳ Role request: Pending\nReason:\n  > two https://a.example/t\n  > lines [x](https://evil.example)\n" +
			"Reviews: ✅ Approved by bob_b\nhttps://a.example/web/requests/1"},
		"mattermost": {mattermostDialect{}, attached, "Role request from dave: ⏳ Pending\nReason:\n  > two\n  > https://evil.example\n  > see https://a.example/t\n" +
			"Review in Teleport (https://a.example/web/requests/1)"},
		"googlechat": {googleDialect{}, carded, "Role request from dave: ⏳ Pending\nReason:\n  > two\n  > https://evil.example &\n  > see https://a.example/t\n" +
			"and 2 more\nReview in Teleport (https://a.example/web/requests/1)"},
		"googlechat, plain": {googleDialect{}, `{"text":"a"}`, "the text"},
		"discord, plain":    {discordDialect{}, `{"content":"a"}`, "the text"},
		"mattermost, plain": {mattermostDialect{}, `{"message":"a"}`, "the text"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := tt.dialect.notice(messengertest.Post{Raw: []byte(tt.raw), Text: "the text"})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("notice (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinksAreWhatTheServiceWouldLink(t *testing.T) {
	const slack = `{"text":"<https://a.example|x>","blocks":[
		{"type":"rich_text","elements":[{"type":"rich_text_quote","elements":[{"type":"text","text":"<https://evil.example>"},{"type":"link","url":"https://a.example/t"}]}]},
		{"type":"section","text":{"type":"plain_text","text":"<https://evil.example|x>"}},
		{"type":"section","fields":[{"type":"mrkdwn","text":"<https://a.example|x> <!date^1^{time}|then>"}]}]}`
	tests := map[string]struct {
		dialect dialect
		raw     string
		want    int
	}{
		"slack":               {slackDialect{}, slack, 2},
		"discord":             {discordDialect{}, embedded, 2},
		"discord, broken":     {discordDialect{}, strings.ReplaceAll(embedded, `\\:\\/`, `:/`), 2},
		"discord, forged":     {discordDialect{}, strings.Replace(embedded, `(https\\:\\/\\/`, `(https://`, 1), 3},
		"googlechat":          {googleDialect{}, carded, 2},
		"googlechat, forged":  {googleDialect{}, strings.Replace(carded, "<i>two</i>", "<a href='https://evil.example'>x</a>", 1), 3},
		"mattermost":          {mattermostDialect{}, attached, 2},
		"mattermost, escaped": {mattermostDialect{}, strings.ReplaceAll(attached, "`", ""), 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.dialect.links(messengertest.Post{Raw: []byte(tt.raw)}); got != tt.want {
				t.Errorf("links = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestEveryServiceIsShown(t *testing.T) {
	for _, s := range service.All {
		if !slices.ContainsFunc(showcases, func(c showcase) bool { return c.Type == s.Type }) {
			t.Errorf("the demo does not show %s: add it to showcases, with a dialect", s.Type)
		}
	}
}
