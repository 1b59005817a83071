package message

import (
	"cmp"
	"slices"
	"strings"
)

// Limits are how much of each part one service shows, as its markup counts.
type Limits struct {
	// Title, Status and Label bound our own words, ID the request's id.
	Title, Status, Label, ID int
	// Facts is how many facts are shown, and FactsSum what all of them may take.
	Facts, FactsSum int
	// Value bounds what stands on one line, Long a text, and List and LongList a list,
	// whose items are at most Items, each without what limits it of at most Item.
	Value, Long, List, LongList, Items, Item int
	// Decision bounds the reason of the final state.
	Decision int
	// Reviews is how many reviews are listed, and ReviewsSum what all of them may take,
	// if it is not zero. Author and ReviewReason bound what one of them says.
	Reviews, ReviewsSum, Author, ReviewReason int
}

// Layout is a message in the markup of one service, in the parts that a reader sees, each
// within its limit. A part that is empty is left out. A messenger places the parts, and
// adds nothing to them.
type Layout struct {
	// Emoji is that of the state.
	Emoji string
	// Title and Status are never empty.
	Title, Status string
	// Subject names the request in the same words from its beginning to its end.
	Subject string
	// Language is what our words are in.
	Language Language
	// Mentions are whom the message mentions, on a line.
	Mentions string
	// Facts are those that there is room for, Hidden is how many others there are, and More
	// says so.
	Facts  []Fact
	Hidden int
	More   string
	// StatusReason is the reason of the final state.
	StatusReason Quote
	// Reviews are the latest reviews with how many came earlier.
	Reviews string
	// Latest are those reviews, and Earlier says how many came earlier, for a service that
	// takes a line as a structure.
	Latest  []Review
	Earlier string
	// Address is that of the page in Teleport, and LinkLabel says what it is for.
	Address, LinkLabel string
	// Page is the address as a line.
	Page string
	// Commands are lines to decide with.
	Commands string
	// Buttons are what a reviewer can press, in their order; none where nothing can be.
	Buttons []Button
	// ID is the request's id, and Request says that it is that. Neither is in markup.
	ID, Request string

	plainRequest string
	user         string
}

// Button is what a reviewer can press.
type Button struct {
	// Approve is true for the one that approves, false for the one that denies.
	Approve bool
	// Label is our own word, in no markup, and Value that of Message.ButtonValue.
	Label, Value string
	// Receiver is that of the message's Buttons.
	Receiver string
}

// Fact is a field in the markup of one service.
type Fact struct {
	Quote
	// Label is our own word.
	Label string
	// Field is what it was made of.
	Field Field
}

// Quote is a text in the markup of one service.
type Quote struct {
	Text string
	// Lines stand for Text where the markup is Structured, and a person may have typed
	// several.
	Lines [][]Span
}

func (q Quote) isEmpty() bool { return q.Text == "" && len(q.Lines) == 0 }

// Layout writes the parts of a message.
func (m Message) Layout(markup Markup, limits Limits) Layout {
	w := writer{markup.in(m.Language), limits}
	l := Layout{
		Language:     m.Language,
		Subject:      w.subject(m),
		Emoji:        Emoji(m.State),
		Title:        w.words(m.Title, NoTitle, w.max.Title),
		Status:       w.words(m.Status, NoStatus, w.max.Status),
		StatusReason: w.quote(m.StatusReason, w.max.Decision),
		Commands:     commandLines(m.Commands, w.Command),
		LinkLabel:    m.LinkLabel(),
		Mentions:     strings.Join(m.Mentions, " "),
		Buttons:      m.buttons(),
		ID:           m.Language.Cut(CleanLine(m.RequestID), w.max.ID, w.Count),
		user:         w.Value(m.Requester(), w.max.Value),
	}
	if l.ID != "" {
		l.Request = m.Language.Say(requestWords, l.ID)
	}
	if id := w.words(m.RequestID, "", w.max.ID); id != "" {
		l.plainRequest = m.Language.Say(requestWords, id)
	}
	if l.Address = PageURL(m.URL, w.Breaking); l.Address != "" {
		l.Page = w.Page(l.Address)
	}
	if l.Facts, l.Hidden = w.facts(m.Facts()); l.Hidden > 0 {
		l.More = m.Language.Say(moreWords, l.Hidden)
	}
	l.Reviews, l.Latest, l.Earlier = w.reviews(m.Reviews)
	return l
}

// Plain is the shortest message that still says what happened. It holds nothing that a
// requester typed.
func (l Layout) Plain() string {
	return Lines(l.Title, l.Status, cmp.Or(l.Page, l.plainRequest), l.Mentions)
}

