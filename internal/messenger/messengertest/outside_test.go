package messengertest_test

import (
	"encoding/json"
	"strings"
	"testing"

	mt "github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// A service whose markup is not known must not be read by that of another.
func TestOutsideOfUnknownMarkupIsNotGuessed(t *testing.T) {
	defer func() {
		if told, _ := recover().(string); !strings.Contains(told, "add it to Post.Outside") {
			t.Errorf("panic %q, want what to add", told)
		}
	}()
	_ = mt.Post{Service: "pigeon", Raw: json.RawMessage(`{}`)}.Outside()
}

// What stands outside of code and quotations is read by each service's rules.
func TestOutside(t *testing.T) {
	tests := map[string]struct{ slack, discord, mattermost, text string }{
		"code":          {"a  c", "a  c", "a  c", "a `b` c"},
		"quoted line":   {"a\n\nc", "a\n\nc", "a\n", "a\n> b\nc"},
		"paragraphs":    {"a\n\n\nc", "a\n\n\nc", "a\n\n\nc", "a\n> b\n\nc"},
		"no quotation":  {"a > b", "a > b", "a > b", "a > b"},
		"half a quote":  {"\nb", ">a\nb", "", ">a\nb"},
		"escaped ticks": {"\\b", "`a`b", "`a`b", "\\`a\\`b"},
		"address":       {"https://a.example", "https://a.example", "https://a.example", "<https://a.example>"},
	}
	for name, tt := range tests {
		for service, want := range map[string]string{"slack": tt.slack, "discord": tt.discord, "mattermost": tt.mattermost} {
			field := map[string]string{"slack": "text", "discord": "content", "mattermost": "message"}[service]
			raw, err := json.Marshal(map[string]string{field: tt.text})
			if err != nil {
				t.Fatal(err)
			}
			if got := (mt.Post{Service: service, Raw: raw}).Outside(); got != want {
				t.Errorf("%s in %s: %q leaves %q, want %q", name, service, tt.text, got, want)
			}
		}
	}
}
