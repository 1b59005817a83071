package pagerduty

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// The actions of events.
const (
	actionTrigger     = "trigger"
	actionAcknowledge = "acknowledge"
	actionResolve     = "resolve"
)

const (
	client    = "Access Notifier"
	component = "teleport"
	class     = "access-request"
	// unknownSource stands for a cluster that the message does not name.
	unknownSource = "teleport"
)

// event is the body of a call.
type event struct {
	RoutingKey string `json:"routing_key"`
	Action     string `json:"event_action"`
	DedupKey   string `json:"dedup_key"`
	// Client and ClientURL are used for triggers only.
	Client    string   `json:"client,omitempty"`
	ClientURL string   `json:"client_url,omitempty"`
	Links     []link   `json:"links,omitempty"`
	Payload   *payload `json:"payload,omitempty"`
}

type link struct {
	Href string `json:"href"`
	Text string `json:"text,omitempty"`
}

// payload is what an event says, in the PagerDuty Common Event Format
// (https://support.pagerduty.com/docs/pd-cef).
type payload struct {
	Summary   string  `json:"summary"`
	Source    string  `json:"source"`
	Severity  string  `json:"severity"`
	Timestamp string  `json:"timestamp,omitempty"`
	Component string  `json:"component,omitempty"`
	Group     string  `json:"group,omitempty"`
	Class     string  `json:"class,omitempty"`
	Details   details `json:"custom_details,omitempty"`
}

// details are an object in JSON, whose members keep their order.
type details []detail

type detail struct{ label, text string }

// MarshalJSON implements json.Marshaler.
func (d details) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, each := range d {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, text := range []string{each.label, each.text} {
			encoded, err := json.Marshal(text)
			if err != nil {
				return nil, err
			}
			if j > 0 {
				b.WriteByte(':')
			}
			b.Write(encoded)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// add adds a detail, unless it is empty. No two have one label.
func (d *details) add(label, text string) {
	if text == "" {
		return
	}
	free := label
	for n := 2; d.has(free); n++ {
		free = label + " (" + strconv.Itoa(n) + ")"
	}
	*d = append(*d, detail{free, text})
}

func (d *details) has(label string) bool {
	for _, each := range *d {
		if each.label == label {
			return true
		}
	}
	return false
}

// actionOf is what a message does with its alert. A request that has reviews has a reviewer at
// work, unless it is new to the recipient. What else is said of a pending request has to be as
// loud as the first event, which may be lost: PagerDuty makes no second incident of it.
func actionOf(m message.Message, isEdit bool) string {
	switch {
	case m.State.Resolved():
		return actionResolve
	case isEdit && len(m.Reviews) > 0:
		return actionAcknowledge
	default:
		return actionTrigger
	}
}

// render is an event of a message, but for what a call adds.
func render(ref messenger.Ref, m message.Message, action, severity string) event {
	if len(m.Known) > 0 {
		// The alert shows the latest event only.
		m.Fields = m.Known
	}
	l := m.Layout(markup, limits)
	e := event{
		Action: action, DedupKey: ref.ID,
		Payload: &payload{
			Summary: summary(m), Source: source(m), Severity: severity,
			Component: component, Group: ref.Channel, Class: class, Details: detailsOf(m, l),
		},
	}
	if l.Address != "" {
		e.Links = []link{{Href: l.Address, Text: l.LinkLabel}}
	}
	if action == actionTrigger {
		e.Client, e.ClientURL = client, l.Address
	}
	return e
}

// timestamp is a moment as PagerDuty writes it.
func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// summary is what a phone reads out: who asks for what, and where. It becomes the title of the
// incident, which nothing changes later: it says nothing that may change, but for a reminder.
func summary(m message.Message) string {
	l := m.Layout(markup, brief)
	if m.Plain {
		return l.Title
	}
	parts := []string{l.Headline(l.Title)}
	for _, fact := range l.Facts {
		if summarised[fact.Field.Name] {
			parts = append(parts, fact.Text)
		}
	}
	if m.Occasion == message.Reminder {
		parts = append(parts, l.Status)
	}
	return m.Language.Cut(join(parts), maxSummary, message.CountRunes)
}

// summarised are the facts that a summary has.
var summarised = map[string]bool{"roles": true, "resources": true, "cluster": true}

func join(parts []string) string {
	var b bytes.Buffer
	for i, part := range parts {
		if i > 0 {
			b.WriteString(" · ")
		}
		b.WriteString(part)
	}
	return b.String()
}

// source is the cluster.
func source(m message.Message) string {
	for _, f := range m.Fields {
		if name := message.CleanLine(f.Text); f.Name == "cluster" && name != "" && !m.Plain {
			return message.Cut(name, maxSource, message.CountRunes)
		}
	}
	return unknownSource
}

// detailsOf are all facts, and what became of the request.
func detailsOf(m message.Message, l message.Layout) (all details) {
	all.add(l.Title, l.Emoji+" "+l.Status)
	if m.Plain {
		return all
	}
	for _, fact := range l.Facts {
		all.add(fact.Label, fact.Text)
	}
	all.add(l.Word(message.LabelMore), l.More)
	all.add(l.Word(message.LabelStatusReason), l.StatusReason.Text)
	all.add(l.Word(message.LabelReviews), l.Reviews)
	all.add(l.Word(message.LabelCommands), l.Commands)
	all.add(l.Word(message.LabelRequest), l.ID)
	return all
}
