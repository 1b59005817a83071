package page_test

import (
	"fmt"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/demo/page"
)

func TestRequestOf(t *testing.T) {
	const attached = `{"props":{"attachments":[{"fields":[{"title":"Request","value":"` + "`forged`" + `"},{"title":"%s","value":"` + "`1`" + `"}]}]}}`
	const card = `{"cardsV2":[{"card":{"sections":[{"widgets":[{"decoratedText":{"topLabel":"Request","text":"<i>forged</i>"}}]},
		{"widgets":[{"decoratedText":{"topLabel":"%s","text":"<i>1</i>"}},{"buttonList":{}}]}]}}]}`
	const adaptive = `{"attachments":[{"content":{"body":[{"type":"Container"},{"inlines":[{"text":"Request forged"}]},{"inlines":[{%s"text":"Request 1"}]}]}}]}`
	tests := map[string]struct{ raw, threadOf, want string }{
		"slack":              {raw: `{"metadata":{"event_payload":{"request_id":"1"}}}`, want: "1"},
		"slack, in a thread": {raw: `{"metadata":{"event_payload":{"request_id":"1"}}}`, threadOf: "2"},
		"discord":            {raw: `{"embeds":[{"footer":{"text":"Request 1 · Ref 2"}}]}`, want: "1"},
		"discord, other":     {raw: `{"embeds":[{"footer":{"text":"Ref 2"}}]}`},
		"googlechat":         {raw: fmt.Sprintf(card, "Request"), want: "1"},
		"googlechat, other":  {raw: fmt.Sprintf(card, "Cluster")},
		"mattermost":         {raw: fmt.Sprintf(attached, "Request"), want: "1"},
		"teams":              {raw: fmt.Sprintf(adaptive, `"isSubtle":true,`), want: "1"},
		"teams, other":       {raw: fmt.Sprintf(adaptive, "")},
		"pagerduty":          {raw: `{"payload":{"custom_details":{"User":"x","Request":"1"}}}`, want: "1"},
		"webhook":            {raw: `{"type":"access_request.created","request":{"id":"1"},"facts":{"user":"x"}}`, want: "1"},
		"email":              {raw: `{"subject":"x","plain":"Request 2","request":{"id":"1"}}`, want: "1"},
		"webhook, other":     {raw: `{"type":"access_lists.due","facts":{"accessLists":{"items":[{"text":"x"}]}}}`},
		"mattermost, other":  {raw: fmt.Sprintf(attached, "Cluster")},
		"text":               {raw: `{"text":"Request 1"}`},
		"no JSON":            {raw: `Request 1`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := page.RequestOf(messengertest.Post{Raw: []byte(tt.raw), ThreadOf: tt.threadOf}); got != tt.want {
				t.Errorf("RequestOf = %q, want %q", got, tt.want)
			}
		})
	}
}
