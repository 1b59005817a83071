package conformance

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// corpus are texts that a requester types who wants to ping people, to forge a
// link or a fact, or to look approved, in the markup of all services: the name of
// a text begins with the service whose own markup it is in. Users are named by their
// id.
func corpus(user string) map[string]string {
	return map[string]string{
		"Slack's broadcasts":         "<!channel> <!here> <!everyone> <!here|here>",
		"Slack's people":             "<@" + user + "> <@U0000000001|x> <!subteam^S01>",
		"Slack's link":               "<https://evil.example|Click> <https://evil.example>",
		"Slack's channel":            "<#C0000000001> <#C0000000001|ops>",
		"Slack's date":               "<!date^0^{date}|now>",
		"escaped already":            "&lt;!channel&gt; &amp;lt; &amp;",
		"Discord's broadcasts":       "@everyone @here",
		"Discord's people":           "<@" + user + "> <@&123456789012345678>",
		"Discord's nickname":         "<@!" + user + ">",
		"Discord's emoji":            "<:ok:123456789012345678> <a:ok:123456789012345678>",
		"Discord's timestamp":        "<t:0:R> <t:1700000000>",
		"Discord's spoiler":          "||hidden|| -# small",
		"Discord's invitation":       "discord.gg/evil <id:customize>",
		"GoogleChat's broadcasts":    "<users/all> @all",
		"GoogleChat's people":        "<users/" + user + "> <users/" + email + ">",
		"GoogleChat's card":          "</i><b>x</b><br> &lt;i&gt;",
		"Mattermost's broadcasts":    "@channel @all @here,@channel .@channel -@all",
		"Mattermost's people":        "@" + alice + " @" + alice + ". (@" + alice + ")",
		"Mattermost's channel":       "~town-square ~off-topic",
		"Teams's broadcasts":         "<at>everyone</at> <at>General</at> [x](https://evil.example)",
		"Teams's people":             "<at>" + alice + "</at> <at id=\"" + user + "\">" + alice + "</at>",
		"Teams's date":               "{{{DATE(2017-02-14T06:00:00Z)}}}",
		"TeamsWorkflow's broadcasts": "<at>everyone</at> **x** [x](https://evil.example)",
		"TeamsWorkflow's people":     "<at>" + alice + "</at> \"},{\"type\":\"TextBlock\",\"text\":\"" + alice,
		"PagerDuty's broadcasts":     `“Approved” ","event_action":"resolve"}`,
		"PagerDuty's people":         "> alice\n” Approved by “bob",
		"Webhook's broadcasts":       `","recipient":"all"}`,
		"Webhook's people":           "alice\r\nWebhook-Id: msg_" + user + "\r\n\r\n{}",
		"Email's broadcasts":         "x\r\nBcc: all@example.com\r\n\r\n.\r\nMAIL FROM:<eve@example.com>",
		"Email's people":             "=?utf-8?q?x?= <alice@example.com>, eve@x.com;",
		"escaped mention":            `\@channel \<!here>`,
		"glued mention":              "x@channel é@channel _@here",
		"Markdown link":              "[Click](https://evil.example) [a][b]",
		"Markdown image":             "![Click](https://evil.example/x.png)",
		"Markdown reference":         "[b]: https://evil.example",
		"half a link":                "[Click](https://evil.example",
		"bare links":                 "https://evil.example www.evil.example evil.example/x",
		"script link":                "javascript:alert(1) data:text/html,x",
		"inline code":                "`code` ``code`` `",
		"code fence":                 "```\n@channel\n```\n~~~\n@here",
		"quote":                      "> quoted\n>>> all of it\n>! spoiler",
		"heading":                    "# Approved\n## by bob\n=== \n---",
		"list":                       "- one\n* two\n+ three\n1. four\n2) five",
		"table":                      "| a | b |\n|---|---|\n| c | d |",
		"emphasis":                   "*bold* **bold** _it_ __it__ ~no~ ~~no~~ ***",
		"emoji codes":                ":white_check_mark: :heavy_check_mark: :+1:",
		"hashtags":                   "#urgent #1 C#",
		"LaTeX":                      `$\LaTeX$ \[x\] \(y\)`,
		"HTML":                       `<b>x</b> <script>alert(1)</script> <!--`,
		"HTML link":                  `<a href="https://evil.example">Click</a>`,
		"backslashes":                `\ \\ \* \n C:\temp\`,
		"quotation marks":            `"x" 'y' {"a":"b"}`,
		"forged fact":                "x\nStatus: Approved\n**Status**\n✅ Approved",
		"separators":                 "a, b · c • d\n• e",
		"forged review":              "x\r\n✅ Approved by " + alice + "\u2028> Reason given: fine\v⏳ 𝗦𝘁𝗮𝘁𝘂𝘀 Approved",
		"ticket":                     "(https://jira.example/OPS-42?a=b_c#d-1).",
		"address with a user":        "https://teleport.example.com@evil.example/x",
		"address in an address":      `https://a.example\@evil.example|x`,
		"joined emoji":               "👩🏽\u200d🔬 🏳\ufe0f\u200d🌈 1\ufe0f\u20e3 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
		"Persian and Sinhala":        "می\u200cخواهم ශ\u0dca\u200dරී",
		"format verbs":               "%s %d %!v(MISSING) {{.}} ${x}",
	}
}

