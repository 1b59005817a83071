package messengertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// webhookEvent is an event as its schema describes it.
type webhookEvent struct {
	Type      string                     `json:"type"`
	Version   int                        `json:"version"`
	Recipient string                     `json:"recipient,omitempty"`
	Title     string                     `json:"title,omitempty"`
	Status    string                     `json:"status,omitempty"`
	URL       string                     `json:"url,omitempty"`
	Commands  []string                   `json:"commands,omitempty"`
	Partial   bool                       `json:"partial,omitempty"`
	Request   *webhookRequest            `json:"request,omitempty"`
	Facts     map[string]json.RawMessage `json:"facts,omitempty"`
	Extra     []webhookExtra             `json:"extra,omitempty"`
	MoreExtra int                        `json:"moreExtra,omitempty"`

	// signed is when it was sent.
	signed int64
}

type webhookRequest struct {
	ID             string          `json:"id"`
	State          string          `json:"state"`
	DecisionReason string          `json:"decisionReason"`
	Reviews        []webhookReview `json:"reviews"`
	EarlierReviews int             `json:"earlierReviews"`
}

type webhookReview struct {
	Author      string     `json:"author"`
	SubmittedBy string     `json:"submittedBy"`
	Automatic   bool       `json:"automatic"`
	State       string     `json:"state"`
	Reason      string     `json:"reason"`
	Time        *time.Time `json:"time"`
}

type webhookExtra struct {
	Label string          `json:"label"`
	Value json.RawMessage `json:"value"`
}

type webhookList struct {
	Items []struct {
		Text   string `json:"text"`
		Limits []struct {
			Words  string   `json:"words"`
			Values []string `json:"values"`
			More   int      `json:"more"`
		} `json:"limits"`
	} `json:"items"`
	More int `json:"more"`
}

// webhookFacts are the facts that have a name, in the order in which people read them, with
// what they call them. Those that an operator has added come before the one without a name.
var webhookFacts = []struct{ name, label string }{
	{"user", "User"}, {"roles", "Roles"}, {"resources", "Resources"}, {"notShown", "Not shown"}, {"reason", "Reason"},
	{"cluster", "Cluster"}, {"", ""}, {"suggestedReviewers", "Suggested reviewers"}, {"notNotified", "Not notified"},
	{"access", "Access"}, {"accessLasts", "Access lasts"}, {"accessStarts", "Access starts"}, {"accessEnds", "Access ends"},
	{"requestExpires", "Request expires"}, {"accessList", "Access list"}, {"accessLists", "Access lists"}, {"sender", "Sent by"},
}

var errNoEvent = errors.New("not an event of the schema")

// decodeWebhookEvent refuses what the schema does not have.
func decodeWebhookEvent(body []byte) (webhookEvent, error) {
	var e webhookEvent
	if err := strictly(body, &e); err != nil {
		return e, err
	}
	for name, value := range e.Facts {
		_, isText := textOf(value)
		_, isList := listOf(value)
		known := slices.ContainsFunc(webhookFacts, func(f struct{ name, label string }) bool { return f.name == name })
		if !known || name == "" || isText == isList {
			return e, errNoEvent
		}
	}
	ping := e.Type == webhookPing
	if e.Version != 1 || e.Type == "" || ping != (e.Recipient == "") || ping != (e.Title == "") || ping != (e.Status == "") {
		return e, errNoEvent
	}
	return e, nil
}

// attributed reports whether the headers of CloudEvents say what the event does.
func (e webhookEvent) attributed(h http.Header) bool {
	return h.Get("Ce-Specversion") == "1.0" && h.Get("Ce-Id") == h.Get(standardwebhooks.HeaderWebhookID) &&
		h.Get("Ce-Type") == "dev.accessnotifier."+e.Type && h.Get("Ce-Source") != "" &&
		(h.Get("Ce-Subject") == "" || e.Request != nil && h.Get("Ce-Subject") == e.Request.ID)
}

// isNote is true for what follows the events of a request, and does not say where it stands.
func (e webhookEvent) isNote() bool {
	return e.Request == nil || e.Type == "access_request.reminder" || e.Request.State == ""
}

func textOf(value json.RawMessage) (text string, ok bool) {
	return text, json.Unmarshal(value, &text) == nil
}

func listOf(value json.RawMessage) (list webhookList, ok bool) {
	err := json.Unmarshal(value, &list)
	return list, err == nil && list.Items != nil
}

// text is what a reader would see of an event.
func (e webhookEvent) text() string {
	var all []string
	e.lines(func(words, typed string) { all = append(all, joinNotEmpty(" ", words, typed)) })
	return joinLines(all)
}

// outside is the same without what people typed.
func (e webhookEvent) outside() string {
	var ours []string
	e.lines(func(words, _ string) { ours = append(ours, words) })
	return joinLines(ours)
}

// lines gives each line of an event: our own words, and what a person typed.
func (e webhookEvent) lines(line func(words, typed string)) {
	line(e.Title, "")
	line(e.Status, "")
	for _, f := range webhookFacts {
		if f.name == "" {
			for _, x := range e.Extra {
				factLines(x.Label, x.Value, line)
			}
			continue
		}
		if value, known := e.Facts[f.name]; known {
			factLines(f.label, value, line)
		}
	}
	if e.MoreExtra > 0 {
		line(fmt.Sprintf("and %d more", e.MoreExtra), "")
	}
	if e.Request != nil {
		e.Request.lines(line)
	}
	line(e.URL, "")
	for _, command := range e.Commands {
		line(command, "")
	}
}

// factLines gives the lines of a fact. Some of them are our own words: readers cannot tell.
func factLines(label string, value json.RawMessage, line func(words, typed string)) {
	if text, isText := textOf(value); isText {
		line(label+":", text)
		return
	}
	list, _ := listOf(value)
	line(label+":", "")
	for _, item := range list.Items {
		line("-", item.Text)
		for _, limit := range item.Limits {
			line(limit.Words, strings.Join(limit.Values, ", "))
			moreLine(limit.More, line)
		}
	}
	moreLine(list.More, line)
}

func moreLine(more int, line func(words, typed string)) {
	if more > 0 {
		line(fmt.Sprintf("and %d more", more), "")
	}
}

func (r webhookRequest) lines(line func(words, typed string)) {
	if r.DecisionReason != "" {
		line("Reason given:", r.DecisionReason)
	}
	if r.EarlierReviews > 0 {
		line(fmt.Sprintf("%d earlier reviews", r.EarlierReviews), "")
	}
	for _, v := range r.Reviews {
		did := map[string]string{"APPROVED": "✅ Approved by", "DENIED": "❌ Denied by", "PROMOTED": "⏫ Promoted by"}[v.State]
		if did == "" {
			did = "Reviewed by"
		}
		line(did, v.Author)
		if v.SubmittedBy != "" {
			line("through", v.SubmittedBy)
		}
		line("", v.Reason)
	}
	line("Request "+r.ID, "")
}

func joinNotEmpty(separator string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), separator)
}
