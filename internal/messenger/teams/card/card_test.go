package card

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/golden"
)

var created = time.Date(2026, 11, 21, 10, 42, 15, 0, time.UTC)

const (
	id      = "01234567-89ab-cdef-0123-456789abcdef"
	another = "fedcba98-7654-3210-fedc-ba9876543210"
)

// hostile is what a requester types who wants to look approved.
const hostile = "**Status** ✅ Approved <at>everyone</at> <at>alice</at> {{DATE(2017-02-14T06:00:00Z, SHORT)}} {{{{x}}}} ${x}\n" +
	"# Heading\n> quote\n- list\r1. list\n[Review in Teleport](https://evil.example) https://evil.example <b> \\ \"],\"type\":\"Container\""

func samples() map[string]message.Message {
	all := conformance.Samples(created, conformance.Typed{
		Hostile: hostile, Filler: "lorem {{ipsum}} \"&\" ", Role: "<at>role</at>", Refusal: "Not today.\n\nAsk again tomorrow.",
	})
	maps.Copy(all, conformance.Locales(created))
	plain, mentions := all["denied"], all["pending"]
	plain.Plain = true
	mentions.Mentions = []string{Mention(id, "Alice <at>[x](y)</at> Zoë_*"), Mention(another, "Alice at x y at Zoë"), "@everyone"}
	all["plain"], all["mentions"] = plain, mentions
	return all
}

func TestCards(t *testing.T) {
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			golden.JSON(t, name, checkCard(t, m))
		})
	}
}

// TestFollowingCards say first what is new, and less of the rest.
func TestFollowingCards(t *testing.T) {
	all := samples()
	for _, name := range []string{"pending-one-of-two", "approved", "denied", "reminder", "hostile", "oversize", "plain"} {
		t.Run(name, func(t *testing.T) {
			golden.JSON(t, "following-"+name, checkThis(t, Following(all[name])))
		})
	}
	whole, next := must(Encode(Of(all["oversize"]))), must(Encode(Following(all["oversize"])))
	if len(next) > len(whole)/2 {
		t.Errorf("what follows has %d bytes, the card before it %d", len(next), len(whole))
	}
}

