package mattermost

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
const hostile = "**Status** ✅ Approved @channel @all,@here x@channel .@channel -@here @alice `@all` ``@here`` \\@channel\n" +
	"# Heading\n> quote\n- list\n1. list\n| a | b |\n|---|---|\n```\n@channel\n```\n~~~\n@here\n---\n===\n    @all\n" +
	"[Review in Teleport](https://evil.example) ![x](https://evil.example/x.png) https://evil.example www.evil.example <https://evil.example|x> " +
	":white_check_mark: #urgent ~town-square *it* _it_ ~~no~~ $\\LaTeX$ <b> [a]: https://evil.example\n\\"

func samples() map[string]message.Message {
	all := conformance.Samples(created, conformance.Typed{
		Hostile: hostile, Filler: "lorem @here `ipsum` & ", Role: "`role`", Refusal: "Not today.\n\nAsk again tomorrow.",
	})
	for name, approve := range map[string]bool{"buttons": true, "buttons-to-deny": false} {
		all[name] = all["pending"].Offer(&message.Buttons{Approve: approve, Facts: "0123456789abcdef", Receiver: "https://notifier.example.com/review/team/mattermost"})
	}
	return all
}

func TestRendering(t *testing.T) {
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			bot, a := newBot(t, map[string][]answer{routePost: {posted}})
			if _, err := bot.Post(t.Context(), address, m, "key-1"); err != nil {
				t.Fatal(err)
			}
			golden.JSON(t, name, a.Last().JSON(t))
			checkMessage(t, m)
		})
	}
}

// TestLocales: everything that our own words say, in each language.
func TestLocales(t *testing.T) {
	for name, m := range conformance.Locales(created) {
		t.Run(name, func(t *testing.T) {
			bot, a := newBot(t, map[string][]answer{routePost: {posted}})
			if _, err := bot.Post(t.Context(), address, m, "key-1"); err != nil {
				t.Fatal(err)
			}
			golden.JSON(t, name, a.Last().JSON(t))
		})
	}
}

// What matters is shown at the sizes that Teleport allows.
func TestOversizeKeepsWhatMatters(t *testing.T) {
	m := samples()["oversize"]
	text, attachments := render(m)
	if !strings.Contains(text, markup.Value(m.Requester(), limits.Value)) {
		t.Errorf("the headline %q does not say who asks", text)
	}
	if !strings.Contains(attachments[0].Text, "Promoted to an access list") || attachments[0].TitleLink != m.URL {
		t.Errorf("the status or the link is missing from %+v", attachments[0])
	}
	shown := make(map[string]string)
	for _, f := range attachments[0].Fields {
		shown[f.Title] = f.Value
	}
	for _, want := range []string{"User", "Roles", "Resources", "Reason", "Suggested reviewers", "Access list", "Reviews", "Request"} {
		if shown[want] == "" {
			t.Errorf("%q is missing", want)
		}
	}
	if !strings.HasPrefix(shown["Reviews"], "34 earlier reviews\n") || !strings.HasSuffix(shown["Roles"], "more") {
		t.Errorf("nothing says what is missing from\n%s\n%s", shown["Reviews"], shown["Roles"])
	}
}

