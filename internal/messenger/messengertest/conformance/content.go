package conformance

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// place is one spot of a message that a text can stand in.
type place struct {
	name string
	put  func(m *message.Message, text string)
	// ours are the places of our own words, which may lose their punctuation.
	ours bool
	// tight is true where there is room for a few words only.
	tight bool
	// shown is true for what people cannot type, and is not set apart.
	shown bool
	// lines is true where line ends stay.
	lines bool
	// after and before are what surrounds the place for a reader, if anything
	// does.
	after, before string
}

// The facts around the one under test.
const (
	factBefore = "factbefore"
	factAfter  = "factafter"
)

// between puts a fact between two others.
func between(m *message.Message, f message.Field) {
	if f.Label == "" {
		f.Label = "Middle"
	}
	m.Fields = []message.Field{{Label: "First", Text: factBefore}, f, {Label: "Last", Text: factAfter}}
}

func items(texts ...string) []message.Item {
	list := make([]message.Item, len(texts))
	for i, text := range texts {
		list[i].Text = text
	}
	return list
}

func places() []place {
	fact := func(name string, lines bool, field func(text string) message.Field) place {
		return place{
			name: name, lines: lines, after: factBefore, before: factAfter,
			put: func(m *message.Message, text string) { between(m, field(text)) },
		}
	}
	label := fact("label", false, func(text string) message.Field { return message.Field{Label: text, Text: "x"} })
	label.ours, label.tight = true, true
	words := fact("own words", false, func(text string) message.Field { return message.Field{Text: text, Own: true} })
	words.ours, words.tight = true, true
	return []place{
		{name: "title", ours: true, put: func(m *message.Message, text string) { m.Title = text }},
		{name: "status", ours: true, put: func(m *message.Message, text string) { m.Status = text }},
		label, words,
		fact("short text", false, func(text string) message.Field { return message.Field{Text: text} }),
		fact("long text", true, func(text string) message.Field { return message.Field{Text: text, Long: true} }),
		fact("only item", false, func(text string) message.Field { return message.Field{Items: items(text)} }),
		fact("item", false, func(text string) message.Field { return message.Field{Items: items("one", text)} }),
		fact("limit", false, func(text string) message.Field {
			return message.Field{Long: true, Items: []message.Item{{
				Text: "app", Limits: []message.Limit{{Words: "only the login", Values: []string{text}}},
			}}}
		}),
		fact("long item", false, func(text string) message.Field {
			return message.Field{Items: items("one", text, "three"), Long: true}
		}),
		{name: "request id", shown: true, put: func(m *message.Message, text string) { m.RequestID = text }},
		{name: "status reason", lines: true, put: func(m *message.Message, text string) { m.StatusReason = text }},
		{name: "author", put: func(m *message.Message, text string) { m.Reviews = []message.Review{{Author: text}} }},
		{name: "author's proxy", put: func(m *message.Message, text string) {
			m.Reviews = []message.Review{{Author: "bob", SubmittedBy: text}}
		}},
		{name: "review", put: func(m *message.Message, text string) {
			m.Reviews = []message.Review{{Author: "bob", Reason: text}, {Author: "erin", State: accessrequest.Denied}}
		}},
	}
}

// small is a message with nothing in it that a place could take for its own.
func small(state accessrequest.State) message.Message {
	return message.Message{RequestID: "id", Title: "Role request", State: state, Status: "Undecided"}
}

// crowded is a message in which everything is the text, many times over.
func crowded(state accessrequest.State, text string) message.Message {
	m := message.Message{
		RequestID: text, Title: text, State: state, Status: text, StatusReason: text + "!",
		URL: "https://teleport.example.com/" + text, Commands: []string{text, text, text},
	}
	many := make([]string, 60)
	for i := range many {
		many[i] = fmt.Sprintf("%d %s", i, text[:min(len(text), 300)])
	}
	for i := range 8 {
		m.Fields = append(m.Fields,
			message.Field{Label: text, Text: text, Long: i%2 == 0},
			message.Field{Label: text, Items: items(many...), Long: i%3 == 0},
			message.Field{Label: text, Time: time.Unix(int64(i), 0)})
		m.Reviews = append(m.Reviews, message.Review{Author: text, State: state, Reason: text, Time: time.Unix(1, 0)})
	}
	return m
}

// cutNote is how a reader learns that something was left out.
var cutNote = regexp.MustCompile(`… \([0-9,]+ more characters?\)|and [0-9,]+ more|[0-9]+ earlier review`)

// oversize are units that texts become large of; some take more room escaped.
var oversize = []string{"x", "word ", "&", "<b>", "😀", "*", "\\", "`", "@here ", "a\n", "\n1. ", "e\u0301", "\u200b", "\xff"}

// checkOversize checks that no size of any field, in any state, makes a service
// refuse a message, and that readers are told what they do not see.
func checkOversize(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	n := 0
	for _, state := range states {
		for _, p := range places() {
			unit := oversize[n%len(oversize)]
			n++
			m := small(state)
			typed := "begin " + large(unit) + " end"
			p.put(&m, typed)
			what := fmt.Sprintf("%s of %q", p.name, unit)
			text := b.checkAccepted(t, what, m)
			whole := strings.Contains(fold(text), fold(p.clean(typed)))
			if visible := message.CleanLine(unit) != ""; visible && !p.ours && !whole && !cutNote.MatchString(text) {
				t.Errorf("%s: nothing tells that the text was cut:\n%.3000s", what, text)
			}
		}
		for range 2 {
			unit := oversize[n%len(oversize)]
			n++
			what := fmt.Sprintf("everything of %q", unit)
			text := b.checkAccepted(t, what, crowded(state, large(unit)))
			if !cutNote.MatchString(text) {
				t.Errorf("%s: nothing tells what was left out:\n%.3000s", what, text)
			}
		}
	}
}

