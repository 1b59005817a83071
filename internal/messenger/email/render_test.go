package email

import (
	"bytes"
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/golden"
)

var created = time.Date(2026, 11, 21, 10, 42, 15, 0, time.UTC)

// hostile is what a requester types who wants to look approved, or to address others.
const hostile = "x” Status: Approved “y\r\nBcc: eve@example.com\r\n\r\n<b>Approved</b> </i></code><img src=https://evil.example/x> =?utf-8?q?=0D=0ABcc=3A?= \x00 \u2028> quoted\n.\n..\nFrom here &amp; on"

func samples() map[string]message.Message {
	return conformance.Whole(created, conformance.Typed{
		Hostile: hostile, Filler: "lorem \"ipsum\" & ", Role: "role", Refusal: "Not today.\n\nAsk again tomorrow.",
	})
}

// show is a mail as a file that is looked at.
func show(c content) string { return "Subject: " + c.subject + "\n\n" + c.text + "\n" + c.html }

// TestLook compares each sample with the file that its author has looked at.
func TestLook(t *testing.T) {
	for name, m := range samples() {
		golden.Text(t, name+".txt", show(render(m, false)))
	}
	for _, name := range []string{"approved", "denied", "pending-one-of-two", "reminder"} {
		golden.Text(t, name+"-follows.txt", show(render(samples()[name], true)))
	}
}

// TestTheSubjectStaysTheSame from the first mail to the last, and to whoever it is sent.
func TestTheSubjectStaysTheSame(t *testing.T) {
	all := samples()
	want := render(all["pending"], false).subject
	for _, m := range []message.Message{
		all["pending"].ToRequester(), all["pending"].Remind(time.Hour, nil), all["approved"].ToRequester().Outcome(), all["approved"].Ended(),
	} {
		if got := render(m, true).subject; !strings.HasPrefix(got, "Role request from “") && !strings.HasPrefix(got, "Resource request from “") {
			t.Errorf("the subject is %q, want one as %q", got, want)
		}
	}
	if again := render(all["pending"].Remind(time.Hour, nil), true).subject; again != want {
		t.Errorf("the subject of a reminder is %q, want %q", again, want)
	}
}

// composed returns a mail as it is sent.
func composed(tb testing.TB, e *Email, m message.Message, t thread) *mail.Message {
	tb.Helper()
	c := render(m, t.previous != "")
	sent, err := e.compose("alice@example.com", c, t, t.id(c))
	if err != nil {
		tb.Fatal(err)
	}
	for line := range bytes.SplitSeq(sent, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n\x00") {
			tb.Errorf("the line %.200q", line)
		}
	}
	parsed, err := mail.ReadMessage(bytes.NewReader(sent))
	if err != nil {
		tb.Fatal(err)
	}
	return parsed
}

// headers are all that a mail has.
var headers = []string{
	"Auto-Submitted", "Content-Type", "Date", "From", "In-Reply-To", "Message-Id", "Mime-Version", "Precedence", "References",
	"Subject", "To", "User-Agent", "X-Auto-Response-Suppress", "X-Mailer",
}

