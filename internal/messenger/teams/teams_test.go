package teams

import (
	"net/url"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

func TestCloudsFollowFromTheConnector(t *testing.T) {
	for address, want := range map[string]string{
		"https://smba.trafficmanager.net/teams":            "https://login.microsoftonline.com https://graph.microsoft.com https://api.botframework.com/.default https://graph.microsoft.com/.default",
		"https://SMBA.trafficmanager.net/emea":             "https://login.microsoftonline.com https://graph.microsoft.com https://api.botframework.com/.default https://graph.microsoft.com/.default",
		"https://smba.infra.gcc.teams.microsoft.com/teams": "https://login.microsoftonline.com https://graph.microsoft.com https://api.botframework.com/.default https://graph.microsoft.com/.default",
		"https://smba.infra.gov.teams.microsoft.us/teams":  "https://login.microsoftonline.us https://graph.microsoft.us https://api.botframework.us/.default https://graph.microsoft.us/.default",
		"https://smba.infra.dod.teams.microsoft.us/teams":  "https://login.microsoftonline.us https://dod-graph.microsoft.us https://api.botframework.us/.default https://dod-graph.microsoft.us/.default",
		"https://gateway.example.com:8443/teams":           "https://gateway.example.com:8443/login https://gateway.example.com:8443/graph https://api.botframework.com/.default https://graph.microsoft.com/.default",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		c := cloudOf(u)
		if got := strings.Join([]string{c.login.String(), c.graph.String(), c.connectorScope, c.graphScope}, " "); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestRecipientsThatCannotBe(t *testing.T) {
	const channel = "19:0a1b2c3d4e5f60718293a4b5c6d7e8f9@thread.tacv2"
	for recipient, want := range map[string]string{
		channel: channel,
		"https://teams.microsoft.com/l/channel/19%3a0a1b2c3d4e5f60718293a4b5c6d7e8f9%40thread.tacv2/General?groupId=x&tenantId=y": channel,
		"https://teams.microsoft.us/l/channel/19%3A0a1b2c3d4e5f60718293a4b5c6d7e8f9%40thread.tacv2/":                              channel,
		"19:0a1b2c3d@thread.skype": "19:0a1b2c3d@thread.skype",
		"http://teams.microsoft.com/l/channel/19%3a0a1b2c3d%40thread.tacv2/General":     "",
		"https://teams.microsoft.com/l/message/19%3a0a1b2c3d%40thread.tacv2/1":          "",
		"https://teams.microsoft.com/l/channel/19%3a0a%2f..%2f1%40thread.tacv2/General": "",
		"19:meeting_x@thread.v2": "", "19:@thread.tacv2": "", "General": "", channel + "/x": "", channel + ";messageid=1": "",
	} {
		id, ok := channelOf(recipient)
		if ok != (want != "") || ok && id != want {
			t.Errorf("channelOf(%q) = %q, %t, want %q", recipient, id, ok, want)
		}
	}
	for recipient, refused := range map[string]bool{
		channel: false, "alice@example.com": false, standInID: false, "a:1abc": false, "general": true, "#general": true, "": true, "a b@example.com": true,
	} {
		if got := writeInstead(recipient) != ""; got != refused {
			t.Errorf("%q is refused: %t", recipient, got)
		}
	}
}

// TestIDsThatCannotBeAreRefused without being repeated.
func TestIDsThatCannotBeAreRefused(t *testing.T) {
	secrets := messenger.Secrets{SecretClient: "secret"}
	if _, err := New(messenger.Config{Secrets: secrets, Settings: Descriptor().ExampleSettings()}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{settingApp, settingTenant} {
		for _, value := range []string{"common", "canary.onmicrosoft.com", standInID + "/..", "{" + standInID + "}"} {
			bad := Descriptor().ExampleSettings()
			bad[name] = value
			if _, err := New(messenger.Config{Secrets: secrets, Settings: bad}); err == nil || strings.Contains(err.Error(), value) {
				t.Errorf("%s %q: %v", name, value, err)
			}
		}
	}
}