// large repeats a unit until no field of any service has room for it.
func large(unit string) string {
	return strings.Repeat(unit, 3100/utf8.RuneCountInString(unit))
}

// checkAccepted checks that a message is accepted in every way that it can be
// sent, and that it mentions no person. It returns what a reader sees.
func (b *bench) checkAccepted(t *testing.T, what string, m message.Message) string {
	t.Helper()
	var shown string
	for _, plain := range []bool{true, false} {
		m.Plain = plain
		ref, err := b.bot.Post(t.Context(), b.to, m, "")
		if err != nil {
			t.Fatalf("Post of %s, plain: %t: %v", what, plain, err)
		}
		if b.subject.can().Edit {
			err = b.updater().Update(t.Context(), ref, m)
		}
		if err != nil {
			t.Fatalf("Update with %s, plain: %t: %v", what, plain, err)
		}
		post := b.read(t, ref)
		if len(post.Mentions) > 0 {
			t.Errorf("%s, plain: %t, mentions %q", what, plain, post.Mentions)
		}
		shown = post.Text
	}
	for _, r := range m.Reviews[:min(len(m.Reviews), 1)] {
		b.replyTo(t, what, r)
	}
	return shown
}

// replyTo posts a message and a reply to it, which must be accepted, and
// returns the reply.
func (b *bench) replyTo(t *testing.T, what string, r message.Review) messengertest.Post {
	t.Helper()
	replier, ok := b.bot.(messenger.Replier)
	if !ok {
		return messengertest.Post{}
	}
	ref := b.post(t, small(accessrequest.Pending), "")
	if err := replier.Reply(t.Context(), ref, r, ""); err != nil {
		t.Fatalf("Reply of %s: %v", what, err)
	}
	reply := b.threadOf(ref)
	if len(reply.Mentions) > 0 {
		t.Errorf("the reply of %s mentions %q", what, reply.Mentions)
	}
	return reply
}

// threadOf returns the reply to a message.
func (b *bench) threadOf(ref messenger.Ref) messengertest.Post {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.replies[ref]
}

// checkBlank checks that a message of which nothing can be seen is accepted,
// and still says something.
func checkBlank(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	b.checkAccepted(t, "nothing", message.Message{})
	for _, blank := range []string{"", " ", "\n\n", "\u200b", "\u2800", "\x00\x07", "\u202e\u2066"} {
		for _, p := range places() {
			m := small(accessrequest.Pending)
			p.put(&m, blank)
			what := fmt.Sprintf("%s of %q", p.name, blank)
			text := b.checkAccepted(t, what, m)
			if strings.TrimSpace(text) == "" || p.after != "" && !strings.Contains(text, factAfter) {
				t.Errorf("%s leaves %q", what, text)
			}
		}
		m := crowded(accessrequest.Pending, blank)
		m.Fields = append(m.Fields, message.Field{}, message.Field{Items: items()}, message.Field{Items: items(blank, blank)})
		b.checkAccepted(t, fmt.Sprintf("everything of %q", blank), m)
	}
}

// checkOrder checks that the facts are shown in the order of the model, each
// with its value, and what became of the request after them. As all messengers
// do so, the order is the same everywhere.
func checkOrder(t *testing.T, subject Subject) {
	b := inMemory(t, subject, messengertest.Options{})
	for _, state := range states[:7] {
		r := request()
		r.State, r.ResolveReason, r.PromotedTo = state, "the last word", "The list"
		m := message.New(r, cluster)
		m.Reviews = []message.Review{review(), {Author: "erin", State: accessrequest.Denied, Reason: "no"}}
		post := b.update(t, b.post(t, m, ""), m)
		var parts []string
		for _, f := range m.Fields {
			parts = append(parts, f.Label)
			switch {
			case !f.Time.IsZero():
				parts = append(parts, f.Time.UTC().Format("2006-01-02"))
			case len(f.Items) > 0:
				for _, item := range f.Items {
					parts = append(parts, item.Text)
				}
			default:
				parts = append(parts, f.Text)
			}
		}
		if m.StatusReason != "" {
			parts = append(parts, "Reason given", m.StatusReason)
		}
		parts = append(parts, "bob", "fine, "+canary, "erin", "no")
		// Some show everything twice, the first time for notifications.
		last := strings.LastIndex(post.Text, m.Fields[0].Label)
		if last < 0 {
			t.Fatalf("the label %q is missing from %q", m.Fields[0].Label, post.Text)
		}
		wantInOrder(t, post.Text[last:], parts...)
		for _, once := range []string{m.Title, m.Status, m.URL, r.ID} {
			if !strings.Contains(post.Text, once) {
				t.Errorf("%q is missing from\n%s", once, post.Text)
			}
		}
	}
	suggestsMany := message.New(request(), cluster).LeaveOut(1234)
	wantInOrder(t, b.update(t, b.post(t, suggestsMany, ""), suggestsMany).Text,
		"Suggested reviewers", "Not notified", "1,234 more suggested reviewers", "Access lasts")
	withCommands := message.New(request(), accessrequest.Cluster{})
	post := b.update(t, b.post(t, withCommands, ""), withCommands)
	wantInOrder(t, post.Text, withCommands.Commands...)
}