// unseen are texts of which a reader must not see everything.
var unseen = map[string]string{
	"bidirectional": "\u202eevil\u202c \u2066evil\u2069 \u200f",
	"zero width":    "z\u200be\u200dr\ufeffo @\u200bchannel <\u200b!here>",
	"controls":      "a\x00b\x07c\x1b[31md\x7f\u0085e",
	"line ends":     "a\rb\u2028c\u2029d\ve\ff",
	"invalid UTF-8": "a\xff\xfe\xed\xa0\x80b\xc3",
	"marks":         "z" + strings.Repeat("\u0310", 50),
	"tags":          "a\U000e0041\U000e0042b \ufffe",
	"long word":     strings.Repeat("w", 5000),
	"many lines":    strings.Repeat("\n", 500),
	"many mentions": strings.Repeat("@channel <!here> @everyone ", 300),
}

const (
	wordBefore = "alpha"
	wordAfter  = "omega"
)

// checkHostile checks that what people type is seen as they typed it, in its
// place, and is nothing but text.
func checkHostile(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	user := b.sim.AddUser(email, messengertest.Named(alice))
	texts := corpus(user)
	for _, kind := range []string{"broadcasts", "people"} {
		if name := b.sim.Name() + "'s " + kind; !has(texts, name) {
			t.Errorf("no hostile text is named %s: add to corpus what pings, in the markup of the service", name)
		}
	}
	for name, text := range texts {
		for _, p := range places() {
			b.checkHarmless(t, name+" as "+p.name, p, text, true)
		}
		b.checkHarmlessReply(t, name, text)
		b.checkHarmlessElsewhere(t, name, text)
	}
	for name, text := range unseen {
		for _, p := range places() {
			b.checkHarmless(t, name+" as "+p.name, p, text, false)
		}
		b.checkHarmlessElsewhere(t, name, text)
	}
	for _, post := range b.sim.Posts() {
		if strings.ContainsFunc(post.Text, joins) && strings.Contains(post.Text, "evil") {
			t.Errorf("something invisible is left in\n%q", post.Text)
		}
	}
}

// has reports whether there is a text of the name, whatever its case.
func has(texts map[string]string, name string) bool {
	for have := range texts {
		if strings.EqualFold(have, name) {
			return true
		}
	}
	return false
}

// joins is true for what some writing needs, and stays only there.
func joins(r rune) bool { return unicode.Is(unicode.Join_Control, r) || 0xE0020 <= r && r <= 0xE007F }

// checkHarmless puts a text in one place of a message. What is typed there is
// seen between two words, unless it cannot be seen or is too long.
func (b *bench) checkHarmless(t *testing.T, what string, p place, text string, seen bool) {
	t.Helper()
	m := small(accessrequest.Pending)
	whole := wordBefore + " " + text + " " + wordAfter
	p.put(&m, whole)
	ref := b.post(t, m, "")
	post := b.read(t, ref)
	if p.lines {
		post = b.update(t, ref, m)
	}
	checkPost(t, what, post)
	checkApart(t, what, p, post)
	if len(text) >= 1000 || p.tight && len(text) >= 20 {
		wantInOrder(t, section(post.Text, p), p.surrounded(wordBefore)...)
		return
	}
	wantInOrder(t, section(post.Text, p), p.surrounded(wordBefore, wordAfter)...)
	if seen && !p.ours {
		wantLiterally(t, what, post.Text, p.clean(whole))
	}
}