func offline(tb testing.TB) *Email {
	tb.Helper()
	e, err := New(messenger.Config{URL: "smtp://mail.example.com:587", Settings: Descriptor().ExampleSettings()})
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// checkHeaders checks that a mail has our headers, each once, and no other.
func checkHeaders(tb testing.TB, m *mail.Message) {
	tb.Helper()
	for name, values := range m.Header {
		if !slices.Contains(headers, name) || len(values) != 1 {
			tb.Errorf("the header %s: %q", name, values)
		}
	}
	if to := m.Header.Get("To"); to != "<alice@example.com>" {
		tb.Errorf("the mail is for %s", to)
	}
}

// TestNothingThatIsTypedBecomesAHeader in any place, of any length, whatever a record says.
func TestNothingThatIsTypedBecomesAHeader(t *testing.T) {
	e := offline(t)
	injections := []string{
		"a\r\nBcc: eve@example.com", "a\nBcc: eve@example.com", "a\rBcc: eve@example.com", "a\x00Bcc: eve@example.com", "a\u2028Bcc: eve@example.com",
		"=?utf-8?q?=0D=0ABcc=3A_eve=40example=2Ecom?=", strings.Repeat("x", 10000), strings.Repeat("é ", 5000), "\r\n\r\nbody", "a\r\n\r\n--boundary\r\n", hostile,
	}
	for i, typed := range injections {
		m := samples()["pending"]
		m.Title, m.Status, m.StatusReason, m.RequestID, m.URL = typed, typed, typed, typed, typed
		m.Subject = message.Subject{Title: typed, User: typed, Asked: []string{typed, typed}}
		m.Fields = append(m.Fields, message.Field{Label: typed, Text: typed}, message.Field{Label: typed, Text: typed, Long: true})
		m.Commands = []string{typed}
		for _, where := range []thread{newThread(typed), continueThread(typed, typed), continueThread("root.1", typed)} {
			sent := composed(t, e, m, where)
			checkHeaders(t, sent)
			if strings.Contains(sent.Header.Get("Message-Id")+sent.Header.Get("References"), "eve") {
				t.Errorf("injection %d is in the ids of\n%v", i, sent.Header)
			}
		}
	}
}

// TestThreads hang together by what they refer to.
func TestThreads(t *testing.T) {
	first := newThread("rootkey")
	c := render(samples()["pending"], false)
	id := first.id(c)
	if again := newThread("rootkey").id(render(samples()["pending"], false)); again != id {
		t.Errorf("a mail that is sent again has the id %s, want %s", again, id)
	}
	if other := first.id(render(samples()["approved"], false)); other == id {
		t.Error("a mail that says something else has the same id")
	}
	next := continueThread(id, "followkey")
	m := composed(t, offline(t), samples()["approved"], next)
	if got := m.Header.Get("In-Reply-To"); got != "<"+id+"@example.com>" {
		t.Errorf("In-Reply-To: %s", got)
	}
	if got := m.Header.Get("References"); got != "<rootkey@example.com> <"+id+"@example.com>" {
		t.Errorf("References: %s", got)
	}
	third := continueThread(next.id(c), "thirdkey")
	if third.root != "rootkey" || third.previous != next.id(c) {
		t.Errorf("the third mail is %+v", third)
	}
}

func FuzzMails(f *testing.F) {
	e := offline(f)
	conformance.Fuzz(f, samples(), hostile, "a\r\nBcc: ", func(t *testing.T, m message.Message) {
		for _, plain := range []bool{false, true} {
			m.Plain = plain
			checkHeaders(t, composed(t, e, m, newThread("key")))
			checkDocument(t, render(m, false).html, m.URL)
			checkDocument(t, render(m, true).html, m.URL)
		}
	})
}

// TestTheTableOfReplies is the one that is documented.
func TestTheTableOfReplies(t *testing.T) {
	steps := map[step]string{greeting: "greeting", securing: "STARTTLS", loggingIn: "login", sender: "sender", recipient: "recipient", beginning: "DATA", ending: "end of the mail"}
	type row struct{ what, advice, class string }
	cases := map[row][]string{}
	add := func(e refusal, name string) {
		text := messenger.Remote{Service: "Email"}
		r := row{text.Describe(&e), text.Advise(&e), e.Class.String()}
		cases[r] = append(cases[r], name)
	}
	for code, e := range enhanced {
		add(e, "`"+code+"`")
	}
	for code, e := range basic {
		add(e, fmt.Sprintf("`%d`", code))
	}
	for at, codes := range stepwise {
		for code, e := range codes {
			add(e, fmt.Sprintf("`%d` (%s)", code, steps[at]))
		}
	}
	for at, e := range policyStatus {
		add(e, "other `5.7.x` ("+steps[at]+")")
	}
	for words, e := range told {
		add(e, "any `5xx` with `"+words+"` (end of the mail)")
	}
	add(recipientWait, "other `4.7.x` (recipient)")
	add(serverWait, "other `4.7.x` (not at the login)")
	rows := slices.SortedFunc(maps.Keys(cases), func(a, b row) int { return strings.Compare(a.class+a.what, b.class+b.what) })
	var b strings.Builder
	b.WriteString("\n| reply | class | what happened | what to do |\n|---|---|---|---|\n")
	for _, r := range rows {
		slices.Sort(cases[r])
		fmt.Fprintf(&b, "| %s | %s | %s. | %s. |\n", strings.Join(cases[r], ", "), r.class, r.what, r.advice)
	}
	golden.Section(t, "../../../docs/messenger-errors.md", "email-steps", b.String()+"\n")
}

// TestTheTableOfLies is the one that is documented.
func TestTheTableOfLies(t *testing.T) {
	var b strings.Builder
	b.WriteString("\n| code | class | what happened | what to do |\n|---|---|---|---|\n")
	for _, cause := range []error{errNoStartTLS, errInjected, errClearTextPwd, errNoAuth, errNoMechanism, errTooMuch} {
		e, known := offered(callPost, cause)
		if !known {
			t.Fatalf("%v is not known", cause)
		}
		text := messenger.Remote{Service: "Email"}
		fmt.Fprintf(&b, "| `%s` | %s | %s. | %s. |\n", e.Code, e.Class, text.Describe(e), text.Advise(e))
	}
	golden.Section(t, "../../../docs/messenger-errors.md", "email-tls", b.String()+"\n")
}
