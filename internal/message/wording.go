package message

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// Wording is how the messages of one notifier are worded. The zero Wording is that of New.
type Wording struct {
	Language Language
	// Zone is that of times that are written out; UTC if it is nil.
	Zone *time.Location
	// Link is a template that CheckLink accepts, for a link in place of that to the page in
	// Teleport; empty for none.
	Link string
}

// local returns a time in the zone of those that are written out.
func (w Wording) local(t time.Time) time.Time {
	if w.Zone == nil {
		return t.UTC()
	}
	return t.In(w.Zone)
}

// Extra is a further fact.
type Extra struct {
	// Label is the operator's.
	Label string
	// Values may hold what people typed.
	Values []string
}

// Describe is New in a wording, with further facts. Its digest is that of New: a message that
// is worded in another way is the same message.
func (w Wording) Describe(r accessrequest.Request, c accessrequest.Cluster, extras []Extra) Message {
	neutral := New(r, c)
	m := w.describe(r, c, extras)
	m.Neutral = &neutral
	return m
}

// maxExtra bounds what is kept of a value, in characters.
const maxExtra = 1000

// extras adds further facts, of which something can be seen.
func (l *facts) extras(extras []Extra) {
	for _, e := range extras {
		values, more := listed(e.Values)
		if len(values) == 0 {
			continue
		}
		f := Field{Label: CleanLine(e.Label), More: more, Further: true}
		for _, value := range values {
			f.Items = append(f.Items, Item{Text: l.Language.Cut(value, maxExtra, CountRunes)})
		}
		l.known = append(l.known, f)
	}
}
