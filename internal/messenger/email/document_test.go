package email

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// attributes are what each element of our HTML may have; what they say is ours, but for addresses.
var attributes = map[string]string{
	"html": "lang", "head": "", "meta": "charset name content", "title": "", "body": "style", "table": "role cellpadding cellspacing border style",
	"tr": "", "td": "style", "p": "style", "br": "", "a": "href style", "span": "style", "code": "style", "i": "",
}

// checkDocument reads HTML as browsers do: whatever was typed, there is no element, attribute or
// comment but ours, nothing is loaded, and all links lead to the page.
func checkDocument(t *testing.T, document, page string) {
	t.Helper()
	open := 0
	for tokens := html.NewTokenizer(strings.NewReader(document)); tokens.Next() != html.ErrorToken; {
		switch token := tokens.Token(); token.Type {
		case html.StartTagToken, html.SelfClosingTagToken:
			checkElement(t, token, page)
			if token.Data != "br" && token.Data != "meta" {
				open++
			}
		case html.EndTagToken:
			open--
		case html.CommentToken:
			t.Errorf("the comment %q", token.Data)
		case html.DoctypeToken:
			if !strings.HasPrefix(document, "<!DOCTYPE html>") || token.Data != "html" {
				t.Errorf("the document is of the type %q", token.Data)
			}
		default: // text
		}
	}
	if open != 0 {
		t.Errorf("%d elements are not closed in\n%s", open, document)
	}
}

func checkElement(t *testing.T, element html.Token, page string) {
	t.Helper()
	known, ours := attributes[element.Data]
	if !ours {
		t.Errorf("the element %q", element.String())
	}
	for _, a := range element.Attr {
		switch {
		case !strings.Contains(" "+known+" ", " "+a.Key+" "):
			t.Errorf("the attribute %s of %q", a.Key, element.String())
		case a.Key == "href" && (a.Val != page || !strings.HasPrefix(a.Val, "https://")):
			t.Errorf("a link to %q", a.Val)
		case a.Key == "style" && strings.ContainsAny(a.Val, `(\`+"`"):
			t.Errorf("the style %q", a.Val)
		}
	}
}
