package message

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Line A7: the address of a ticket becomes a link, and shows where it leads.
func TestTypedAddresses(t *testing.T) {
	for line, want := range map[string][]string{
		"see https://jira.example/browse/OPS-42 please":                {"https://jira.example/browse/OPS-42"},
		"https://a.example/b?c=d&e=%20f#g-1":                           {"https://a.example/b?c=d&e=%20f#g-1"},
		"(https://a.example/b_(c)), https://b.example.":                {"https://a.example/b_(c)", "https://b.example"},
		"<https://a.example>":                                          {"https://a.example"},
		"siehe:https://a.example:8443/x!":                              {"https://a.example:8443/x"},
		"https://[2001:db8::1]/x":                                      nil, // the brackets are markup
		"http://a.example ftp://a.example a.example":                   nil,
		"HTTPS://a.example":                                            nil,
		"xhttps://a.example éhttps://a.example":                        nil,
		"https://teleport.example.com@evil.example/":                   nil,
		"https://teleport.example.com\\@evil.example/":                 nil,
		"https://teleport.example.com\u2215web.evil.example/":          nil,
		"https://аpple.example":                                        nil, // a Cyrillic letter
		"https://a.example/|https://evil.example":                      nil,
		"https://evil.example|Review":                                  nil,
		"https://a.example/`code`":                                     nil,
		"https://a.example/… (20 more characters)":                     nil,
		"https:// https://: https://-_/ https://a:99999/ https://a:/x": nil,
		"https://" + strings.Repeat("a", 600) + ".example":             nil,
	} {
		var got []string
		text := ""
		for _, span := range spans(line, maxTypedLinks) {
			text += span.Text
			if span.Address {
				got = append(got, span.Text)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the addresses in %q (-want +got):\n%s", line, diff)
		}
		if text != line {
			t.Errorf("%q becomes %q", line, text)
		}
	}
}

func TestTypedLinksAreBounded(t *testing.T) {
	links := 0
	for _, line := range English.Quotation(strings.Repeat("https://a.example https://b.example\n", 50), 4000, CountRunes) {
		for _, span := range line {
			if span.Address {
				links++
			}
		}
	}
	if links != maxTypedLinks {
		t.Errorf("%d links, want %d", links, maxTypedLinks)
	}
}

// A cut address would lead elsewhere.
func TestCutAddressIsNoLink(t *testing.T) {
	const address = "https://a.example/browse/OPS-42"
	for limit := 23; limit < 60; limit++ {
		for _, line := range English.Quotation(address+strings.Repeat("0", 50), limit, CountRunes) {
			for _, span := range line {
				if span.Address {
					t.Errorf("within %d characters, %q is a link", limit, span.Text)
				}
			}
		}
	}
}
