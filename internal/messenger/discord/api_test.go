package discord

import (
	"encoding/json"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/scripted"
)

const (
	token     = "MTIz.secret.token"
	channelID = "200000000000000001"
	messageID = "300000000000000001"
	botID     = "400000000000000001"

	routeMe      = "GET /users/@me"
	routeDirect  = "POST /users/@me/channels"
	routeChannel = "GET /channels/" + channelID
	routeHistory = "GET /channels/" + channelID + "/messages"
	routePost    = "POST /channels/" + channelID + "/messages"
	routeEdit    = "PATCH /channels/" + channelID + "/messages/" + messageID
	routeMessage = "GET /channels/" + channelID + "/messages/" + messageID
	routeReopen  = "PATCH /channels/" + channelID
)

type answer = scripted.Answer

func ok(body string) answer { return answer{Body: body} }

func refuse(status int, body string) answer { return answer{Status: status, Body: body} }

var (
	posted = answer{Echo: echo}
	me     = ok(`{"id":"` + botID + `","bot":true}`)
)

// echo answers with the message as it was sent, which is what Discord does.
func echo(sent string) string {
	message := map[string]json.RawMessage{}
	if json.Unmarshal([]byte(sent), &message) != nil {
		return "no JSON was sent"
	}
	return `{"id":"` + messageID + `","content":` + string(message["content"]) + `,"embeds":` + string(message["embeds"]) +
		`,"components":` + string(message["components"]) + `}`
}

// newDiscord returns a bot of a service that answers as scripted. A message cannot be
// read unless it says otherwise.
func newDiscord(t *testing.T, answers map[string][]answer) (*Discord, *scripted.Service) {
	t.Helper()
	if answers == nil {
		answers = map[string][]answer{}
	}
	if answers[routeMessage] == nil {
		answers[routeMessage] = []answer{refuse(403, `{"code":50013}`)}
	}
	a := scripted.Start(t, scripted.Below("/api/v10"), answers)
	d, err := New(messenger.Config{Secrets: messenger.Token(token), URL: a.URL + "/api/v10/", HTTPClient: a.Client})
	if err != nil {
		t.Fatal(err)
	}
	return d, a
}