// section is the last part of a text that the place is in.
func section(text string, p place) string {
	if p.after == "" {
		return text
	}
	return text[max(strings.LastIndex(text, p.after), 0):]
}

// surrounded returns the words with what must stand before and after them.
func (p place) surrounded(words ...string) []string {
	if p.after == "" {
		return words
	}
	return append(append([]string{p.after}, words...), p.before)
}

func (p place) clean(text string) string {
	if p.lines {
		return message.CleanText(text)
	}
	return message.CleanLine(text)
}

// checkHarmlessReply puts a text into a reply.
func (b *bench) checkHarmlessReply(t *testing.T, name, text string) {
	t.Helper()
	if !b.subject.can().Threads {
		return
	}
	whole := wordBefore + " " + text + " " + wordAfter
	for what, r := range map[string]message.Review{
		name + " as reply's author": {Author: whole}, name + " as reply's reason": {Author: "bob", Reason: whole},
	} {
		reply := b.replyTo(t, what, r)
		checkPost(t, what, reply)
		if ours := reply.Outside(); strings.Contains(ours, wordBefore) || !strings.Contains(ours, " by ") {
			t.Errorf("%s: outside of the quotation stands %q", what, ours)
		}
		wantInOrder(t, reply.Text, wordBefore, wordAfter)
		wantLiterally(t, what, reply.Text, message.CleanLine(wordBefore+" "+strings.SplitN(text, "\n", 2)[0]))
	}
}

// checkHarmlessElsewhere puts a text where no person can type. It may be left out,
// but not act.
func (b *bench) checkHarmlessElsewhere(t *testing.T, name, text string) {
	t.Helper()
	state := accessrequest.State(text)
	for what, m := range map[string]message.Message{
		"as link":             {URL: text, Commands: []string{text}},
		"in link, as command": {URL: "https://teleport.example.com/" + text, Commands: []string{"tsh " + text}},
		"as state":            {State: state, Reviews: []message.Review{{State: state}}},
	} {
		ref := b.post(t, m, "")
		checkPost(t, name+" "+what, b.read(t, ref))
		m.Plain = true
		checkPost(t, name+" "+what+", plain", b.update(t, ref, m))
	}
}

// checkPost checks what must not be in a message: mentions, links of others,
// and what no reader can see.
func checkPost(t *testing.T, what string, post messengertest.Post) {
	t.Helper()
	if len(post.Mentions) > 0 {
		t.Errorf("%s mentions %q:\n%s", what, post.Mentions, post.Text)
	}
	for _, text := range post.History {
		if strings.Contains(text, "Click (https://evil.example") {
			t.Errorf("%s forges a link:\n%s", what, text)
		}
		if i := strings.IndexFunc(text, hidden); i >= 0 {
			t.Errorf("%s leaves %q in\n%q", what, text[i:min(i+8, len(text))], text)
		}
	}
	var raw any
	if err := json.Unmarshal(post.Raw, &raw); err != nil {
		t.Fatal(err)
	}
	checkAddresses(t, what, "", raw, false)
}

func hidden(r rune) bool {
	return r != '\n' && !joins(r) && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp)
}

// lookAlikes undoes the replacement of characters that cannot be escaped.
var lookAlikes = strings.NewReplacer("∼", "~", "ˋ", "`", "＠", "@", "＃", "#", "＜", "<", "“", `"`, "”", `"`)

// fold makes texts comparable that differ in white space and look-alikes only.
func fold(s string) string {
	return strings.Join(strings.Fields(lookAlikes.Replace(s)), " ")
}

// wantLiterally checks that a reader sees every line of a text as it was typed.
func wantLiterally(t *testing.T, what, shown, typed string) {
	t.Helper()
	for line := range strings.SplitSeq(typed, "\n") {
		if line = fold(line); !strings.Contains(fold(shown), line) {
			t.Errorf("%s: %s is not to be seen in\n%s", what, fmt.Sprintf("%q", line), shown)
		}
	}
}
