package webhook

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
)

// version is that of the schema. It changes when something is taken away, or means something
// else; what is added does not change it, and the schema that receivers have takes it.
const version = 1

// event is the body of a call.
type event struct {
	Type      string `json:"type"`
	Version   int    `json:"version"`
	Recipient string `json:"recipient,omitempty"`
	// Title and Status are for people, in the language of the notifier.
	Title  string `json:"title,omitempty"`
	Status string `json:"status,omitempty"`
	// URL is the page of the request, and Commands are to decide with where there is none.
	URL      string   `json:"url,omitempty"`
	Commands []string `json:"commands,omitempty"`
	// Partial is true for an event that leaves out what people typed, after one that the
	// receiver refused.
	Partial bool           `json:"partial,omitempty"`
	Request *request       `json:"request,omitempty"`
	Facts   map[string]any `json:"facts,omitempty"`
	Extra   []extra        `json:"extra,omitempty"`
	// MoreExtra is how many further ones there are.
	MoreExtra int `json:"moreExtra,omitempty"`
}

// request is where a request stands.
type request struct {
	ID string `json:"id"`
	// State is empty for an event that is about the access, and not the request.
	State          string   `json:"state,omitempty"`
	DecisionReason string   `json:"decisionReason,omitempty"`
	Reviews        []review `json:"reviews,omitempty"`
	// EarlierReviews is how many came before those.
	EarlierReviews int `json:"earlierReviews,omitempty"`
}

// review is one reviewer's vote.
type review struct {
	Author      string `json:"author,omitempty"`
	SubmittedBy string `json:"submittedBy,omitempty"`
	// Automatic is true for a rule of Teleport in the place of a reviewer.
	Automatic bool   `json:"automatic,omitempty"`
	State     string `json:"state"`
	Reason    string `json:"reason,omitempty"`
	Time      string `json:"time,omitempty"`
}

// outgoing is an event with its encoding.
type outgoing struct {
	event event
	body  []byte
}

func (o outgoing) reader() io.Reader { return bytes.NewReader(o.body) }

// ping is an event that says nothing.
func ping() outgoing { return encoded(event{Type: "ping", Version: version}) }

// encode makes an event of a message, as much of it as an event has room for.
func encode(recipient string, m message.Message) outgoing {
	if !m.Plain {
		for _, size := range sizes {
			if o := encoded(size.event(recipient, m)); len(o.body) <= maxBody {
				return o
			}
		}
	}
	e := sizes[len(sizes)-1].heading(recipient, m)
	e.Partial = true
	return encoded(e)
}

func encoded(e event) outgoing {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	// Strings, numbers and lists of them always encode.
	if err := encoder.Encode(e); err != nil {
		panic("an event cannot be encoded: " + err.Error())
	}
	return outgoing{e, bytes.TrimSpace(b.Bytes())}
}

// heading is what an event says without what people typed.
func (l limits) heading(recipient string, m message.Message) event {
	e := event{
		Type: typeOf(m), Version: version, Recipient: recipient,
		Title:  cmp.Or(l.short(m.Title), m.Language.Say(message.NoTitle)),
		Status: cmp.Or(l.short(m.Status), m.Language.Say(message.NoStatus)),
		URL:    message.PageURL(m.URL, ""),
	}
	if m.Occasion == message.ListsDue || m.Occasion == message.Trial {
		return e
	}
	e.Request = &request{ID: l.short(m.RequestID)}
	if m.Occasion == message.OfRequest || m.Occasion == message.Reminder {
		e.Request.State = stateOf(m.State)
	}
	return e
}

// event is all that there is to say, within the limits.
func (l limits) event(recipient string, m message.Message) event {
	e := l.heading(recipient, m)
	e.Facts, e.Extra, e.MoreExtra = l.facts(m)
	e.Commands = l.commands(m.Commands)
	if e.Request != nil {
		e.Request.DecisionReason = l.long(m.StatusReason)
		e.Request.Reviews, e.Request.EarlierReviews = l.latest(m.Reviews)
	}
	return e
}

// commands are those that fit: one that is cut would do something else.
func (l limits) commands(all []string) (kept []string) {
	for _, command := range all[:min(len(all), l.reviews)] {
		if line := message.CleanLine(command); line != "" && message.CountRunes(line) <= l.line {
			kept = append(kept, line)
		}
	}
	return kept
}

// latest are the latest reviews, which are the ones that decide.
func (l limits) latest(all []message.Review) (kept []review, earlier int) {
	earlier = max(len(all)-l.reviews, 0)
	for _, r := range all[earlier:] {
		kept = append(kept, review{
			Author: l.short(r.Author), SubmittedBy: l.short(r.SubmittedBy), Automatic: r.Author == accessrequest.AutomaticReviewer,
			State: stateOf(r.State), Reason: l.long(r.Reason), Time: timestamp(r.Time),
		})
	}
	return kept, earlier
}

// states are those that the schema names.
var states = map[accessrequest.State]string{
	accessrequest.Pending: "created", accessrequest.Approved: "approved", accessrequest.Denied: "denied",
	accessrequest.Promoted: "promoted", accessrequest.Expired: "expired", accessrequest.Removed: "removed", accessrequest.Gone: "gone",
}

// stateOf is a state by its name in the schema.
func stateOf(s accessrequest.State) string {
	if _, known := states[s]; known {
		return string(s)
	}
	return "UNKNOWN"
}

// occasions are the types of events that are not about where a request stands.
var occasions = map[message.Occasion]string{
	message.Reminder: "access_request.reminder", message.AccessEndsSoon: "access.ends_soon", message.AccessEnded: "access.ended",
	message.ListsDue: "access_lists.due", message.Trial: "test",
}

// typeOf is the type of an event.
func typeOf(m message.Message) string {
	if kind, special := occasions[m.Occasion]; special {
		return kind
	}
	if m.State == accessrequest.Pending && len(m.Reviews) > 0 {
		return "access_request.reviewed"
	}
	return "access_request." + cmp.Or(states[m.State], "updated")
}

// attributes sets those that CloudEvents asks for, in binary mode.
func (o outgoing) attributes(h http.Header, id string) {
	h.Set("Ce-Specversion", "1.0")
	h.Set("Ce-Id", id)
	h.Set("Ce-Type", "dev.accessnotifier."+o.event.Type)
	source := "/clusters"
	if cluster, known := o.event.Facts["cluster"].(string); known {
		source += "/" + url.PathEscape(cluster)
	}
	h.Set("Ce-Source", source)
	if r := o.event.Request; r != nil && r.ID != "" && !strings.ContainsFunc(r.ID, notVisible) {
		h.Set("Ce-Subject", r.ID)
	}
}

func notVisible(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '%' }
