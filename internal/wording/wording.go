// Package wording holds how the messages of one notifier are worded: the language, the time
// zone, further facts and the link. It can be replaced at any time, and what cannot be used
// of it is left out and named: words never keep a message from being delivered.
package wording

import (
	"fmt"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accesslist"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// Spec says how messages are worded, as it is written. Deeply equal ones say the same, and
// the zero Spec has no wishes.
type Spec struct {
	Locale, TimeZone string
	ExtraFields      []ExtraField
	LinkTemplate     string
}

// ExtraField is a further fact.
type ExtraField struct {
	Label string
	Value Expression
}

// Expression says what a further fact is, as it is written: package match does.
type Expression interface {
	// Compile reads it. The error's text follows the place where the expression stands.
	Compile() (Value, error)
}

// Value tells a further fact. It is safe for concurrent use.
type Value interface {
	// Of returns the values for a request, none if there is nothing to tell. The error's
	// text is as that of Compile, and repeats nothing that a requester typed.
	Of(r accessrequest.Request) ([]string, error)
}

// problemFor is for how long a problem with a request counts. Pending requests are described
// more often, so that the problem stays for as long as there is such a request.
const problemFor = 30 * time.Minute

// Wording describes requests by a Spec. It may be used by several goroutines.
type Wording struct {
	mu sync.Mutex
	s  *state
}

// state is what one Spec says. Its extras are guarded by Wording.mu.
type state struct {
	message.Wording
	extras []*extra
	// invalid are what is wrong with the Spec.
	invalid []string
}

// extra is a further fact that can be evaluated.
type extra struct {
	label string
	value Value
	path  string
	// problem is why it was left out lately, and seen when.
	problem string
	seen    time.Time
}

// New returns a Wording.
func New(spec Spec) *Wording { return &Wording{s: compile(spec)} }

// Language is what messages are in.
func (w *Wording) Language() message.Language { return w.state().Language }

// Replace makes another Spec count.
func (w *Wording) Replace(spec Spec) {
	s := compile(spec)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.s = s
}

// compile reads a Spec. What is wrong with it is left out.
func compile(spec Spec) *state {
	s := &state{}
	leaveOut := func(path, problem string) { s.invalid = append(s.invalid, "spec.message."+path+problem) }
	if language := message.Language(spec.Locale); spec.Locale != "" && !language.Known() {
		leaveOut("locale", fmt.Sprintf(": there are no messages in %q, and English is used", status.Printable(spec.Locale, maxShown)))
	} else {
		s.Language = language
	}
	zone, err := time.LoadLocation(spec.TimeZone)
	if err != nil || zone == time.Local {
		leaveOut("timeZone", fmt.Sprintf(": there is no time zone %q, and UTC is used: write a name such as Europe/Berlin", status.Printable(spec.TimeZone, maxShown)))
		zone = time.UTC
	}
	s.Zone = zone
	if spec.LinkTemplate != "" {
		if err := message.CheckLink(spec.LinkTemplate); err != nil {
			leaveOut("linkTemplate", ": it "+err.Error())
		} else {
			s.Link = spec.LinkTemplate
		}
	}
	for i, field := range spec.ExtraFields {
		path := fmt.Sprintf("extraFields[%d].value", i)
		value, err := field.Value.Compile()
		if err != nil {
			leaveOut(path, err.Error())
			continue
		}
		s.extras = append(s.extras, &extra{label: field.Label, value: value, path: "spec.message." + path})
	}
	return s
}

// maxShown bounds what is repeated of a Spec in a problem, in characters.
const maxShown = 80

// Describe describes a request to a reader. A further fact that cannot be told is left out.
func (w *Wording) Describe(r accessrequest.Request, c accessrequest.Cluster) message.Message {
	s := w.state()
	var told []message.Extra
	for _, e := range s.extras {
		values, err := e.value.Of(r)
		if err != nil {
			w.note(e, err)
			continue
		}
		told = append(told, message.Extra{Label: e.label, Values: values})
	}
	return s.Wording.Describe(r, c, told)
}

// AccessLists reminds an owner of access lists that they have to be reviewed.
func (w *Wording) AccessLists(lists []accesslist.List, c accessrequest.Cluster) message.Message {
	return w.state().Wording.AccessLists(lists, c, time.Now())
}

func (w *Wording) state() *state {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.s
}

// note remembers that a fact was left out.
func (w *Wording) note(e *extra, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e.problem, e.seen = e.path+err.Error(), time.Now()
}

// Status tells what is left out.
func (w *Wording) Status() status.Wording {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := status.Wording{Invalid: w.s.invalid}
	for _, e := range w.s.extras {
		if e.problem != "" && time.Since(e.seen) < problemFor {
			out.LeftOut = append(out.LeftOut, e.problem)
		}
	}
	return out
}
