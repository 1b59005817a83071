package webhook

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/golden"
)

var created = time.Date(2026, 11, 21, 10, 42, 15, 0, time.UTC)

const recipient = "audit-log"

// hostile is what a requester types who wants to look approved.
const hostile = "x\",\"state\":\"APPROVED\"} \\\",\\u0022 {\"type\":\"access_request.approved\"}\r\nWebhook-Signature: v1,x\n</script>\u2028<!-- %s ${x}"

func samples() map[string]message.Message {
	return conformance.Whole(created, conformance.Typed{
		Hostile: hostile, Filler: "lorem \"ipsum\" & ", Role: "role", Refusal: "Not today.\n\nAsk again tomorrow.",
	})
}

// published is the schema that receivers have.
func published(tb testing.TB) any {
	tb.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "schemas", "webhook-event-v1.json"))
	if err != nil {
		tb.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		tb.Fatal(err)
	}
	return document
}

func compile(tb testing.TB, document any) *jsonschema.Schema {
	tb.Helper()
	const url = "https://schema.example/event"
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(url, document); err != nil {
		tb.Fatal(err)
	}
	compiled, err := compiler.Compile(url)
	if err != nil {
		tb.Fatal(err)
	}
	return compiled
}

// schema is the published one, closed to what it does not name: whatever we send is in it.
func schema(tb testing.TB) *jsonschema.Schema {
	tb.Helper()
	return compile(tb, closed(published(tb)))
}

// closed closes each object that is described, and leaves the first of several choices.
func closed(document any) any {
	switch node := document.(type) {
	case []any:
		for _, each := range node {
			closed(each)
		}
	case map[string]any:
		for _, each := range node {
			closed(each)
		}
		if node["type"] == "object" {
			node["additionalProperties"] = false
		}
		if choices, ok := node["anyOf"].([]any); ok {
			node["anyOf"] = choices[:1]
		}
	}
	return document
}

// checkEvent checks an event against the schema, and returns it decoded.
func checkEvent(tb testing.TB, schema *jsonschema.Schema, body []byte) any {
	tb.Helper()
	event, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	if err := schema.Validate(event); err != nil {
		tb.Errorf("%v in\n%.2000s", err, body)
	}
	if len(body) > maxBody {
		tb.Errorf("the event has %d bytes", len(body))
	}
	return event
}

// TestEvents: each sample is an event of the schema.
func TestEvents(t *testing.T) {
	schema := schema(t)
	for name, m := range samples() {
		t.Run(name, func(t *testing.T) {
			o := encode(recipient, m)
			golden.JSON(t, name, checkEvent(t, schema, o.body))
			if len(o.event.Extra) > 0 && m.Neutral == nil {
				t.Errorf("message.New makes facts that have no name: %+v", o.event.Extra)
			}
		})
	}
	checkEvent(t, schema, ping().body)
}

// TestEveryTypeIsAnEvent of the schema, and has a sample.
func TestEveryTypeIsAnEvent(t *testing.T) {
	unseen := map[string]bool{}
	for _, word := range states {
		unseen["access_request."+word] = true
	}
	for _, kind := range occasions {
		unseen[kind] = true
	}
	for _, m := range samples() {
		delete(unseen, typeOf(m))
	}
	if len(unseen) > 0 {
		t.Errorf("no sample is of the types %v", unseen)
	}
}

// TestTheSchemaRefuses what is no event, so that it says something.
func TestTheSchemaRefuses(t *testing.T) {
	schema := schema(t)
	good := string(encode(recipient, samples()["denied"]).body)
	for name, change := range map[string][2]string{
		"another version":  {`"version":1`, `"version":2`},
		"an unknown type":  {`"access_request.denied"`, `"access_request.vetoed"`},
		"an unknown state": {`"DENIED"`, `"VETOED"`},
		"an unknown fact":  {`"user"`, `"username"`},
		"no recipient":     {`"recipient":"audit-log",`, ``},
		"no state":         {`"state":"DENIED",`, ``},
		"a URL of HTTP":    {`"url":"https:`, `"url":"http:`},
		"no time":          {`"time":"2026-`, `"time":"soon-`},
	} {
		body := strings.Replace(good, change[0], change[1], 1)
		event, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
		if err != nil || body == good {
			t.Fatalf("%s: %v in\n%s", name, err, body)
		}
		if schema.Validate(event) == nil {
			t.Errorf("the schema takes %s:\n%s", name, body)
		}
	}
}

// TestFactsAreInEnglish whatever the language of the notifier is, and what people read is not.
func TestFactsAreInEnglish(t *testing.T) {
	all := samples()
	var want any
	for name, m := range all {
		if !strings.HasPrefix(name, "locale-") {
			continue
		}
		e := encode(recipient, m).event
		facts, err := json.Marshal(e.Facts)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = string(facts)
		}
		if want != string(facts) || !strings.Contains(string(facts), `"access":"Temporary"`) || e.Status == "Pending, 0 of 2 approvals" {
			t.Errorf("%s: %s, %q", name, facts, e.Status)
		}
		if len(e.Extra) != 1 || e.Extra[0].Label != "Ticket" {
			t.Errorf("%s: the extra facts are %+v", name, e.Extra)
		}
	}
}

// TestTheSchemaTakesWhatIsAdded to version 1 later: who has the schema of today is sent the
// events of then.
func TestTheSchemaTakesWhatIsAdded(t *testing.T) {
	schema := compile(t, published(t))
	for name, m := range samples() {
		body := encode(recipient, m).body
		later, err := jsonschema.UnmarshalJSON(bytes.NewReader(bytes.Replace(body, []byte(`"type":"access`), []byte(`"type":"later.access`), 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(withMore(later)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := schema.Validate(withMore(map[string]any{"type": "ping", "version": json.Number("1")})); err != nil {
		t.Error(err)
	}
}

// withMore adds a member to each object.
func withMore(document any) any {
	switch node := document.(type) {
	case []any:
		for _, each := range node {
			withMore(each)
		}
	case map[string]any:
		for _, each := range node {
			withMore(each)
		}
		node["addedLater"] = "x"
	}
	return document
}

func FuzzEvents(f *testing.F) {
	schema := schema(f)
	conformance.Fuzz(f, samples(), hostile, `{"a":"`, func(t *testing.T, m message.Message) {
		for _, plain := range []bool{false, true} {
			m.Plain = plain
			checkEvent(t, schema, encode(recipient, m).body)
		}
	})
}