// Headline says who asks for it behind the title, which may be in markup.
func (l Layout) Headline(title string) string {
	if l.user == "" {
		return title
	}
	return l.Language.Say(fromWords, title, l.user)
}

// Word writes one of our labels.
func (l Layout) Word(label string) string { return l.Language.Say(label) }

// Labelled writes a label and what is labelled on one line, Heading a label above.
func (l Layout) Labelled(label, text string) string {
	return l.Language.Say(labelledWords, label, text)
}

// Heading writes a label that stands above what is labelled.
func (l Layout) Heading(label string) string { return l.Language.Say(headingWords, label) }

// Lines joins texts that are not empty.
func Lines(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), "\n")
}

// writer writes parts in one markup, within limits.
type writer struct {
	Markup
	max Limits
}

// words writes our own words within limit, or others where there are none.
func (w writer) words(s, otherwise string, limit int) string {
	s = w.language.Cut(CleanLine(s), limit, func(s string) int { return w.Count(w.Words(s)) })
	if text := w.Words(s); text != "" || otherwise == "" {
		return text
	}
	return w.words(w.language.Say(otherwise), "", limit)
}

// quote writes what a person typed over several lines.
func (w writer) quote(s string, limit int) Quote {
	if w.Structured {
		return Quote{Lines: w.language.Quotation(s, limit, w.Count)}
	}
	return Quote{Text: w.Quotation(s, limit)}
}

// facts writes the facts in their order, as far as there is room, and counts the others.
func (w writer) facts(fields []Field) (facts []Fact, hidden int) {
	used := 0
	for i, field := range fields {
		fact := Fact{Label: w.words(field.Label, NoLabel, w.max.Label), Field: field}
		room := w.max.FactsSum - used - w.Count(fact.Label)
		fact.Quote = w.value(field, room)
		if fact.isEmpty() && field.IsEmpty() {
			continue
		}
		if fact.isEmpty() || len(facts) == w.max.Facts {
			return facts, len(fields) - i
		}
		used += w.Count(fact.Label) + w.size(fact, room)
		facts = append(facts, fact)
	}
	return facts, 0
}

// size is what the value of a fact takes that was given some room.
func (w writer) size(f Fact, room int) int {
	if len(f.Lines) == 0 {
		return w.Count(f.Text)
	}
	return w.Count(w.language.Cut(CleanText(f.Field.Text), min(w.max.Long, room), w.Count))
}

// value writes what a fact says, or nothing where the room does not suffice.
func (w writer) value(f Field, room int) Quote {
	switch {
	case !f.Time.IsZero():
		text := w.Time(f.Time, w.language.Time(f.Time))
		if w.Count(text) > room {
			text = ""
		}
		return Quote{Text: text}
	case f.isList() && f.Long:
		return Quote{Text: w.list(f, min(w.max.LongList, room), w.LongSeparator)}
	case f.isList():
		return Quote{Text: w.list(f, min(w.max.List, room), w.Separator)}
	case f.Own:
		return Quote{Text: w.words(f.Text, "", min(w.max.Value, room))}
	case f.IsQuotation():
		return w.quote(f.Text, min(w.max.Long, room))
	default:
		return Quote{Text: w.Value(f.Text, min(w.max.Value, room))}
	}
}

// reviews writes the latest reviews, which are the ones that decide.
func (w writer) reviews(all []Review) (text string, latest []Review, earlier string) {
	var texts []string
	used := 0
	for _, r := range slices.Backward(all) {
		text := w.Review(r, w.max.Author, w.max.ReviewReason)
		used += w.Count(text) + 1
		if len(texts) == w.max.Reviews || w.max.ReviewsSum > 0 && used > w.max.ReviewsSum {
			break
		}
		texts = append(texts, text)
	}
	slices.Reverse(texts)
	latest = all[len(all)-len(texts):]
	if hidden := len(all) - len(texts); hidden > 0 {
		earlier = w.language.Say(earlierWords, hidden)
	}
	return w.join(earlier, latest, texts), latest, earlier
}

// join puts reviews below each other. Where a line that follows a quotation at once would
// be a part of it, a paragraph comes between.
func (w writer) join(earlier string, reviews []Review, texts []string) string {
	var b strings.Builder
	b.WriteString(earlier)
	separator := "\n"
	for i, text := range texts {
		if b.Len() > 0 {
			b.WriteString(separator)
		}
		b.WriteString(text)
		separator = "\n"
		if CleanLine(reviews[i].Reason) != "" {
			separator += w.AfterQuotation
		}
	}
	return b.String()
}
