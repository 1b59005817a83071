// Package message turns an access request into what a reader sees, as a model
// that knows no chat service. Each messenger renders the model with its own
// markup and limits; the facts and their order are the same everywhere.
//
// Texts in the model were typed by people who ask for privilege. They are
// cleaned of control and formatting characters here. Markup says how a messenger
// escapes them, cuts them to size, and keeps them apart from the facts.
package message

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
)

// RefMark stands before the key by which a message is found again, where a reader sees it:
// the same in every language.
const RefMark = "Ref "

// Message is what a reader sees of one access request.
type Message struct {
	// Language is what our words are in.
	Language Language `json:"-"`
	// RequestID is the Teleport id of the request.
	RequestID string
	// Title says what the message is about, such as "Role request".
	Title string
	// State is where the request stands; messengers choose colour and emoji by it.
	State accessrequest.State
	// Status is State as a sentence for the reader, such as
	// "Pending, 1 of 2 approvals".
	Status string
	// StatusReason is the reason that was given with the final state.
	StatusReason string
	// Fields are the facts, in the order in which to show them.
	Fields []Field
	// Known are the facts of the request in a short message that follows another, for a service
	// that shows the latest message in the place of all.
	Known []Field `json:"-"`
	// LeftOut is how many suggested reviewers are not notified, because a request may
	// suggest any number. See [Message.LeaveOut].
	LeftOut int `json:",omitempty"`
	// Reviews are the reviews so far, oldest first.
	Reviews []Review
	// URL opens the request in Teleport's Web UI; empty where reviews are not
	// possible there, and once Teleport no longer has the request.
	URL string
	// Commands are the shell commands to decide with where URL is empty. They
	// hold no text that a requester chose.
	Commands []string
	// Buttons are what a reviewer can press; nil for none. See [Message.Offer].
	Buttons *Buttons `json:",omitempty"`
	// Subject names the request; empty for a message that is about none.
	Subject Subject `json:"-"`
	// Occasion is what the message is about, besides where the request stands.
	Occasion Occasion `json:"-"`
	// ToOwner is set for a message to who asks.
	ToOwner bool `json:",omitempty"`
	// Mentions are whom the message mentions, as the messenger writes that. Operators chose
	// them. They change nothing about what the message shows.
	Mentions []string `json:"-"`
	// Plain asks for the shortest rendering that cannot be rejected: no blocks,
	// no markup, the title, the status and the link.
	Plain bool
	// Neutral is the same message as New makes it, nil if it is that itself. A Digest is of
	// what there is to say, and not of how it is worded.
	Neutral *Message `json:"-"`
}

// Requester is who asks, as Teleport names them; empty if no fact says.
func (m Message) Requester() string {
	i := m.find(LabelUser)
	if i < 0 {
		return ""
	}
	return m.Fields[i].Text
}

// find returns the place of a fact, -1 if there is none. A further fact may have any label.
func (m Message) find(label string) int {
	label = m.Language.Say(label)
	return slices.IndexFunc(m.Fields, func(f Field) bool { return f.Label == label && !f.Further })
}

// LeaveOut makes the message say that so many suggested reviewers are not notified. Once
// the request is decided it matters no more.
func (m Message) LeaveOut(reviewers int) Message {
	m.LeftOut = 0
	if m.State == accessrequest.Pending {
		m.LeftOut = reviewers
	}
	return m
}

// Remind is a short message that follows this one: that the request has been pending for so
// long, and who should know of it.
func (m Message) Remind(after time.Duration, mentions []string) Message {
	asked := m.find(LabelUser)
	note := Message{
		Language:  m.Language,
		RequestID: m.RequestID,
		Title:     m.Title,
		State:     m.State,
		Status:    m.Language.Say(stillPending, m.Language.spell(after)),
		Fields:    m.Fields[max(asked, 0) : asked+1],
		Known:     m.Fields,
		URL:       m.URL,
		Mentions:  mentions,
		Subject:   m.Subject,
		Occasion:  Reminder,
	}
	if m.Neutral != nil {
		neutral := m.Neutral.Remind(after, mentions)
		note.Neutral = &neutral
	}
	return note
}

