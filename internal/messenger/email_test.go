package messenger

import "testing"

func TestEmailAddress(t *testing.T) {
	for text, want := range map[string]string{
		"alice@example.com":     "alice@example.com",
		" alice@example.com\n":  "alice@example.com",
		"a.b+c@sub.example.com": "a.b+c@sub.example.com",
		"jürgen@example.com":    "jürgen@example.com",
		"alice":                 "", "@alice": "", "#ops": "", "": "", " ": "", "@": "", "a@": "", "@example.com": "",
		"a@b@example.com": "", "a b@example.com": "", "<alice@example.com>": "", "Alice <alice@example.com>": "",
		"alice@example.com, bob@example.com": "", "alice@example.com (Alice)": "", "<@U0123456789>": "",
		"<mailto:alice@example.com|alice@example.com>": "", "alice@example.com\nbob@example.com": "",
	} {
		if got, ok := EmailAddress(text); ok != (want != "") || ok && got != want {
			t.Errorf("EmailAddress(%q) = %q, %t; want %q", text, got, ok, want)
		}
	}
}
