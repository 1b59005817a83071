package googlechat

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/golden"
)

var created = time.Date(2026, 11, 21, 10, 42, 15, 0, time.UTC)

// hostile is what a requester types who wants to look approved.
const hostile = "*Status* ✅ Approved <users/all> <users/123456789012345678901> `<users/all>` <https://evil.example|Review in Teleport>\n" +
	"</i><b>Status</b><br>✅ Approved <a href=\"https://evil.example\">Review</a> &lt;i&gt; <font color=\"#0000ff\">x</font>\n" +
	"│ Approved by bob\n> quote\n* list\n- list\n1. list\n```\ncode\n```\n" +
	"[Review in Teleport](https://evil.example) https://evil.example _it_ ~no~ **b** \\<users/all> javascript:alert(1)\n\\"

func samples() map[string]message.Message {
	return conformance.Samples(created, conformance.Typed{
		Hostile: hostile, Filler: "lorem <users/all> `ipsum` & ", Role: "<i>role", Refusal: "Not today.\n\nAsk again tomorrow.",
	})
}

func TestRendering(t *testing.T) {
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			g, a := newBot(t, map[string][]answer{routePost: {posted}})
			if _, err := g.Post(t.Context(), address, m, "key-1"); err != nil {
				t.Fatal(err)
			}
			golden.JSON(t, name, a.Last().JSON(t))
		})
	}
}

// TestLocales: everything that our own words say, in each language.
func TestLocales(t *testing.T) {
	for name, m := range conformance.Locales(created) {
		t.Run(name, func(t *testing.T) {
			g, a := newBot(t, map[string][]answer{routePost: {posted}})
			if _, err := g.Post(t.Context(), address, m, "key-1"); err != nil {
				t.Fatal(err)
			}
			golden.JSON(t, name, a.Last().JSON(t))
		})
	}
}

func TestTypedTextIsNotMarkup(t *testing.T) {
	for in, want := range map[string]struct{ inText, inCard string }{
		"":                    {"", ""},
		" \u200b":             {"", ""},
		"alice@example.com":   {"`alice@example.com`", "<i>alice@example.com</i>"},
		"<users/all>":         {"`＜users/all>`", "<i>&lt;users/all&gt;</i>"},
		"<https://a.b|x>":     {"`＜https://a.b|x>`", "<i>&lt;https://a.b|x&gt;</i>"},
		"`code` *b* _i_ ~s~":  {"`ˋcodeˋ *b* _i_ ~s~`", "<i>`code` *b* _i_ ~s~</i>"},
		`</i><b a="c">&amp;'`: {"`＜/i>＜b a=\"c\">&amp;'`", "<i>&lt;/i&gt;&lt;b a=&quot;c&quot;&gt;&amp;amp;&#39;</i>"},
		"a\nb":                {"`a b`", "<i>a b</i>"},
	} {
		if got := textMarkup.Value(in, 200); got != want.inText {
			t.Errorf("in a text %q is %q, want %q", in, got, want.inText)
		}
		if got := cardMarkup.Value(in, 200); got != want.inCard {
			t.Errorf("in a card %q is %q, want %q", in, got, want.inCard)
		}
	}
	for in, want := range map[string]string{
		"a\n\n<b>":                            "│ <i>a</i>\n│ \n│ <i>&lt;b&gt;</i>",
		"see https://a.example/x?y=1&z=2, <a": `│ <i>see</i> <a href="https://a.example/x?y=1&amp;z=2">https://a.example/x?y=1&amp;z=2</a><i>, &lt;a</i>`,
	} {
		if got := cardMarkup.Quotation(in, 300); got != want {
			t.Errorf("Quotation(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestReplies say what was done in the text, which notifies, and why in a card.
func TestReplies(t *testing.T) {
	review := message.Review{Author: "bob", State: accessrequest.Denied, Reason: "no <users/all>\nsee https://a.example/t"}
	want := content{
		Text: "❌ Denied by `bob`",
		Cards: []cardWithID{{ID: cardID, Card: card{Sections: []section{{Widgets: []widget{{
			TextParagraph: &textParagraph{
				Text: "│ <i>no &lt;users/all&gt;</i>\n" + `│ <i>see</i> <a href="https://a.example/t">https://a.example/t</a>`,
			},
		}}}}}}},
	}
	if diff := cmp.Diff(want, renderReply(review)); diff != "" {
		t.Errorf("the reply (-want +got):\n%s", diff)
	}
	for _, reason := range []string{"", "\u200b"} {
		review.Reason = reason
		if got := renderReply(review); len(got.Cards) != 0 || got.Text != want.Text {
			t.Errorf("a reply without a reason: %+v", got)
		}
	}
}

// TestTheLargestMessageFits into what Google takes, whatever it consists of.
func TestTheLargestMessageFits(t *testing.T) {
	text, cards := 0, 0
	for _, m := range samples() {
		c := render(m)
		text = max(text, len(c.Text))
		for _, each := range c.Cards {
			widgets := 0
			for _, s := range each.Card.Sections {
				widgets += len(s.Widgets)
			}
			cards = max(cards, widgets)
		}
	}
	if text > 1000 || cards > limits.Facts+6 {
		t.Errorf("a text of %d bytes, a card of %d widgets", text, cards)
	}
}

func TestForgedCommandsAreNotShown(t *testing.T) {
	for line, want := range map[string]string{"tsh a": "tsh a", "tsh `b`": "", "tsh <b>": "", "tsh &amp;": ""} {
		if got := command(line); got != want {
			t.Errorf("command(%q) = %q, want %q", line, got, want)
		}
	}
	m := message.Message{Commands: []string{"tsh request review --approve 1"}}
	widgets := render(m).Cards[0].Card.Sections[0].Widgets
	if got := widgets[0].DecoratedText.Text; got != "tsh request review --approve 1" {
		t.Errorf("the command is shown as %q", got)
	}
}

func TestIDsOfMessages(t *testing.T) {
	first := idOf(asMessage, "key")
	if first != idOf(asMessage, "key") || first == idOf(asMessage, "other") || first == idOf(asReply, "key") {
		t.Error("an id does not tell one key from another, and always the same")
	}
	if one, other := idOf(asMessage, ""), idOf(asMessage, ""); one == other {
		t.Error("two messages without a key have one id")
	}
	if rest, ok := strings.CutPrefix(first, "client-"); !ok || len(first) > 63 || strings.Trim(rest, "0123456789abcdef") != "" {
		t.Errorf("the id %q is none that Google takes", first)
	}
}
