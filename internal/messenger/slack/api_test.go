package slack

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/scripted"
)

const token = "xoxb-1234-secret"

type answer = scripted.Answer

func ok(fields string) answer {
	if fields != "" {
		fields = "," + fields
	}
	return answer{Body: `{"ok":true` + fields + `}`}
}

func refusal(code string) answer {
	return answer{Body: `{"ok":false,"error":"` + code + `"}`}
}

// newSlack returns a bot of a service that answers Slack's methods as scripted.
func newSlack(t *testing.T, answers map[string][]answer) (*Slack, *scripted.Service) {
	t.Helper()
	method := func(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/api/") }
	a := scripted.Start(t, method, answers)
	s, err := New(messenger.Config{Secrets: messenger.Token(token), URL: a.URL + "/api", HTTPClient: a.Client, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return s, a
}

// payload is what was sent, with the JSON within the form unfolded.
func payload(t *testing.T, form url.Values) map[string]any {
	t.Helper()
	sent := make(map[string]any)
	for name := range form {
		sent[name] = form.Get(name)
	}
	delete(sent, "token")
	for _, name := range []string{"blocks", "metadata"} {
		if !form.Has(name) {
			continue
		}
		var value any
		if err := json.Unmarshal([]byte(form.Get(name)), &value); err != nil {
			t.Fatalf("%s is no JSON: %v", name, err)
		}
		sent[name] = value
	}
	return sent
}