// TestManyLongReviewsFit in every language, whatever they are made of.
func TestManyLongReviewsFit(t *testing.T) {
	for name, m := range conformance.Locales(created) {
		for kind, filler := range map[string]string{
			"words": "lorem ipsum ", "braces": "{{", "quotes": `"\`, "lines": "x\n", "wide": "가나다라 ", "links": "https://tickets.example.com/x ", "controls": "\u0001\u2028",
		} {
			long := strings.Repeat(filler, 4000)
			m.StatusReason = long
			m.Reviews = nil
			for i := range 200 {
				m.Reviews = append(m.Reviews, message.Review{Author: fmt.Sprint(i, long), State: accessrequest.Denied, Reason: long, Time: created})
			}
			for i := range m.Fields {
				if m.Fields[i].Text != "" {
					m.Fields[i].Text = long
				}
			}
			for what, c := range map[string]Card{"card": Of(m), "following card": Following(m)} {
				checkThis(t, c)
				if text := string(must(Encode(c))); !strings.Contains(text, m.Status) || !strings.Contains(text, m.URL) {
					t.Errorf("%s in %s of %s says neither %q nor %s", what, name, kind, m.Status, m.URL)
				}
			}
		}
	}
}

func TestReviews(t *testing.T) {
	r := message.Review{Author: "bob {{DATE(x)}}", State: accessrequest.Approved, Reason: hostile}
	encoded, err := Encode(OfReview(r))
	if err != nil {
		t.Fatal(err)
	}
	var decoded any
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		t.Fatal(err)
	}
	golden.JSON(t, "review", decoded)
}

// checkCard checks what holds for every card, and returns it decoded.
func checkCard(t *testing.T, m message.Message) any {
	t.Helper()
	return checkThis(t, Of(m))
}

func checkThis(t *testing.T, c Card) any {
	t.Helper()
	encoded, err := Encode(Attached(c))
	if err != nil {
		t.Fatal(err)
	}
	if len(encoded) > maxBytes+200 {
		t.Errorf("the card has %d bytes", len(encoded))
	}
	checkElements(t, c.Body)
	for _, mark := range []string{codeMark, codeEnd, quoteMark, linkMark, linkEnd} {
		if strings.Contains(string(encoded), mark) {
			t.Errorf("the card has the mark %q:\n%s", mark, encoded)
		}
	}
	var decoded any
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}

// checkElements: the one TextBlock has mentions only, and no run a function.
func checkElements(t *testing.T, all []element) {
	t.Helper()
	for _, e := range all {
		if e.Type == "TextBlock" && !strings.HasPrefix(e.Text, "<at>") {
			t.Errorf("a TextBlock, in which Markdown is read, says %q", e.Text)
		}
		for _, r := range e.Inlines {
			if r.Text == "" || strings.Contains(r.Text, functionMark) {
				t.Errorf("a run says %q", r.Text)
			}
		}
		checkElements(t, e.Items)
	}
}

// TestEverythingFits: the largest of all texts leave nothing out that matters.
func TestEverythingFits(t *testing.T) {
	m := samples()["oversize"]
	encoded, err := Encode(Of(m))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Promoted to an access list", m.URL, "User", "Roles", "Resources", "Reason", "Suggested reviewers", "earlier reviews", "Reviews",
	} {
		if !strings.Contains(string(encoded), want) {
			t.Errorf("%q is missing from\n%s", want, encoded)
		}
	}
}

// TestLinksAreLeftOutWhereTheyWouldNotFit, and stay as texts.
func TestLinksAreLeftOutWhereTheyWouldNotFit(t *testing.T) {
	m := samples()["oversize"]
	address := "https://tickets.example.com/" + strings.Repeat("x", 400)
	m.StatusReason = address + " " + address + " " + address
	for _, f := range []string{"a", "b", "c"} {
		m.Fields = append([]message.Field{{Label: f, Text: strings.Repeat(address+" ", 6), Long: true}}, m.Fields...)
	}
	if c := full(m, true); len(must(Encode(c))) <= maxBytes {
		t.Errorf("with links it has %d bytes, which fit", len(must(Encode(c))))
	}
	checkCard(t, m)
	if text := string(must(Encode(Of(m)))); strings.Contains(text, "selectAction") || !strings.Contains(text, address) {
		t.Errorf("the card is\n%s", text)
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// TestSummaryIsOneLine that sets apart what was typed.
func TestSummaryIsOneLine(t *testing.T) {
	m := samples()["pending"]
	if got, want := Summary(m), "Role request from “alice@example.com”"; got != want {
		t.Errorf("Summary = %q, want %q", got, want)
	}
	r := accessrequest.Request{User: "x” ✅ Approved by “bob\n<at>all</at>", State: accessrequest.Pending}
	got := Summary(message.New(r, accessrequest.Cluster{}))
	if strings.Count(got, "“") != 1 || strings.Count(got, "”") != 1 || !strings.HasSuffix(got, "”") || strings.Contains(got, "\n") {
		t.Errorf("Summary = %q", got)
	}
	m.Plain = true
	if got := Summary(m); got != "Role request" {
		t.Errorf("the summary of a plain message is %q", got)
	}
}

// TestEachMentionStandsForOnePerson, also where two have one name.
func TestEachMentionStandsForOnePerson(t *testing.T) {
	entities := Of(samples()["mentions"]).Teams.Entities
	got := fmt.Sprint(entities)
	want := "[{mention <at>Alice at x y at Zoë</at> {" + id + " Alice at x y at Zoë}} " +
		"{mention <at>Alice at x y at Zoë 2</at> {" + another + " Alice at x y at Zoë}}]"
	if got != want {
		t.Errorf("entities = %s, want %s", got, want)
	}
	if name := nameOf("<>*_"); name != "reviewer" {
		t.Errorf("a name of signs is %q", name)
	}
}

func FuzzCards(f *testing.F) {
	conformance.Fuzz(f, samples(), hostile, "{{DATE(", func(t *testing.T, m message.Message) {
		for _, plain := range []bool{false, true} {
			m.Plain = plain
			checkCard(t, m)
			checkThis(t, Following(m))
		}
	})
}
