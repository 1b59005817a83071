package messengertest

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The actions of events.
const (
	pagerDutyTrigger     = "trigger"
	pagerDutyAcknowledge = "acknowledge"
	pagerDutyResolve     = "resolve"
)

// pagerDutyEvent is an event as its reference describes it
// (https://developer.pagerduty.com/api-reference/368ae3d938c9e-send-an-event-to-pager-duty).
type pagerDutyEvent struct {
	RoutingKey string            `json:"routing_key,omitempty"`
	Action     string            `json:"event_action"`
	DedupKey   string            `json:"dedup_key"`
	Client     string            `json:"client,omitempty"`
	ClientURL  string            `json:"client_url,omitempty"`
	Links      []pagerDutyLink   `json:"links,omitempty"`
	Payload    *pagerDutyPayload `json:"payload,omitempty"`
}

type pagerDutyLink struct {
	Href string `json:"href"`
	Text string `json:"text,omitempty"`
}

type pagerDutyPayload struct {
	Summary   string          `json:"summary"`
	Source    string          `json:"source"`
	Severity  string          `json:"severity"`
	Timestamp string          `json:"timestamp,omitempty"`
	Component string          `json:"component,omitempty"`
	Group     string          `json:"group,omitempty"`
	Class     string          `json:"class,omitempty"`
	Details   json.RawMessage `json:"custom_details,omitempty"`
}

// alphanumeric is what an integration key consists of.
var alphanumeric = regexp.MustCompile(`^[A-Za-z0-9]*$`)

// decodePagerDutyEvent returns what is wrong with an event. The sentences are PagerDuty's, as far
// as they are known.
func decodePagerDutyEvent(body []byte) (e pagerDutyEvent, wrong []string) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	// PagerDuty lets members pass that it does not know; here they are a mistake.
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		return e, []string{"JSON parse error"}
	}
	refuse := func(is bool, sentence string) {
		if is {
			wrong = append(wrong, sentence)
		}
	}
	refuse(len(e.RoutingKey) != 32, "Length of 'routing_key' is incorrect (should be 32 characters)")
	refuse(!alphanumeric.MatchString(e.RoutingKey), "'routing_key' cannot contain non-alphanumeric characters.")
	refuse(!slices.Contains([]string{pagerDutyTrigger, pagerDutyAcknowledge, pagerDutyResolve}, e.Action), "'event_action' is invalid")
	refuse(e.DedupKey == "" && e.Action != pagerDutyTrigger, "'dedup_key' is missing or blank")
	refuse(len([]rune(e.DedupKey)) > 255, "'dedup_key' is too long (maximum is 255 characters)")
	refuse(e.Payload == nil && e.Action == pagerDutyTrigger, "'payload' is missing or blank")
	for _, l := range e.Links {
		refuse(!strings.HasPrefix(l.Href, "https://"), "'links' is invalid")
	}
	if e.Payload != nil {
		wrong = append(wrong, e.Payload.wrong()...)
	}
	return e, wrong
}

func (p pagerDutyPayload) wrong() (all []string) {
	for name, text := range map[string]string{"summary": p.Summary, "source": p.Source, "severity": p.Severity} {
		if strings.TrimSpace(text) == "" {
			all = append(all, "'payload."+name+"' is missing or blank")
		}
	}
	if !slices.Contains([]string{"critical", "warning", "error", "info"}, p.Severity) {
		all = append(all, "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')")
	}
	if len([]rune(p.Summary)) > 1024 {
		all = append(all, "'summary' is too long (maximum is 1024 characters)")
	}
	if _, err := time.Parse(time.RFC3339, p.Timestamp); err != nil && p.Timestamp != "" {
		all = append(all, "'payload.timestamp' is invalid")
	}
	var details map[string]any
	if p.Details != nil && json.Unmarshal(p.Details, &details) != nil {
		all = append(all, "'payload.custom_details' is invalid")
	}
	return all
}

// stored is an event as it is kept: without the integration key, and with where the alert stands.
func (e pagerDutyEvent) stored() json.RawMessage {
	e.RoutingKey = ""
	raw, err := json.Marshal(e)
	if err != nil {
		panic("an event cannot be encoded: " + err.Error())
	}
	return raw
}

// text is what a responder reads in an alert.
func (e pagerDutyEvent) text() string {
	lines := []string{e.Payload.Summary}
	for _, d := range e.details() {
		if strings.Contains(d.text, "\n") {
			lines = append(lines, d.label+":", d.text)
		} else {
			lines = append(lines, d.label+": "+d.text)
		}
	}
	for _, l := range e.Links {
		lines = append(lines, joinNotEmpty(" ", l.Text, l.Href))
	}
	return joinLines(lines)
}

// betweenMarks is what is set apart by quotation marks.
var betweenMarks = regexp.MustCompile(`“[^”]*”`)

// outside is the same without what stands between quotation marks, and in lines that are quoted.
func (e pagerDutyEvent) outside() string {
	var ours []string
	for line := range strings.SplitSeq(e.text(), "\n") {
		label, quotation, _ := strings.Cut(line, "> ")
		if quotation != "" && (label == "" || strings.HasSuffix(label, ": ")) {
			line = label
		}
		ours = append(ours, betweenMarks.ReplaceAllString(line, ""))
	}
	return joinLines(ours)
}

type pagerDutyDetail struct{ label, text string }

// details are those of an event in their order.
func (e pagerDutyEvent) details() (all []pagerDutyDetail) {
	decoder := json.NewDecoder(bytes.NewReader(e.Payload.Details))
	next := func() (text string, ok bool) {
		token, err := decoder.Token()
		if err != nil {
			return "", false
		}
		text, ok = token.(string)
		return text, ok
	}
	// It begins with a brace.
	_, _ = next()
	for {
		label, ok := next()
		if !ok {
			return all
		}
		text, ok := next()
		if !ok {
			return all
		}
		all = append(all, pagerDutyDetail{label, text})
	}
}
