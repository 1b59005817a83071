package message

import (
	"strings"
	"time"
)

// Markup is how a messenger writes a message. One line of what people typed stands in
// code, several lines stand in a quotation, and nothing else ever stands there: so no text
// can pass for one of the facts, whatever its letters look like.
type Markup struct {
	// Count measures a finished text as the service does.
	Count Count
	// Words writes a clean line of our own words; nothing if none are left.
	Words func(line string) string
	// Code writes a clean line, which is not empty, as code.
	Code func(line string) string
	// Text writes a part of a clean line that stands in a quotation.
	Text func(part string) string
	// Link writes an address that stands in a quotation.
	Link func(address string) string
	// Quote begins each line of a quotation.
	Quote string
	// AfterQuotation comes between a quotation and the next line.
	AfterQuotation string
	// Structured is true where a quotation is no text, but a structure of lines.
	Structured bool
	// Bullet stands before each item of several. Separator stands between items, and
	// LongSeparator between those of a list that wants a line of its own.
	Bullet, Separator, LongSeparator string
	// Time writes a moment, which is given as words as well, and Ago how long ago a review
	// was. Without Ago that is not told.
	Time func(t time.Time, words string) string
	Ago  func(time.Time) string
	// Command writes a command that stands in code; nothing if it would look different.
	Command func(command string) string
	// Page writes the address of a page of Teleport, in which no rune of Breaking stands.
	Page     func(address string) string
	Breaking string

	language Language
}

// in returns the markup for a language.
func (m Markup) in(l Language) Markup {
	m.language = l
	return m
}

// maxLimits is how much an item may take beyond Limits.Item for what limits it.
const maxLimits = 600

// Value writes one line that a person typed, within limit; nothing if it is
// empty.
func (m Markup) Value(s string, limit int) string {
	s = m.language.Cut(CleanLine(s), limit, func(s string) int { return m.Count(m.Code(s)) })
	if s == "" {
		return ""
	}
	return m.Code(s)
}

// Quotation writes what a person typed over several lines, within limit.
func (m Markup) Quotation(s string, limit int) string {
	s = m.language.Cut(CleanText(s), limit, func(s string) int {
		lines := strings.Split(s, "\n")
		for i, line := range lines {
			lines[i] = m.quoted([]Span{{Text: line}})
		}
		return m.Count(strings.Join(lines, "\n")) + linkRoom(s)
	})
	var lines []string
	for _, line := range quotationLines(s) {
		lines = append(lines, m.quoted(line))
	}
	return strings.Join(lines, "\n")
}

// quoted writes one line of a quotation.
func (m Markup) quoted(line []Span) string {
	var b strings.Builder
	b.WriteString(m.Quote)
	for i, span := range line {
		if span.Address {
			b.WriteString(m.Link(span.Text))
			continue
		}
		text := span.Text
		// The space beside an address stands by itself: it is no part of the code.
		if i > 0 {
			text = strings.TrimLeft(text, " ")
			b.WriteString(span.Text[:len(span.Text)-len(text)])
		}
		inner := text
		if i < len(line)-1 {
			inner = strings.TrimRight(text, " ")
		}
		if inner != "" {
			b.WriteString(m.Text(inner))
		}
		b.WriteString(text[len(inner):])
	}
	return b.String()
}

// Quotation cuts what a person typed to size, for a service that takes a
// quotation as a structure. Every line, but no text, may be empty.
func (l Language) Quotation(s string, limit int, count Count) [][]Span {
	return quotationLines(l.Cut(CleanText(s), limit, count))
}

func quotationLines(s string) [][]Span {
	if s == "" {
		return nil
	}
	var lines [][]Span
	links := maxTypedLinks
	for line := range strings.SplitSeq(s, "\n") {
		parts := spans(line, links)
		for _, part := range parts {
			if part.Address {
				links--
			}
		}
		lines = append(lines, parts)
	}
	return lines
}

// list writes the items that fit into limit, and says how many do not.
func (w writer) list(f Field, limit int, separator string) string {
	var shown []string
	hidden := f.More
	for i, item := range f.Items {
		if len(shown) == w.max.Items {
			hidden += len(f.Items) - i
			break
		}
		if text := w.item(item); text != "" {
			shown = append(shown, text)
		}
	}
	if len(shown)+hidden > 1 {
		for i := range shown {
			shown[i] = w.Bullet + shown[i]
		}
	}
	return strings.Join(w.language.CutItems(shown, hidden, limit, separator, w.Count), separator)
}

// item writes one item with what limits it.
func (w writer) item(item Item) string {
	text := w.Value(item.Text, w.max.Item)
	if text == "" {
		return ""
	}
	for _, limit := range item.Limits {
		var values []string
		for _, value := range limit.Values {
			values = append(values, w.Value(value, w.max.Item))
		}
		values = w.language.CutItems(values, limit.More, maxLimits/len(item.Limits), ", ", w.Count)
		if len(values) == 0 {
			text = w.language.Say(limitedWords, text, limit.Words)
		} else {
			text = w.language.Say(limitedToWords, text, limit.Words, strings.Join(values, ", "))
		}
	}
	return text
}

// Review says what a reviewer did, and why on a line of its own.
func (m Markup) Review(r Review, author, reason int) string {
	m = m.in(r.Language)
	return Lines(m.verdict(r, author), m.Quotation(CleanLine(r.Reason), reason))
}

// Reply says what a reviewer did, and all that was given as the reason.
func (m Markup) Reply(r Review, author, reason int) string {
	r.Time = time.Time{}
	m = m.in(r.Language)
	return Lines(m.verdict(r, author), m.Quotation(r.Reason, reason))
}

// verdict says what a reviewer did, and through whom.
func (m Markup) verdict(r Review, author int) string {
	text := ""
	for _, part := range r.Verdict() {
		if part.Typed {
			text += m.Value(part.Text, author)
		} else {
			text += part.Text
		}
	}
	if m.Ago != nil {
		text += m.Ago(r.Time)
	}
	return text
}
