package discord

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/golden"
)

// hostile is what a requester types who wants to look approved.
const hostile = "**Status** ✅ Approved\n@everyone @here <@123456789012345678> <@&123456789012345678> <#123456789012345678>\n" +
	"[Review in Teleport](https://evil.example) <https://evil.example> discord.gg/evil `code` ```\nblock\n``` _it_ ~~no~~ ||spoiler||\n" +
	"# heading\n-# small\n> quote\n>>> quotes\n- list\n1. one\n:white_check_mark: <:ok:123456789012345678> <t:0:R> \\"

func samples() map[string]message.Message {
	all := conformance.Samples(time.Date(2026, 3, 2, 9, 30, 15, 0, time.UTC), conformance.Typed{
		Hostile: hostile, Filler: "lorem *ipsum* @here ", Role: "_role_", Refusal: "Not today.\nAsk again tomorrow.",
	})
	for name, approve := range map[string]bool{"buttons": true, "buttons-to-deny": false} {
		all[name] = all["pending"].Offer(&message.Buttons{Approve: approve, Facts: "0123456789abcdef"})
	}
	return all
}

func TestRendering(t *testing.T) {
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			d, a := newDiscord(t, map[string][]answer{routePost: {posted}})
			if _, err := d.Post(t.Context(), address, m, key); err != nil {
				t.Fatal(err)
			}
			golden.JSON(t, name, a.Last().JSON(t))
			checkMessage(t, m)
		})
	}
}

// TestLocales: everything that our own words say, in each language.
func TestLocales(t *testing.T) {
	for name, m := range conformance.Locales(time.Date(2026, 3, 2, 9, 30, 15, 0, time.UTC)) {
		t.Run(name, func(t *testing.T) {
			d, a := newDiscord(t, map[string][]answer{routePost: {posted}})
			if _, err := d.Post(t.Context(), address, m, key); err != nil {
				t.Fatal(err)
			}
			golden.JSON(t, name, a.Last().JSON(t))
		})
	}
}

// The facts that matter are not cut at the sizes that Teleport allows.
func TestOversizeKeepsWhatMatters(t *testing.T) {
	m := samples()["oversize"]
	e := newEmbed(m, m.Layout(markup, limits), key)
	if e.URL != m.URL || e.Description != "**Promoted to an access list**" || !strings.HasSuffix(e.Footer.Text, key) {
		t.Errorf("embed = %+v", e)
	}
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Name)
	}
	want := []string{
		"User", "Roles", "Resources", "Reason", "Cluster", "Suggested reviewers", "Access lasts", "Access list",
		"Reason given", "Reviews",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if reviews := e.Fields[len(e.Fields)-1].Value; !strings.Contains(reviews, " earlier reviews\n") {
		t.Errorf("reviews = %q", reviews)
	}
}

func TestOneFactTooLargeForTheOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		fact message.Field
		want int
	}{
		"large": {message.Field{Label: "Reason", Text: strings.Repeat("x", 2000), Long: true}, 3},
		"many":  {message.Field{Label: "a", Text: "b"}, limits.Facts},
	} {
		t.Run(name, func(t *testing.T) {
			m := message.Message{Fields: slices.Repeat([]message.Field{tt.fact}, 30)}
			facts := newEmbed(m, m.Layout(markup, limits), "").Fields
			last := facts[len(facts)-1]
			shown := len(facts) - 1
			if shown < tt.want || last.Name != "More" || last.Value != fmt.Sprintf("and %d more", 30-shown) {
				t.Errorf("%d facts, then %+v; want at least %d and the rest counted", shown, last, tt.want)
			}
		})
	}
}

func TestLimitsAtTheEdge(t *testing.T) {
	for name, unit := range map[string]string{"plain": "x", "escaped": "*", "emoji": "😀"} {
		t.Run(name, func(t *testing.T) {
			fits := (limits.Long - len("> ")) / count(escape(unit))
			if got := markup.Quotation(strings.Repeat(unit, fits), limits.Long); count(got) != limits.Long {
				t.Errorf("a text that fits is cut to %d", count(got))
			}
			got := markup.Quotation(strings.Repeat(unit, fits+1), limits.Long)
			if count(got) > limits.Long || !strings.HasSuffix(got, "more characters)") {
				t.Errorf("%d characters that end in %q", count(got), got[len(got)-30:])
			}
		})
	}
}

func TestReviewsAreTheLatestThatFit(t *testing.T) {
	var reviews []message.Review
	for i := range 40 {
		reviews = append(reviews, message.Review{Author: fmt.Sprintf("user%d", i), State: accessrequest.Approved})
	}
	got := strings.Split(message.Message{Reviews: reviews}.Layout(markup, limits).Reviews, "\n")
	if len(got) != limits.Reviews+1 || got[0] != "30 earlier reviews" || got[1] != "✅ Approved by `user30`" || got[limits.Reviews] != "✅ Approved by `user39`" {
		t.Errorf("reviews = %q", got)
	}
	if got := (message.Message{Reviews: reviews[:11]}).Layout(markup, limits).Reviews; !strings.HasPrefix(got, "1 earlier review\n") {
		t.Errorf("reviews = %q", got)
	}
}

func TestForgedLinksAreNotShown(t *testing.T) {
	for _, address := range []string{"https://a.example/|b", "https://a.example/)", "https://u@a.example/", "https://a.example/\\"} {
		if got := (message.Message{URL: address}).Layout(markup, limits).Address; got != "" {
			t.Errorf("the address %q becomes %q, want none", address, got)
		}
	}
	const good = "https://a.example/?a=b&c=d"
	if got := (message.Message{URL: good}).Layout(markup, limits).Address; got != good {
		t.Errorf("the address is %q, want %q", got, good)
	}
}

// Line A7: what was typed stands in code, or in a quotation with its links.
func TestTypedTextStandsApart(t *testing.T) {
	if got, want := markup.Value("db_admin `x` @everyone <@1>\n\\", 100), "`db_admin ˋxˋ ＠everyone <＠1> \\`"; got != want {
		t.Errorf("Value = %q, want %q", got, want)
	}
	typed := "**Status** ✅\r\n# Approved\n\n[x](https://a.example/b_c). <https://a.example|x>"
	want := "> \\*\\*Status\\*\\* ✅\n> \\# Approved\n> \n> \\[x\\](<https://a.example/b_c>). \\<https\\:\\/\\/a.example\\|x\\>"
	if got := markup.Quotation(typed, 500); got != want {
		t.Errorf("Quotation = %q, want %q", got, want)
	}
}

func TestTimesThatDiscordCannotShow(t *testing.T) {
	for unix, want := range map[int64]string{
		0:              "<t:0:f> (<t:0:R>)",
		lastSecond:     "<t:253402300799:f> (<t:253402300799:R>)",
		-1:             `1969-12-31 23\:59 UTC`,
		lastSecond + 1: `10000-01-01 00\:00 UTC`,
	} {
		if got := date(time.Unix(unix, 0), message.English.Time(time.Unix(unix, 0).UTC())); got != want {
			t.Errorf("date(%d) = %q, want %q", unix, got, want)
		}
	}
}
