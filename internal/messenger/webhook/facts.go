package webhook

import (
	"cmp"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
)

// list is a fact of several values.
type list struct {
	Items []item `json:"items"`
	// More is how many further values there are.
	More int `json:"more,omitempty"`
}

// item is one value of a list.
type item struct {
	Text   string  `json:"text"`
	Limits []limit `json:"limits,omitempty"`
}

// limit is one way in which an item is limited.
type limit struct {
	Words  string   `json:"words"`
	Values []string `json:"values,omitempty"`
	More   int      `json:"more,omitempty"`
}

// extra is a fact that the operator has added: a string, or a list.
type extra struct {
	Label string `json:"label"`
	Value any    `json:"value"`
}

// facts are those that have a name, and those that the operator has added.
func (l limits) facts(m message.Message) (named map[string]any, added []extra, more int) {
	named = map[string]any{}
	for _, f := range fields(m) {
		value := l.value(f)
		switch {
		case value == nil:
		case f.Name != "":
			named[f.Name] = value
		case len(added) == l.extra:
			more++
		default:
			added = append(added, extra{cmp.Or(l.short(f.Label), message.English.Say(message.NoLabel)), value})
		}
	}
	return named, added, more
}

// fields are the facts of a message as programs read them: in English, whatever language the
// notifier has, but for those that the operator has added.
func fields(m message.Message) []message.Field {
	if m.Neutral == nil {
		return m.Facts()
	}
	neutral := *m.Neutral
	neutral.LeftOut = m.LeftOut
	all := neutral.Facts()
	for _, f := range m.Facts() {
		if f.Name == "" {
			all = append(all, f)
		}
	}
	return all
}

// value is what a fact says; nil if that is nothing.
func (l limits) value(f message.Field) any {
	if f.IsEmpty() {
		return nil
	}
	var text string
	switch {
	case !f.Time.IsZero():
		text = timestamp(f.Time)
	case len(f.Items) > 0 || f.More > 0:
		return l.list(f)
	case f.IsQuotation():
		text = l.long(f.Text)
	default:
		text = l.short(f.Text)
	}
	if text == "" {
		return nil
	}
	return text
}

func (l limits) list(f message.Field) list {
	all := list{Items: []item{}, More: f.More}
	for _, i := range f.Items {
		switch text := l.short(i.Text); {
		case text == "":
		case len(all.Items) == l.items:
			all.More++
		default:
			all.Items = append(all.Items, item{text, l.limits(i.Limits)})
		}
	}
	return all
}

func (l limits) limits(all []message.Limit) (kept []limit) {
	for _, one := range all {
		k := limit{Words: l.short(one.Words), More: one.More}
		for _, value := range one.Values {
			switch text := l.short(value); {
			case text == "":
			case len(k.Values) == l.values:
				k.More++
			default:
				k.Values = append(k.Values, text)
			}
		}
		kept = append(kept, k)
	}
	return kept
}

// short is one line, and long a text of several.
func (l limits) short(s string) string {
	return message.English.Cut(message.CleanLine(s), l.line, message.CountRunes)
}

func (l limits) long(s string) string {
	return message.English.Cut(message.CleanText(s), l.text, message.CountRunes)
}

// lastYear is the last one that RFC 3339 can write.
const lastYear = 9999

// timestamp writes a moment as RFC 3339 has it; empty if it is unknown.
func timestamp(t time.Time) string {
	t = t.UTC()
	if t.IsZero() || t.Year() < 0 || t.Year() > lastYear {
		return ""
	}
	return t.Format(time.RFC3339)
}