// Facts are the fields with what is said besides them: below the suggested reviewers, how
// many of them are not notified.
func (m Message) Facts() []Field {
	if m.LeftOut == 0 {
		return m.Fields
	}
	said := Field{Name: names[labelLeftOut], Label: m.Language.Say(labelLeftOut), Text: m.Language.Say(leftOutWords, m.LeftOut), Own: true}
	return slices.Insert(slices.Clone(m.Fields), m.find(labelReviewers)+1, said)
}

// Field is one fact. Exactly one of Text, Items and Time is set.
type Field struct {
	// Name is what programs call the fact, the same in every language; empty for a fact that
	// the operator has added.
	Name string `json:"-"`
	// Label is our own word for the fact, such as "Roles".
	Label string
	// Text is a single value.
	Text string
	// Own is true for a Text in our own words. Any other was typed by a person.
	Own bool
	// Further is true for a fact that the operator has added, under a label of the operator's.
	Further bool `json:",omitempty"`
	// Items is a list of values.
	Items []Item
	// More is how many further values there are.
	More int
	// Time is a moment, shown in the reader's own time zone where possible.
	Time time.Time
	// Long is true for a value that wants a line of its own. A Text that a person
	// typed may then have several.
	Long bool
}

// Item is one value of a list.
type Item struct {
	// Text is the value as a person typed it.
	Text string
	// Limits are what the value is limited to, and what else is said of it.
	Limits []Limit
}

// Limit is one way in which an item is limited, or something else that is said of it.
type Limit struct {
	// Words are our own, such as "only the logins".
	Words string
	// Values are what the item is limited to, as people typed them.
	Values []string
	// More is how many further values there are.
	More int
}

// isList is true for a field of items.
func (f Field) isList() bool { return len(f.Items) > 0 || f.More > 0 }

// IsQuotation is true for a text that a person may have typed over several lines.
func (f Field) IsQuotation() bool { return f.Long && !f.Own && f.Time.IsZero() && !f.isList() }

// IsEmpty reports whether there is nothing of the fact to show.
func (f Field) IsEmpty() bool {
	visible := func(item Item) bool { return CleanLine(item.Text) != "" }
	return f.Time.IsZero() && f.More == 0 && !slices.ContainsFunc(f.Items, visible) && CleanText(f.Text) == ""
}

// Review is one reviewer's vote.
type Review struct {
	// Key identifies the review within its request.
	Key string
	// Author is the reviewer's Teleport user name.
	Author string
	// SubmittedBy is the user that reviewed in the author's name; usually empty.
	SubmittedBy string
	// State is what the reviewer proposes.
	State accessrequest.State
	// Reason is the reviewer's reason, possibly empty.
	Reason string
	// Time is when the review was submitted.
	Time time.Time
	// Language is what our words about it are in.
	Language Language `json:"-"`
}

// Digest identifies the content: two messages with the same digest look the
// same to the reader. It says which state they show.
func (m Message) Digest() string {
	if m.Neutral != nil {
		neutral := *m.Neutral
		neutral.LeftOut = m.LeftOut
		return neutral.Digest()
	}
	// A message holds only strings, times and slices of them: it always encodes.
	encoded, err := json.Marshal(m)
	if err != nil {
		panic("message cannot be encoded: " + err.Error())
	}
	sum := sha256.Sum256(encoded)
	return string(m.State) + digestSeparator + hex.EncodeToString(sum[:8])
}

const digestSeparator = ":"

// Shows reports whether a message with the digest shows the state.
func Shows(digest string, state accessrequest.State) bool {
	shown, _, ok := strings.Cut(digest, digestSeparator)
	return ok && shown == string(state)
}

// LinkLabel says what the link is for.
func (m Message) LinkLabel() string {
	elsewhere := m.Neutral != nil && m.Neutral.URL != m.URL
	switch {
	case m.State == accessrequest.Pending && !m.ToOwner && elsewhere:
		return m.Language.Say(linkReviewElsewhere)
	case m.State == accessrequest.Pending && !m.ToOwner:
		return m.Language.Say(linkReview)
	case elsewhere:
		return m.Language.Say(linkOpenElsewhere)
	default:
		return m.Language.Say(linkOpen)
	}
}
