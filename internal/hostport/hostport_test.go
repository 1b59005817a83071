package hostport

import (
	"errors"
	"testing"
)

// That the API server refuses the same addresses is in test/api.
func TestParseReturnsTheParts(t *testing.T) {
	for text, want := range map[string]struct {
		host string
		port uint16
	}{
		"teleport.example.com:443": {"teleport.example.com", 443},
		"192.0.2.1:3025":           {"192.0.2.1", 3025},
		"[2001:db8::1]:65535":      {"2001:db8::1", 65535},
	} {
		host, port, err := Parse(text)
		if host != want.host || port != want.port || err != nil {
			t.Errorf("Parse(%q) = %q, %d, %v", text, host, port, err)
		}
	}
	for text, want := range map[string]error{"a.example.com": errPort, "a.example.com:0": errPort, "[:::]:443": errHost, "a b:443": errHost} {
		if _, _, err := Parse(text); !errors.Is(err, want) {
			t.Errorf("Parse(%q) = %v, want %v", text, err, want)
		}
	}
}
