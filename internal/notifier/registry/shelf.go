package registry

import (
	"time"

	"github.com/accessnotifier/accessnotifier/internal/notifier/delta"
	"github.com/accessnotifier/accessnotifier/internal/notifier/keeper"
)

// shelf holds the records of requests that rest. There may be tens of thousands that are much
// alike: of most it keeps what tells them from another one.
type shelf struct {
	records map[string]shelved
	// base is what records are compared with, text the same as records keep it.
	base *delta.Base
	text *string
}

type shelved struct {
	// text is the record, or what tells it from base.
	text string
	base *string
	at   time.Time
}

func newShelf() shelf { return shelf{records: map[string]shelved{}} }

// put keeps the record of a request. One that is not much like the base is the next base: the
// rules or the account of the messenger may have changed.
func (s *shelf) put(id string, known keeper.Snapshot) {
	if s.base != nil {
		if short := s.base.Encode(known.Text); len(short) <= len(known.Text)/2 {
			s.records[id] = shelved{text: short, base: s.text, at: known.At}
			return
		}
	}
	if base := delta.NewBase(known.Text); base != nil {
		s.base, s.text = base, &known.Text
	}
	s.records[id] = shelved{text: known.Text, at: known.At}
}

// get returns the record of a request, and whether it rests.
func (s *shelf) get(id string) (known keeper.Snapshot, rests bool) {
	r, rests := s.records[id]
	if r.base != nil {
		// It is one that Encode has made.
		r.text, _ = delta.Decode(*r.base, r.text)
	}
	return keeper.Snapshot{Text: r.text, At: r.at}, rests
}