func TestFieldsKeepTheirOrderAndWidth(t *testing.T) {
	m := message.Message{Fields: []message.Field{
		{Label: "B", Text: "b"}, {Label: "A", Items: []message.Item{{Text: "1"}, {Text: "2"}}, Long: true}, {Label: "None"}, {Label: "C", Time: created},
	}}
	want := []field{{"B", "`b`", true}, {"A", "`1`\n`2`", false}, {"C", "2026-11-21 10:42 UTC", true}}
	_, attachments := render(m)
	if diff := cmp.Diff(want, attachments[0].Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestTooManyFactsSaySo(t *testing.T) {
	fields := make([]message.Field, limits.Facts+5)
	for i := range fields {
		fields[i] = message.Field{Label: "L", Text: "x"}
	}
	m := message.Message{Fields: fields}
	got := box(m, layout(m)).Fields
	if last := got[len(got)-1]; len(got) != limits.Facts+1 || last.Value != "and 5 more" {
		t.Errorf("%d facts, the last of which is %+v", len(got), last)
	}
}

func TestLimitsAtTheEdge(t *testing.T) {
	for n, want := range map[int]bool{limits.Long - 2: true, limits.Long - 1: false} {
		f := layout(message.Message{Fields: []message.Field{{Text: strings.Repeat("é", n), Long: true}}}).Facts[0].Text
		if whole := strings.Count(f, "é") == n; whole != want || count(f) > limits.Long {
			t.Errorf("a text of %d characters becomes one of %d, whole: %t", n, count(f), whole)
		}
	}
	if got := markup.Quotation(strings.Repeat("a\n", 2000), limits.Long); count(got) > limits.Long {
		t.Errorf("many lines become %d characters", count(got))
	}
}

func TestForgedLinksAreNotShown(t *testing.T) {
	for _, address := range []string{"https://a.example/)b", "https://user@a.example/", "https://a.example/@channel", "https://a.example/~town"} {
		if got := layout(message.Message{URL: address}).Address; got != "" {
			t.Errorf("the address %q becomes %q, want none", address, got)
		}
	}
	const good = "https://a.example:3080/web/requests/a?b=c&d=e"
	if got := layout(message.Message{URL: good}).Address; got != good {
		t.Errorf("the address is %q, want %q", got, good)
	}
}

func TestTypedTextIsNotMarkup(t *testing.T) {
	tests := map[string]string{
		"":                      "",
		" \u200b":               "",
		"db_admin":              "`db_admin`",
		"alice@example.com":     "`alice@example.com`",
		"C# #1 # a@ @":          "`C# ＃1 # a@ @`",
		"@channel,@here":        "`＠channel,＠here`",
		"x@channel .@channel":   "`x@channel .＠channel`",
		"é@channel _@channel":   "`é＠channel _＠channel`",
		"#urgent ~town":         "`＃urgent ∼town`",
		"`code` ``code``":       "`ˋcodeˋ ˋˋcodeˋˋ`",
		"a\nb":                  "`a b`",
		"#`@`~`":                "`＃ˋ＠ˋ∼ˋ`",
		"\\":                    "`\\`",
		"[a](https://b) ![c]()": "`[a](https://b) ![c]()`",
	}
	for in, want := range tests {
		if got := markup.Value(in, 100); got != want {
			t.Errorf("Value(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"a\n\n\n# b": "> a\n> \n> `# b`",
		"see https://a.example/x_y#1-2, [x](https://b.example)": "> see <https://a.example/x_y#1-2>`, [x](`<https://b.example>`)`",
		"https://a.example/@all https://a.example/~town":        "> `https://a.example/＠all https://a.example/∼town`",
	} {
		if got := markup.Quotation(in, 200); got != want {
			t.Errorf("Quotation(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestQuotationsOfProse show it as it was typed, and anything else as code.
func TestQuotationsOfProse(t *testing.T) {
	for line, want := range map[string]bool{
		"Ticket OPS-42: the nightly import is stuck, and the job has to be restarted by hand.": true,
		`Disk 3 of "db-3" is full (95/100) - since 22:00, it's urgent!`:                        true,
		"Überprüfung der Zugänge – bitte bis 1.12.2026":                                        true,
		"अनुरोध की समीक्षा":                                                                    true, "请批准": true, "3 servers": true, "1, then 2": true,

		"ask bob@example.com": false, "@channel": false, "#urgent": false, "~town": false, "C# or F#": false,
		":tada:": false, "a:tada: b": false, "fine :)": false, "fine:)": false, "fine ;)": false, "x-d": false, "wow X-D": false,
		"www.evil.example": false, "www.1": false, "evil.example": false, "see https:x": false,
		"*a*": false, "_a_": false, "a_b": false, "~~a~~": false, "`a": false, "a\\": false, "$a$": false, "<b>": false, "&amp;": false,
		"[a](b)": false, "![a]": false, "a | b": false, "1. a": false, "1) a": false, "- a": false, "+ a": false, "    a": false,
		"===": false, "---": false, "> a": false, "＠channel": false, "✅ Approved": false, "a  b": false, " a": false,
	} {
		if got := markup.Quotation(line, 200); (got == "> "+line) != want {
			t.Errorf("%q is quoted as %q", line, got)
		}
	}
}

// Line A7: a line of ours never continues a quotation.
func TestQuotationsEnd(t *testing.T) {
	got := layout(message.Message{Reviews: []message.Review{
		{Author: "a", State: accessrequest.Approved, Reason: "x\ny"}, {Author: "b", State: accessrequest.Denied}, {Author: "c", State: accessrequest.Denied},
	}}).Reviews
	want := "✅ Approved by `a`\n> x y\n\n❌ Denied by `b`\n❌ Denied by `c`"
	if got != want {
		t.Errorf("reviews = %q, want %q", got, want)
	}
}

func TestTitlesHaveTheirLimit(t *testing.T) {
	if got := layout(message.Message{Title: strings.Repeat("é", 400)}).Title; count(got) > limits.Title {
		t.Errorf("the title has %d letters", count(got))
	}
}

func TestForgedCommandsAreNotShown(t *testing.T) {
	for command, want := range map[string]string{"tsh a": "tsh a", "tsh `b`": "", "tsh @all": ""} {
		if got := codeOf(command); got != want {
			t.Errorf("codeOf(%q) = %q, want %q", command, got, want)
		}
	}
}
