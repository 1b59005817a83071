package messenger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
)

// TestNoFormOfSecretsTellsThem, neither of their own nor within a configuration.
func TestNoFormOfSecretsTellsThem(t *testing.T) {
	const canary = "canary"
	secrets := Secrets{"password": canary, SecretToken: " " + canary + "\n"}
	config := Config{Secrets: secrets, URL: "https://chat.example.com"}
	var shown []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T %v", "%08.3q", "% x", "%#q", "%U"} {
		for _, value := range []any{secrets, &secrets, config, &config, []Secrets{secrets}, map[string]Secrets{"a": secrets}} {
			shown = append(shown, fmt.Sprintf(verb, value), fmt.Errorf(verb, value).Error())
		}
	}
	shown = append(shown, fmt.Sprint(secrets), fmt.Sprintln(config), secrets.String(), secrets.GoString())
	for _, value := range []any{secrets, &secrets, config} {
		encoded, err := json.Marshal(value)
		shown = append(shown, string(encoded), fmt.Sprint(err))
	}
	var out bytes.Buffer
	write := func(line string) { out.WriteString(line) }
	funcr.NewJSON(write, funcr.Options{}).Info("Secrets", "secrets", secrets, "config", config)
	funcr.New(func(_, line string) { write(line) }, funcr.Options{}).Info("Secrets", "secrets", secrets, "config", config)
	for _, text := range append(shown, out.String()) {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) || strings.Contains(text, fmt.Sprintf("%X", canary)) {
			t.Errorf("the secrets are shown as %s", text)
		}
	}
	if got := secrets.String(); got != "secrets [password token]" {
		t.Errorf("the secrets are shown as %q", got)
	}
}

// TestBotKeys are the same for the same configuration, and for no other.
func TestBotKeys(t *testing.T) {
	d := Descriptor{Type: "Chat"}
	seen := map[string]int{}
	for i, c := range []Config{
		{},
		{URL: "https://a.example"},
		{Secrets: Secrets{"a": "b"}},
		{Settings: map[string]string{"a": "b"}},
		{Secrets: Secrets{"a": "c"}},
		{Secrets: Secrets{"a": `b" "c`}},
		{Secrets: Secrets{"a": "b", "c": ""}},
		{Secrets: Secrets{"a": "b", "": "c"}},
		{Secrets: Secrets{"a": "b"}, Settings: map[string]string{"a": "b"}},
		{Secrets: Secrets{"a": "\xff"}},
		{Secrets: Secrets{"a": "\ufffd"}},
		{URL: "\" \"", Secrets: Secrets{"": ""}},
	} {
		key := d.BotKey(c)
		if other, known := seen[key]; known {
			t.Errorf("the configurations %d and %d have one key", other, i)
		}
		seen[key] = i
		if again := d.BotKey(c); again != key {
			t.Errorf("the configuration %d has several keys", i)
		}
	}
}

// TestPausesAreSharedByWhomTheServiceKnowsAsOne, and by no others: what it asks of one bot must
// not silence that of another tenant.
func TestPausesAreSharedByWhomTheServiceKnowsAsOne(t *testing.T) {
	d := Descriptor{Type: "Mail", OptionalSecrets: []string{"username", "password"}}
	of := func(user, from string) string {
		return d.LimitKey(Config{
			URL: "smtp://mail.example.com", Secrets: Secrets{"username": user, "password": "x"},
			Settings: map[string]string{"from": from},
		})
	}
	if of("alice", "a@example.com") == of("bob", "a@example.com") || of("", "a@example.com") == of("", "b@example.com") {
		t.Error("bots with other logins, or other senders, share their pauses")
	}
	if d.LimitsCallers = true; of("alice", "a@example.com") != of("bob", "b@example.com") {
		t.Error("bots that a service limits by their address share no pauses")
	}
}
