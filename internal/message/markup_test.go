package message

import (
	"fmt"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

var plainMarkup = Markup{
	Count: CountRunes, Quote: "> ", Bullet: "- ", AfterQuotation: "\n",
	Code: func(line string) string { return "`" + line + "`" },
	Text: func(part string) string { return strings.ReplaceAll(part, "*", "\\*") },
	Link: func(address string) string { return "<" + address + ">" },
}

func TestEveryLineOfAQuotationIsMarked(t *testing.T) {
	typed := "please\r\nStatus: *Approved*\u2028\u2029✅ by bob\v\f\u0085 see https://a.example/1.\n\n\nend"
	want := "> please\n> Status: \\*Approved\\*\n> \n> ✅ by bob\n> \n>  see <https://a.example/1>.\n> \n> end"
	if got := plainMarkup.Quotation(typed, 1000); got != want {
		t.Errorf("Quotation = %q, want %q", got, want)
	}
	if got := plainMarkup.Quotation(" \n\u200b", 1000); got != "" {
		t.Errorf("Quotation of nothing = %q", got)
	}
}

func TestQuotationsStayWithinTheirLimit(t *testing.T) {
	for _, unit := range []string{"word ", "a\n", "*", "https://a.example\n", "https://a.example*", "x https://a.example."} {
		for limit := range 300 {
			if got := plainMarkup.Quotation(strings.Repeat(unit, 100), limit); CountRunes(got) > limit {
				t.Fatalf("%q within %d takes %d", unit, limit, CountRunes(got))
			}
		}
	}
}

func TestListsSayWhatIsMissing(t *testing.T) {
	items := func(n int) (items []Item) {
		for i := range n {
			items = append(items, Item{Text: fmt.Sprint("item", i)})
		}
		return items
	}
	for name, tt := range map[string]struct {
		field Field
		limit int
		want  string
	}{
		"one":       {Field{Items: items(1)}, 100, "`item0`"},
		"all":       {Field{Items: items(2)}, 100, "- `item0`; - `item1`"},
		"too many":  {Field{Items: items(5)}, 100, "- `item0`; - `item1`; - `item2`; and 2 more"},
		"more":      {Field{Items: items(1), More: 1999}, 100, "- `item0`; and 1,999 more"},
		"no room":   {Field{Items: items(3)}, 25, "- `item0`; and 2 more"},
		"blank":     {Field{Items: append([]Item{{Text: "\u200b"}}, items(3)...)}, 100, "- `item0`; - `item1`; - `item2`"},
		"one limit": {Field{Items: []Item{{Text: "a", Limits: []Limit{{Words: "only the logins", Values: []string{"x", "y"}, More: 2}}}}}, 100, "`a`, only the logins `x`, `y`, and 2 more"},
		"unknown":   {Field{Items: []Item{{Text: "a", Limits: []Limit{{Words: limitUnknown}}}}}, 100, "`a`, " + limitUnknown},
	} {
		if got := (writer{plainMarkup, Limits{Items: 3, Item: 20}}).list(tt.field, tt.limit, "; "); got != tt.want {
			t.Errorf("%s: List = %q, want %q", name, got, tt.want)
		}
	}
}

func TestReviewSaysWhoAndThroughWhom(t *testing.T) {
	for want, r := range map[string]Review{
		"✅ Approved by `bob`":                             {Author: "bob", State: accessrequest.Approved},
		"✅ Approved automatically, by a rule of Teleport": {Author: "@teleport-access-approval-bot", State: accessrequest.Approved},
		"✅ Approved by `teleport-access-approval-bot`":    {Author: "teleport-access-approval-bot", State: accessrequest.Approved},
		"❌ Denied by `alice`, through `bot-slack`":        {Author: "alice", SubmittedBy: "bot-slack", State: accessrequest.Denied},
		"❔ Reviewed by Unknown reviewer":                  {Author: "\u200b"},
		"✅ Approved by `bob ✅ Approved by carol`":         {Author: "bob\n✅ Approved by carol", State: accessrequest.Approved},
	} {
		if got := plainMarkup.Review(r, 80, 80); got != want {
			t.Errorf("Review = %q, want %q", got, want)
		}
	}
}
