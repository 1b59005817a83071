package message

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// wide is a markup of which everything is known, and roomy limits for it.
var (
	wide = Markup{
		Count: CountRunes, Quote: "> ", Bullet: "- ", Separator: "; ", LongSeparator: "\n",
		Words:   func(line string) string { return line },
		Code:    func(line string) string { return "`" + line + "`" },
		Text:    func(part string) string { return part },
		Link:    func(address string) string { return "<" + address + ">" },
		Page:    func(address string) string { return "<" + address + ">" },
		Time:    func(_ time.Time, words string) string { return words },
		Command: func(command string) string { return command },
	}
	roomy = Limits{
		Title: 100, Status: 100, Label: 20, ID: 50, Facts: 5, FactsSum: 1000, Value: 100, Long: 500, List: 100,
		LongList: 200, Items: 5, Item: 50, Decision: 100, Reviews: 3, Author: 50, ReviewReason: 50,
	}
)

func approvals(n int) []Review {
	var reviews []Review
	for i := range n {
		reviews = append(reviews, Review{Author: fmt.Sprint("user", i), State: accessrequest.Approved})
	}
	return reviews
}

// TestLayoutSaysSomethingOfNothing: a title, a status and labels are never empty.
func TestLayoutSaysSomethingOfNothing(t *testing.T) {
	l := Message{Fields: []Field{{Text: "x"}, {Label: "none"}}}.Layout(wide, roomy)
	if l.Title != NoTitle || l.Status != NoStatus || l.Plain() != NoTitle+"\n"+NoStatus {
		t.Errorf("title %q, status %q, plain %q", l.Title, l.Status, l.Plain())
	}
	if len(l.Facts) != 1 || l.Facts[0].Label != NoLabel || l.Facts[0].Text != "`x`" || l.Hidden != 0 {
		t.Errorf("facts %+v, %d hidden", l.Facts, l.Hidden)
	}
}

func TestLayoutWritesEachKindOfFact(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	fields := []Field{
		{Label: "a", Text: "one *line*"}, {Label: "b", Text: "two\nlines", Long: true}, {Label: "c", Text: "our own", Own: true},
		{Label: "d", Time: at}, {Label: "e", Items: []Item{{Text: "x"}, {Text: "y"}}},
	}
	var got []string
	for _, f := range (Message{Fields: fields}).Layout(wide, roomy).Facts {
		got = append(got, f.Label+" "+f.Text)
	}
	want := []string{"a `one *line*`", "b > two\n> lines", "c our own", "d 2026-03-02 09:30 UTC", "e - `x`; - `y`"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	structured := wide
	structured.Structured = true
	f := Message{Fields: fields}.Layout(structured, roomy).Facts[1]
	if f.Text != "" || len(f.Lines) != 2 || f.Lines[1][0].Text != "lines" {
		t.Errorf("as a structure the text is %+v", f.Quote)
	}
}

// TestLayoutCountsWhatItHides: a reader is told how much is missing, be it for the number
// of facts or for their size.
func TestLayoutCountsWhatItHides(t *testing.T) {
	for name, tt := range map[string]struct {
		field Field
		shown int
	}{
		"many":  {Field{Label: "a", Text: "x"}, 5},
		"large": {Field{Label: "a", Text: strings.Repeat("x", 480), Long: true}, 2},
	} {
		fields := []Field{tt.field, tt.field, tt.field, tt.field, tt.field, tt.field, tt.field}
		l := Message{Fields: fields}.Layout(wide, roomy)
		sum := 0
		for _, f := range l.Facts {
			sum += CountRunes(f.Label) + CountRunes(f.Text)
		}
		if len(l.Facts) < tt.shown || len(l.Facts)+l.Hidden != len(fields) || sum > roomy.FactsSum {
			t.Errorf("%s: %d facts of %d characters are shown, %d hidden", name, len(l.Facts), sum, l.Hidden)
		}
	}
}

func TestLayoutShowsTheLatestReviewsThatFit(t *testing.T) {
	l := Message{Reviews: approvals(8)}.Layout(wide, roomy)
	want := "5 earlier reviews\n✅ Approved by `user5`\n✅ Approved by `user6`\n✅ Approved by `user7`"
	if l.Reviews != want || l.Earlier != "5 earlier reviews" || len(l.Latest) != 3 {
		t.Errorf("reviews %q, %q, latest %v", l.Reviews, l.Earlier, l.Latest)
	}
	if l = (Message{Reviews: approvals(4)}).Layout(wide, roomy); l.Earlier != "1 earlier review" {
		t.Errorf("one earlier review is told as %q", l.Earlier)
	}
	if l = (Message{Reviews: approvals(3)}).Layout(wide, roomy); l.Earlier != "" || strings.Count(l.Reviews, "\n") != 2 {
		t.Errorf("all reviews are shown as %q", l.Reviews)
	}
	narrow := roomy
	narrow.ReviewsSum = 50
	if l = (Message{Reviews: approvals(3)}).Layout(wide, narrow); len(l.Latest) != 2 || l.Earlier != "1 earlier review" {
		t.Errorf("in 50 characters there are %q", l.Reviews)
	}
}

func TestPlainLayoutEndsWithThePageOrTheID(t *testing.T) {
	m := Message{Title: "Role request", Status: "Pending", RequestID: "0193", URL: "https://teleport.example.com/x"}
	if got, want := m.Layout(wide, roomy).Plain(), "Role request\nPending\n<https://teleport.example.com/x>"; got != want {
		t.Errorf("Plain = %q, want %q", got, want)
	}
	m.URL = "http://elsewhere"
	if got, want := m.Layout(wide, roomy).Plain(), "Role request\nPending\nRequest 0193"; got != want {
		t.Errorf("Plain = %q, want %q", got, want)
	}
}
