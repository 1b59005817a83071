package message

import (
	"strings"
)

// Markup is how a messenger writes what people typed. One line of it stands in
// code, several lines stand in a quotation, and nothing else ever stands there:
// so no text can pass for one of the facts, whatever its letters look like.
type Markup struct {
	// Count measures a finished text as the service does.
	Count Count
	// Code writes a clean line, which is not empty, as code.
	Code func(line string) string
	// Text writes a part of a clean line that stands in a quotation.
	Text func(part string) string
	// Link writes an address that stands in a quotation.
	Link func(address string) string
	// Mark begins each line of a quotation.
	Mark string
	// MaxItems is how many items of a list are shown, and MaxItem how long one is.
	MaxItems, MaxItem int
}

// maxLimits is how much an item may take beyond MaxItem for what limits it.
const maxLimits = 600

// Value writes one line that a person typed, within limit; nothing if it is
// empty.
func (m Markup) Value(s string, limit int) string {
	return m.ValueOr(s, "", limit)
}

// ValueOr is Value, or our own words if nothing is left of the line. Those are
// no code.
func (m Markup) ValueOr(s, otherwise string, limit int) string {
	s = Cut(CleanLine(s), limit, func(s string) int { return m.Count(m.Code(s)) })
	if s == "" {
		return otherwise
	}
	return m.Code(s)
}

// Quotation writes what a person typed over several lines, within limit.
func (m Markup) Quotation(s string, limit int) string {
	s = Cut(CleanText(s), limit, func(s string) int {
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
	b.WriteString(m.Mark)
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
func Quotation(s string, limit int, count Count) [][]Span {
	return quotationLines(Cut(CleanText(s), limit, count))
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

// List writes the items that fit into limit, and says how many do not. The
// bullet stands before each item of several.
func (m Markup) List(f Field, limit int, bullet, separator string) string {
	var shown []string
	hidden := f.More
	for i, item := range f.Items {
		if len(shown) == m.MaxItems {
			hidden += len(f.Items) - i
			break
		}
		if text := m.item(item); text != "" {
			shown = append(shown, text)
		}
	}
	if len(shown)+hidden > 1 {
		for i := range shown {
			shown[i] = bullet + shown[i]
		}
	}
	return strings.Join(CutItems(shown, hidden, limit, separator, m.Count), separator)
}

// item writes one item with what limits it.
func (m Markup) item(item Item) string {
	text := m.Value(item.Text, m.MaxItem)
	if text == "" {
		return ""
	}
	for _, limit := range item.Limits {
		var values []string
		for _, value := range limit.Values {
			values = append(values, m.Value(value, m.MaxItem))
		}
		values = CutItems(values, limit.More, maxLimits/len(item.Limits), ", ", m.Count)
		text += strings.TrimRight(", "+limit.Words+" "+strings.Join(values, ", "), " ")
	}
	return text
}

// By says what a reviewer did, and through whom.
func (m Markup) By(r Review, limit int) string {
	text := Mark(r.State) + " " + r.Decision() + ByWords + m.ValueOr(r.Author, NoAuthor, limit)
	if through := m.Value(r.SubmittedBy, limit); through != "" {
		text += ThroughWords + through
	}
	return text
}
