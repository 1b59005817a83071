package mattermost

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

var (
	span = regexp.MustCompile("`[^`\n]+`")
	// link is an address that was typed, which shows where it leads.
	link = regexp.MustCompile(`<https://[0-9A-Za-z.-]+(:\d+)?([/?#][^<>\s|@~*]*)?>`)
	// quotation is a quoted line, quote its mark.
	quotation = regexp.MustCompile(`(?m)^> .*$`)
	quote     = regexp.MustCompile(`(?m)^> `)
	// outside is everything that may stand outside of code spans: our words,
	// our emoji, bold, times, and separators. None of it is markup but the bold
	// that we write.
	outside = regexp.MustCompile(`^[\pL\pN\pM ,'\-\n:·⏳✅❌⏫⌛❔❓🗑️]*$`)
	// block is what would begin something other than a paragraph.
	block = regexp.MustCompile(`(?m)^([ \t]|[-+*>#|=~]|\d+[.)]|` + "```" + `)`)
	// mention and hashtag are what the server finds without reading markup.
	mention = regexp.MustCompile(`\B@[[:alnum:]]`)
	hashtag = regexp.MustCompile(`(^|[^\pL\d])#\pL`)
	room    = regexp.MustCompile(`\B~[[:alnum:]]`)
)

// checkMessage checks every rendering of a message against the limits, and that
// nothing that was typed is anywhere but in code spans and quotations.
func checkMessage(t *testing.T, m message.Message) {
	t.Helper()
	plain := m
	plain.Plain = true
	text, attachments := render(plain)
	if len(attachments) > 0 {
		t.Error("a plain message has attachments")
	}
	checkPlain(t, text, m.URL)

	text, attachments = render(m)
	checkText(t, strings.Replace(text, "**", "", 2), 600)
	if strings.Count(text, "\n") > 0 {
		t.Errorf("the headline %q has more than a line", text)
	}
	for _, a := range attachments {
		checkBox(t, a, m.URL)
	}
	encoded, err := json.Marshal(attachments)
	if n := utf8.RuneCount(encoded); err != nil || n > 100_000 {
		t.Errorf("the attachments have %d runes, %v", n, err)
	}
	for _, r := range m.Reviews {
		checkText(t, markup.Reply(r, limits.Author, limits.Long), 4000)
	}
}

func checkPlain(t *testing.T, text, url string) {
	t.Helper()
	lines := strings.Split(text, "\n")
	if last := lines[len(lines)-1]; last == url && strings.HasPrefix(url, "https://") {
		lines = lines[:len(lines)-1]
		checkURL(t, url)
	}
	if text = strings.Join(lines, "\n"); span.MatchString(text) {
		t.Errorf("markup in the plain text %q", text)
	}
	checkText(t, text, 1000)
}

func checkBox(t *testing.T, a attachment, url string) {
	t.Helper()
	checkPlain(t, a.Fallback, url)
	checkText(t, a.Title, limits.Title)
	checkText(t, strings.ReplaceAll(a.Text, "**", ""), limits.Status+10)
	if a.TitleLink != "" {
		checkURL(t, a.TitleLink)
		if a.TitleLink != url {
			t.Errorf("the link is %q, want %q", a.TitleLink, url)
		}
	}
	sum := 0
	for _, f := range a.Fields {
		checkText(t, f.Title, limits.Label)
		checkText(t, f.Value, limits.Long)
		sum += count(f.Title) + count(f.Value)
	}
	if sum > 12_000 {
		t.Errorf("the attachment has %d characters", sum)
	}
}

func checkURL(t *testing.T, url string) {
	t.Helper()
	if !strings.HasPrefix(url, "https://") || strings.ContainsAny(url, "@#~()[]<>`*! \n\\\"") {
		t.Errorf("the link %q", url)
	}
}

func checkText(t *testing.T, text string, limit int) {
	t.Helper()
	if n := count(text); n == 0 || n > limit {
		t.Errorf("a text of %d characters, limit %d: %.50q", n, limit, text)
	}
	checkQuotations(t, text)
	if ours := span.ReplaceAllString(quotation.ReplaceAllString(text, ""), ""); !outside.MatchString(ours) {
		t.Errorf("%q is outside of code in %q", ours, text)
	}
	text = quote.ReplaceAllString(link.ReplaceAllString(text, ""), "")
	if found := block.FindString(text); found != "" {
		t.Errorf("a line of %q begins with %q", text, found)
	}
	for name, raw := range map[string]*regexp.Regexp{"mention": mention, "hashtag": hashtag, "channel": room} {
		if found := raw.FindString(text); found != "" {
			t.Errorf("%s %q in %q", name, found, text)
		}
	}
}

var (
	// wordsOnly is what may stand in a quotation outside of code, unless it is one of live: the
	// beginning of an emoji, a host, and the emoticon of letters only.
	wordsOnly = regexp.MustCompile(`^[\p{L}\p{M}\p{N} .,:!?'"’()/–—-]*$`)
	live      = regexp.MustCompile(`(?i)\bwww\.|:[^\s\p{Nd}]|\.\p{L}|\bx-d\b`)
)

// checkQuotations checks that quotations hold nothing but words, code and links, and end
// before the next line of ours.
func checkQuotations(t *testing.T, text string) {
	t.Helper()
	quoted := false
	for line := range strings.SplitSeq(text, "\n") {
		typed, isQuote := strings.CutPrefix(line, "> ")
		rest := span.ReplaceAllString(link.ReplaceAllString(typed, ""), "")
		if isQuote && (!wordsOnly.MatchString(rest) || live.MatchString(rest) || block.MatchString(typed)) {
			t.Errorf("%q is quoted in %q", rest, text)
		}
		if quoted && !isQuote && line != "" {
			t.Errorf("%q continues a quotation in %q", line, text)
		}
		quoted = isQuote
	}
}

// checkPings posts to a server with all whom the text could mean.
func checkPings(t *testing.T, m message.Message) {
	t.Helper()
	bot, server := simulated(t, messengertest.Options{})
	for _, name := range []string{"alice", "bob", "a", "x", "0"} {
		server.AddUser(name+"@example.com", messengertest.Named(name))
	}
	to := messenger.Address{ID: server.AddChannel("ops")}
	ref, err := bot.Post(t.Context(), to, m, "key")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range m.Reviews {
		if err := bot.Reply(t.Context(), ref, r, "reply"); err != nil {
			t.Fatal(err)
		}
	}
	m.Plain = true
	if err := bot.Update(t.Context(), ref, m); err != nil {
		t.Fatal(err)
	}
	for _, post := range server.Posts() {
		if len(post.Mentions) > 0 {
			t.Errorf("%q mentions %q", post.History, post.Mentions)
		}
	}
}

func TestNobodyIsPinged(t *testing.T) {
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) { checkPings(t, m) })
	}
}

func FuzzRendering(f *testing.F) {
	conformance.Fuzz(f, samples(), hostile, "`@a`#a~a", func(t *testing.T, m message.Message) {
		checkMessage(t, m)
		checkPings(t, m)
	})
}
