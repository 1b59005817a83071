package googlechat

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/scripted"
)

type answer = scripted.Answer

const (
	spaceOne   = "AAAAspace01"
	messageOne = "T1.T1"

	routeToken  = "POST /token"
	routePost   = "POST /v1/spaces/" + spaceOne + "/messages"
	routeEdit   = "PATCH /v1/spaces/" + spaceOne + "/messages/" + messageOne
	routeSpaces = "GET /v1/spaces"
	routeDirect = "GET /v1/spaces:findDirectMessage"
)

var (
	address = messenger.Address{ID: spaceOne}
	ref     = messenger.Ref{Channel: spaceOne, ID: messageOne}
	granted = answer{Body: `{"access_token":"ya29.a","expires_in":3599,"token_type":"Bearer"}`}
	posted  = answer{Echo: func(sent string) string {
		return `{"name":"spaces/` + spaceOne + `/messages/` + messageOne + `",` + strings.TrimPrefix(strings.TrimSpace(sent), "{")
	}}
)

func refusalOf(status int, code, reason string) answer {
	details := ""
	if reason != "" {
		details = `,"details":[{"@type":"type.googleapis.com/google.rpc.Help"},{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"` + reason + `"}]`
	}
	return answer{Status: status, Body: `{"error":{"code":1,"message":"secret","status":"` + code + `"` + details + `}}`}
}

// newBot returns an app of a service that answers as scripted. It gives access tokens unless it
// says otherwise.
func newBot(t *testing.T, answers map[string][]answer) (*GoogleChat, *scripted.Service) {
	t.Helper()
	if answers[routeToken] == nil {
		answers[routeToken] = []answer{granted}
	}
	a := scripted.Start(t, scripted.Below(""), answers)
	g, err := New(messenger.Config{
		URL: a.URL, HTTPClient: a.Client, Version: "test",
		Secrets: messenger.Secrets{SecretServiceAccount: messengertest.ServiceAccountKey("word")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return g, a
}
