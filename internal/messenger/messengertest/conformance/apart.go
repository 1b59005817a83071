package conformance

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// checkApart checks, by the rules of the service's markup, that nothing of what is
// typed stands outside of code and quotations, and that everything else does:
// then no text can pass for a fact, whatever its letters look like.
func checkApart(t *testing.T, what string, p place, post messengertest.Post) {
	t.Helper()
	if p.ours || p.shown {
		return
	}
	ours := post.Outside()
	for _, typed := range []string{wordBefore, wordAfter, "pproved", "evil", "ticket"} {
		if strings.Contains(ours, typed) {
			t.Errorf("%s: %q is outside of the quotation:\n%s", what, typed, ours)
		}
	}
	own := []string{"Role request", "Undecided"}
	if p.after != "" {
		own = append(own, "First", "Last")
	}
	if p.name == "review" {
		own = append(own, "Reviewed by", "Denied by")
	}
	for _, words := range own {
		if !strings.Contains(ours, words) {
			t.Errorf("%s: %q is inside of a quotation:\n%s", what, words, ours)
		}
	}
}

// checkAddresses checks that nothing that a client opens or loads leads
// elsewhere, but for an address in a quotation that is shown as it was typed.
func checkAddresses(t *testing.T, what, name string, value any, quoted bool) {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		if v["type"] == "link" && quoted {
			checkTypedLink(t, what, v)
			return
		}
		if run := typedRun(v); run != nil && quoted {
			checkTypedLink(t, what, run)
			return
		}
		for name, inner := range v {
			checkAddresses(t, what, name, inner, quoted || v["type"] == "rich_text_quote" || v["style"] == "emphasis")
		}
	case []any:
		for _, inner := range v {
			checkAddresses(t, what, name, inner, quoted)
		}
	case string:
		isAddress := strings.HasSuffix(name, "url") || strings.HasSuffix(name, "_link") || strings.HasSuffix(name, "_icon") || name == "href"
		if isAddress && v != "" && !strings.HasPrefix(v, "https://teleport.example.com/") {
			t.Errorf("%s: %s is %q", what, name, v)
		}
	}
}

// typedRun returns a run of a card that opens the address that it shows, as a link without a text;
// nil for anything else.
func typedRun(v map[string]any) map[string]any {
	opens, ok := v["selectAction"].(map[string]any)
	if !ok || v["type"] != "TextRun" || opens["url"] != v["text"] || opens["title"] != nil {
		return nil
	}
	return map[string]any{"url": v["text"]}
}

// checkTypedLink checks that a link to where a person typed shows where it leads.
func checkTypedLink(t *testing.T, what string, link map[string]any) {
	t.Helper()
	address, _ := link["url"].(string)
	if link["text"] != nil || !strings.HasPrefix(address, "https://") || strings.ContainsAny(address, "<>|@ \\") {
		t.Errorf("%s: the link %v", what, link)
	}
}
