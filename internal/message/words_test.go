package message

import (
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

func TestEveryStateHasItsMark(t *testing.T) {
	seen := make(map[string]accessrequest.State)
	for _, state := range []accessrequest.State{
		accessrequest.Pending, accessrequest.Approved, accessrequest.Denied, accessrequest.Promoted,
		accessrequest.Expired, accessrequest.Removed, accessrequest.Gone, "SOMETHING_NEW",
	} {
		emoji := Emoji(state)
		if other, ok := seen[emoji]; ok {
			t.Errorf("%s and %s share the emoji %s", state, other, emoji)
		}
		seen[emoji] = state
	}
}

func TestFieldsWithNothingToShow(t *testing.T) {
	for _, blank := range []string{"", " \n", "\u200b", "\u2800"} {
		for _, f := range []Field{{Label: "a", Text: blank}, {Items: []Item{{Text: blank}, {Text: blank}}, Long: true}} {
			if !f.IsEmpty() {
				t.Errorf("%+v is taken for a fact", f)
			}
		}
	}
	for _, f := range []Field{{Text: "x"}, {Items: []Item{{}, {Text: "x"}}}, {More: 1}, {Time: time.Unix(0, 0)}} {
		if f.IsEmpty() {
			t.Errorf("%+v is taken for nothing", f)
		}
	}
}

func TestPageURL(t *testing.T) {
	tests := map[string]bool{
		"https://a.example/?a=b&c=d":                    true,
		"https://a.example:3080/web/requests/a":         true,
		"https://a.example/" + strings.Repeat("a", 482): true,
		"https://a.example/" + strings.Repeat("a", 483): false,
		"": false,
		"https://teleport.example.com@a.example/": false,
		"http://teleport.example.com":             false,
		"javascript:alert(1)":                     false,
		"https://":                                false,
		"https://a.example/\n":                    false,
		"https://a.example/ b":                    false,
		"https://a.example/é":                     false,
		"https://a.example/|b":                    false,
		"https://a.example/%zz":                   false,
	}
	for address, shown := range tests {
		want := ""
		if shown {
			want = address
		}
		if got := PageURL(address, "<|>"); got != want {
			t.Errorf("PageURL(%q) = %q, want %q", address, got, want)
		}
	}
}
