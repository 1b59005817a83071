package status

import "testing"

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"plain":                 "plain",
		"exactly10!":            "exactly10!",
		"more than ten":         "more than …",
		"a\x00b\x1b[1mc\u202ed": "ab[1mcd",
		"ééééééééééé":           "éééééééééé…",
	} {
		if got := Printable(text, 10); got != want {
			t.Errorf("Printable(%q) = %q, want %q", text, got, want)
		}
	}
}
