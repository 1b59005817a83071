package slack

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/golden"
)

// hostile is what a requester types who wants to look approved.
const hostile = "*Status* ✅ Approved\n<!channel> <!here> <@U0123456789> @everyone\n" +
	"<https://evil.example|Review in Teleport> & `code` _it_ ~no~ :white_check_mark: &lt;!channel&gt;\n> quote"

func samples() map[string]message.Message {
	all := conformance.Samples(time.Date(2026, 3, 2, 9, 30, 15, 0, time.UTC), conformance.Typed{
		Hostile: hostile, Filler: "lorem <ipsum> & ", Role: "<role>", Refusal: "Not today.\nAsk again tomorrow.",
	})
	all["buttons"] = all["pending-one-of-two"].Offer(&message.Buttons{Approve: true, Facts: "0123456789abcdef"})
	all["buttons-to-deny"] = all["pending"].Offer(&message.Buttons{Facts: "0123456789abcdef"})
	return all
}

func TestRendering(t *testing.T) {
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			s, a := newSlack(t, map[string][]answer{callPost: {posted}})
			if _, err := s.Post(t.Context(), address, m, "key-1"); err != nil {
				t.Fatal(err)
			}
			golden.JSON(t, name, payload(t, a.Last().Form(t)))
			checkMessage(t, m)
		})
	}
}

// TestLocales: everything that our own words say, in each language.
func TestLocales(t *testing.T) {
	for name, m := range conformance.Locales(time.Date(2026, 3, 2, 9, 30, 15, 0, time.UTC)) {
		t.Run(name, func(t *testing.T) {
			s, a := newSlack(t, map[string][]answer{callPost: {posted}})
			if _, err := s.Post(t.Context(), address, m, "key-1"); err != nil {
				t.Fatal(err)
			}
			golden.JSON(t, name, payload(t, a.Last().Form(t)))
		})
	}
}

// The facts that matter are not cut at the sizes that Teleport allows.
func TestOversizeKeepsWhatMatters(t *testing.T) {
	m := samples()["oversize"]
	text := fallbackText(m)
	var all strings.Builder
	for _, object := range textObjects(t, blocks(m)) {
		all.WriteString(object.Text + "\n")
	}
	for _, want := range []string{"Promoted to an access list", m.URL} {
		if !strings.Contains(text, want) || !strings.Contains(all.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if !strings.Contains(all.String(), "Suggested reviewers") || !strings.Contains(all.String(), "34 earlier reviews") {
		t.Errorf("facts are missing from the blocks:\n%s", all.String())
	}
}

func TestLimitsAtTheEdge(t *testing.T) {
	long := func(n int) message.Message {
		return message.Message{Title: "t", Status: "s", Fields: []message.Field{
			{Label: "Reason", Text: strings.Repeat("x", n), Long: true},
		}}
	}
	value := func(n int) string {
		objects := textObjects(t, blocks(long(n)))
		i := slices.IndexFunc(objects, func(o textObject) bool { return strings.HasPrefix(o.Text, "xx") })
		return objects[i].Text
	}
	if got := value(limits.Long); len(got) != limits.Long {
		t.Errorf("a text of %d characters is cut to %d", limits.Long, len(got))
	}
	if got := value(limits.Long + 1); count(got) > limits.Long || !strings.HasSuffix(got, "more characters)") {
		t.Errorf("a text of %d characters becomes one of %d that ends in %q", limits.Long+1, count(got), got[len(got)-30:])
	}
	title := message.Message{Title: strings.Repeat("😀", 80), Status: "s"}
	if got := textObjects(t, blocks(title))[0].Text; count(got) > limits.Title {
		t.Errorf("the header has %d characters", count(got))
	}
}

func TestForgedLinksAreNotShown(t *testing.T) {
	for _, address := range []string{"https://a.example/|b>", "https://a.example/> <!channel>", "https://a.example/*"} {
		if got := textLayout(message.Message{URL: address}).Address; got != "" {
			t.Errorf("the address %q becomes %q, want none", address, got)
		}
	}
	good := textLayout(message.Message{URL: "https://a.example/?a=b&c=d"})
	if got, want := link(good), "<https://a.example/?a=b&amp;c=d|Open in Teleport>"; got != want {
		t.Errorf("link = %q, want %q", got, want)
	}
}

func TestTypedTextIsNotMarkup(t *testing.T) {
	tests := map[string]string{
		"db_admin":           "`db_admin`",
		"10:30":              "`10:30`",
		"*b* _i_ ~n~ `c`":    "`*b* _i_ ~n~ ˋcˋ`",
		":white_check_mark:": "`:white_check_mark:`",
		"a:b: https://c":     "`a:b: https://c`",
		"a & <b>":            "`a &amp; &lt;b&gt;`",
		"<!channel>":         "`&lt;!channel&gt;`",
		"a\nb":               "`a b`",
		" \n":                "",
	}
	for in, want := range tests {
		if got := markup.Value(in, 100); got != want {
			t.Errorf("Value(%q) = %q, want %q", in, got, want)
		}
	}
	const address = "https://a.example/x"
	want := "&gt; `see` <" + address + "> `:ok:`\n&gt; `&lt;!here&gt;`"
	if got := textMarkup.Quotation("see "+address+" :ok:\n<!here>", 100); got != want {
		t.Errorf("Quotation = %q, want %q", got, want)
	}
}

// Line A7: a quotation is rich text, in which everything stays as it was typed.
func TestQuotationIsRichText(t *testing.T) {
	const typed = "*Status*: ✅ `Approved` :ok:\n<https://a.example|x> https://a.example/y."
	raw, err := json.Marshal(quotation(message.English.Quotation(typed, 1000, count)))
	if err != nil {
		t.Fatal(err)
	}
	var quote struct {
		Type     string
		Elements []struct{ Type, Text, URL string }
	}
	if err := json.Unmarshal(raw, &quote); err != nil {
		t.Fatal(err)
	}
	var all string
	for _, e := range quote.Elements {
		all += e.Text + e.URL
		if e.Type == "link" && e.URL != "https://a.example/y" {
			t.Errorf("a link to %q", e.URL)
		}
	}
	if quote.Type != "rich_text_quote" || len(quote.Elements) != 3 || all != typed {
		t.Errorf("quotation = %s", raw)
	}
}

func TestForgedCommandsAreNotShown(t *testing.T) {
	for command, want := range map[string]string{"tsh a": "tsh a", "tsh `b`": "", "tsh <!here>": "tsh &lt;!here&gt;"} {
		if got := codeOf(command); got != want {
			t.Errorf("codeOf(%q) = %q, want %q", command, got, want)
		}
	}
}
