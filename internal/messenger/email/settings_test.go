package email

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// TestSettingsThatCannotWorkAreRefused without being repeated.
func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*messenger.Config){
		"no sender":             func(c *messenger.Config) { c.Settings[SettingFrom] = "" },
		"two senders":           func(c *messenger.Config) { c.Settings[SettingFrom] = "ssss@example.com, b@example.com" },
		"a sender of two lines": func(c *messenger.Config) { c.Settings[SettingFrom] = "T <ssss@example.com>\r\nBcc: b@example.com" },
		"a sender without @":    func(c *messenger.Config) { c.Settings[SettingFrom] = "ssss" },
		"a quoted sender":       func(c *messenger.Config) { c.Settings[SettingFrom] = `"ssss b"@example.com` },
		"no domain":             func(c *messenger.Config) { c.Settings[SettingDomains] = "ssss" },
		"a username alone":      func(c *messenger.Config) { c.Settings[SettingUsername] = "ssss" },
		"a password alone":      func(c *messenger.Config) { c.Secrets[SecretPassword] = "ssss" },
		"a password in the open": func(c *messenger.Config) {
			c.URL, c.Secrets[SecretUsername], c.Secrets[SecretPassword] = messenger.SchemePlainSMTP+"://mail.example.com:25", "u", "ssss"
		},
		"another scheme": func(c *messenger.Config) { c.URL = "http://ssss.example.com" },
		"a path":         func(c *messenger.Config) { c.URL = "smtp://ssss.example.com/x" },
		"no port":        func(c *messenger.Config) { c.URL = "smtp://ssss.example.com:0" },
	} {
		c := messenger.Config{URL: "smtp://mail.example.com:587", Settings: Descriptor().ExampleSettings(), Secrets: messenger.Secrets{}}
		spoil(&c)
		if _, err := New(c); err == nil || strings.Contains(err.Error(), "ssss") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRecipientsInOtherScripts have a domain that the DNS knows, or are refused with a reason.
func TestRecipientsInOtherScripts(t *testing.T) {
	e := offline(t)
	to, err := e.Resolve(t.Context(), "Alice@Bücher.example")
	if err != nil || to.ID != "alice@xn--bcher-kva.example" {
		t.Errorf("Resolve = %+v, %v", to, err)
	}
	_, err = e.Resolve(t.Context(), "älice@example.com")
	if !messenger.HasCode(err, "no_smtputf8") || !strings.Contains(err.Error(), "ASCII letters before the @") {
		t.Errorf("Resolve = %v", err)
	}
}

// TestPeopleElsewhereAreNotFound who are named by a request, but those that the operator names.
func TestPeopleElsewhereAreNotFound(t *testing.T) {
	for domains, found := range map[string]map[string]bool{
		"":                            {"a@example.com": true, "a@example.org": false, "a@evil.example.com": false},
		"example.org, Bücher.example": {"a@example.com": false, "a@example.org": true, "a@bücher.example": true},
	} {
		settings := Descriptor().ExampleSettings()
		settings[SettingDomains] = domains
		e, err := New(messenger.Config{URL: "smtp://mail.example.com:587", Settings: settings})
		if err != nil {
			t.Fatal(err)
		}
		for address, want := range found {
			if _, err := e.ResolvePerson(t.Context(), address); (err == nil) != want {
				t.Errorf("with %q, ResolvePerson(%s) = %v", domains, address, err)
			}
			if _, err := e.Resolve(t.Context(), address); err != nil {
				t.Errorf("Resolve(%s) = %v", address, err)
			}
		}
	}
}
