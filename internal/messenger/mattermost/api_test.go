package mattermost

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/scripted"
)

const token = "secret1234567890abcdefghij"

type answer = scripted.Answer

const ping = "GET /system/ping"

// confirmed are the routes of a refusal that is final, and what comes after it.
func confirmed(route string, after ...string) []string {
	return append([]string{route, ping, route, ping, route}, after...)
}

var (
	healthy   = answer{Body: `{"status":"OK","database_status":"OK","filestore_status":"OK"}`}
	unhealthy = answer{Status: 500, Body: `{"status":"UNHEALTHY","database_status":"UNHEALTHY"}`}
)

func ok(body string) answer { return answer{Body: body} }

func refusal(status int, id string) answer {
	return answer{Status: status, Body: `{"id":"` + id + `","message":"secret message","detailed_error":"secret"}`}
}

// echo answers with the post as it was sent, which is what Mattermost does.
func echo(sent string) string {
	return `{"id":"` + postID + `",` + strings.TrimPrefix(sent, "{")
}

// newBot returns a bot of a service that answers as scripted. Its health is good
// unless it says otherwise.
func newBot(t *testing.T, answers map[string][]answer) (*Mattermost, *scripted.Service) {
	t.Helper()
	if answers[ping] == nil {
		answers[ping] = []answer{healthy}
	}
	a := scripted.Start(t, scripted.Below("/chat/api/v4"), answers)
	m, err := New(messenger.Config{URL: a.URL + "/chat/", Secrets: messenger.Token(token), HTTPClient: a.Client, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return m, a
}

// render renders a message for a bot that has no token.
func render(m message.Message) (text string, attachments []attachment) {
	return (&Mattermost{}).render(m)
}
