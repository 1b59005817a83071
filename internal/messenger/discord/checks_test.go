package discord

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

// checkMessage checks every rendering of a message against Discord's limits,
// and that nothing in it is read as markup but our own.
func checkMessage(t *testing.T, m message.Message) {
	t.Helper()
	for _, plain := range []bool{false, true} {
		m.Plain = plain
		for _, key := range []string{key, ""} {
			shown := render(m, key)
			checkText(t, "content", shown.Content, 2000)
			checkMarkup(t, shown.Content)
			checkNoMention(t, shown.Content)
			if shown.AllowedMentions.Parse == nil || len(shown.AllowedMentions.Parse) > 0 {
				t.Error("mentions are allowed")
			}
			if len(shown.Embeds) != 1 && !plain || len(shown.Embeds) != 0 && plain {
				t.Errorf("%d embeds", len(shown.Embeds))
			}
			for _, e := range shown.Embeds {
				checkEmbed(t, e)
			}
		}
	}
}

func checkEmbed(t *testing.T, e embed) {
	t.Helper()
	sum := checkText(t, "title", e.Title, 256) + checkText(t, "description", e.Description, 4096)
	if e.Footer != (footer{}) {
		sum += checkText(t, "footer", e.Footer.Text, 2048)
	}
	if len(e.Fields) > 25 {
		t.Errorf("%d fields", len(e.Fields))
	}
	texts := []string{e.Title, e.Description}
	for i, f := range e.Fields {
		name := fmt.Sprintf("field %d", i)
		sum += checkText(t, name, f.Name, 256) + checkText(t, name, f.Value, 1024)
		texts = append(texts, f.Name, f.Value)
	}
	if sum > 5900 {
		t.Errorf("the embed has %d characters", sum)
	}
	for _, text := range texts {
		checkMarkup(t, text)
		checkNoMention(t, text)
	}
}

func checkText(t *testing.T, name, text string, limit int) int {
	t.Helper()
	n := count(text)
	if strings.TrimSpace(text) == "" || n > limit {
		t.Errorf("%s has %d characters, limit %d", name, n, limit)
	}
	return n
}

// ours is the markup that we write ourselves: escapes, code, times, and addresses
// that show where they lead. What comes first in a text is read first.
var ours = regexp.MustCompile(strings.Join([]string{
	escaped.String(), "`[^`\n]+`", `<t:\d+:[fR]>`, `<https://[0-9A-Za-z.-]+(:\d+)?([/?#][^<>\s|@]*)?>`,
}, "|"))

// boldStatus is the bold line of an embed.
var boldStatus = regexp.MustCompile(`^\*\*((?:[^*\\]|\\.)*)\*\*$`)

var (
	escaped = regexp.MustCompile(`\\[!-/:-@\[-` + "`" + `{-~]`)
	begins  = regexp.MustCompile("[\\\\*_~`|<>\\[\\]:/#]|(?m:^ *[-+])|(?m:^ *[0-9]+\\.)")
	// pinged is what Discord reads as a mention, whatever the markdown around it.
	pinged = regexp.MustCompile(`@(everyone|here)|<@[!&]?\d+>|<#\d+>`)
)

// checkMarkup takes away what is ours and what is escaped; no character that
// begins or ends markup may be left. It is written another way than escape.
func checkMarkup(t *testing.T, text string) {
	t.Helper()
	rest := ours.ReplaceAllString(boldStatus.ReplaceAllString(text, "$1"), "x")
	for line := range strings.SplitSeq(rest, "\n") {
		line = strings.TrimPrefix(line, "> ")
		if found := begins.FindString(line); found != "" {
			t.Errorf("markup %q in %q", found, text)
		}
	}
}

func checkNoMention(t *testing.T, text string) {
	t.Helper()
	if found := pinged.FindString(text); found != "" {
		t.Errorf("mention %q in %q", found, text)
	}
}

func TestTheChecksFindMarkup(t *testing.T) {
	for _, bad := range []string{
		"*a*", "_a_", "~~a~~", "`a`", "||a||", "[a](b)", "https://a", ":a:", "# a", "> a", "a\n- b", "a\n 12. b", "a\\",
		"<t:1:Q>", "<@1>", "\\\\*a", "**a**b**", "`@a`", "discord.gg/a",
	} {
		if begins.FindString(escaped.ReplaceAllString(bad, "x")) == "" {
			t.Errorf("%q is not found", bad)
		}
	}
	for _, bad := range []string{"@everyone", "\\@here", "<@!12>", "<@&12>", "<#12>", "\\<@12>"} {
		if !pinged.MatchString(bad) {
			t.Errorf("%q is not found", bad)
		}
	}
}

func TestTypedTextIsNotMarkup(t *testing.T) {
	tests := map[string]string{
		"alice@example.com":    "alice@example.com",
		"db_admin":             `db\_admin`,
		"10:30":                `10\:30`,
		"v1.2 - ok (3. x)":     "v1.2 - ok (3. x)",
		"**b** _i_ ~~s~~ `c`":  "\\*\\*b\\*\\* \\_i\\_ \\~\\~s\\~\\~ \\`c\\`",
		"[a](https://b)":       `\[a\](https\:\/\/b)`,
		`\*a`:                  `\\\*a`,
		"||a|| <:b:1> <t:1:R>": `\|\|a\|\| \<\:b\:1\> \<t\:1\:R\>`,
		"@everyone @here <@1>": "＠everyone ＠here \\<@1\\>",
		"a\n# b\n-# c\n> d":    "a\n\\# b\n\\-\\# c\n\\> d",
		"- a\n  + b\n12. c 2.": "\\- a\n  \\+ b\n12\\. c 2.",
		"-1.5":                 `\-1.5`,
		"discord.gg/a":         `discord.gg\/a`,
	}
	for in, want := range tests {
		if got := escape(in); got != want {
			t.Errorf("escape(%q) = %q, want %q", in, got, want)
		}
	}
}

// Cut relies on a count that never falls when text is appended.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{hostile, "1. 2. - +", "@everyone@here", "😀\xff\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		runes := []rune(s)
		last := 0
		for i := range min(len(runes), 200) {
			n := count(escape(string(runes[:i+1])))
			if n <= last {
				t.Fatalf("%q counts %d, its start %d", string(runes[:i+1]), n, last)
			}
			last = n
		}
		text := markup.Quotation(s, 1000)
		if count(text) > 1000 {
			t.Errorf("%d characters", count(text))
		}
		checkMarkup(t, text)
		checkNoMention(t, text)
	})
}

func FuzzRendering(f *testing.F) {
	conformance.Fuzz(f, samples(), hostile, "\\*\\", checkMessage)
}
