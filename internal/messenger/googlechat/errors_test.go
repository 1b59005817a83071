package googlechat

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

func TestRefusalsAreClassified(t *testing.T) {
	tests := map[string]struct {
		answer answer
		class  messenger.Class
		code   string
	}{
		"not in the space":       {refusalOf(403, "PERMISSION_DENIED", ""), messenger.RecipientPermanent, "PERMISSION_DENIED"},
		"the API is off":         {refusalOf(403, "PERMISSION_DENIED", "SERVICE_DISABLED"), messenger.MessengerPermanent, "SERVICE_DISABLED"},
		"a reason of next year":  {refusalOf(403, "PERMISSION_DENIED", "OF_NEXT_YEAR"), messenger.RecipientPermanent, "PERMISSION_DENIED"},
		"a status of next year":  {refusalOf(418, "OF_NEXT_YEAR", ""), messenger.Transient, "OF_NEXT_YEAR"},
		"no such space":          {refusalOf(404, "NOT_FOUND", ""), messenger.RecipientPermanent, "NOT_FOUND"},
		"wrong content":          {refusalOf(400, "INVALID_ARGUMENT", ""), messenger.ContentRejected, "INVALID_ARGUMENT"},
		"quota":                  {refusalOf(429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"), messenger.Throttled, "RATE_LIMIT_EXCEEDED"},
		"quota without a body":   {answer{Status: 429}, messenger.Throttled, "http_429"},
		"internal":               {refusalOf(500, "INTERNAL", ""), messenger.Transient, "INTERNAL"},
		"unavailable":            {refusalOf(503, "UNAVAILABLE", ""), messenger.Transient, "UNAVAILABLE"},
		"a gateway's page":       {answer{Status: 502, Body: "<html>"}, messenger.Transient, "http_502"},
		"a page to log in":       {answer{Status: 403, Body: "<html>"}, messenger.Transient, "http_403"},
		"a redirect":             {answer{Status: 302, Body: "<html>"}, messenger.Transient, "http_302"},
		"too large for a proxy":  {answer{Status: 413, Body: "<html>"}, messenger.ContentRejected, "http_413"},
		"a code that is no code": {refusalOf(403, "secret <b>", ""), messenger.Transient, "http_403"},
	}
	for name, tt := range tests {
		g, _ := newBot(t, map[string][]answer{routePost: {tt.answer}})
		_, err := g.Post(t.Context(), address, message.Message{}, "key")
		e := messenger.AsError(err)
		if e.Class != tt.class || e.Code != tt.code || e.Quoted == strings.HasPrefix(e.Code, "http_") || strings.Contains(e.Error(), "secret") {
			t.Errorf("%s: %+v", name, e)
		}
		if e.Unclear != (tt.answer.Status >= 500) {
			t.Errorf("%s: unclear is %t", name, e.Unclear)
		}
	}
}

// TestAnAppThatIsNotConfigured is told by Check, at whose call no space can be unknown.
func TestAnAppThatIsNotConfigured(t *testing.T) {
	g, _ := newBot(t, map[string][]answer{routeSpaces: {refusalOf(404, "NOT_FOUND", "")}})
	e := messenger.AsError(g.Check(t.Context()))
	if e.Class != messenger.MessengerPermanent || !e.NotToken || e.Advice != adviceApp {
		t.Errorf("Check = %+v", e)
	}
}

// TestAPersonWithoutDirectMessages is named with what to do.
func TestAPersonWithoutDirectMessages(t *testing.T) {
	g, _ := newBot(t, map[string][]answer{routeDirect: {refusalOf(404, "NOT_FOUND", "")}})
	_, err := g.Resolve(t.Context(), "alice@example.com")
	if e := messenger.AsError(err); e.Class != messenger.RecipientPermanent || e.Advice != adviceDirect {
		t.Errorf("Resolve = %+v", e)
	}
}

// TestAQuotaOfTheApp pauses all spaces, as soon as it stops a second one.
func TestAQuotaOfTheApp(t *testing.T) {
	exhausted := refusalOf(429, "RESOURCE_EXHAUSTED", "")
	const other = "AAAAspace02"
	g, a := newBot(t, map[string][]answer{
		routePost: {exhausted}, strings.Replace(routePost, spaceOne, other, 1): {exhausted},
	})
	_, err := g.Post(t.Context(), address, message.Message{}, "key")
	if e := messenger.AsError(err); e.Scope != messenger.ScopeAddress || e.RetryAfter != retryAfter {
		t.Errorf("the first refusal: %+v", e)
	}
	_, err = g.Post(t.Context(), messenger.Address{ID: other}, message.Message{}, "key")
	if e := messenger.AsError(err); e.Scope != messenger.ScopeMethod {
		t.Errorf("the second refusal: %+v", e)
	}
	before := len(a.Calls())
	_, err = g.Post(t.Context(), messenger.Address{ID: "AAAAspace03"}, message.Message{}, "key")
	if e := messenger.AsError(err); e.Class != messenger.Throttled || len(a.Calls()) != before {
		t.Errorf("a third space: %+v after %d calls", e, len(a.Calls())-before)
	}
}

// TestAnIDThatIsTaken is that of the message that is there, or else a refusal.
func TestAnIDThatIsTaken(t *testing.T) {
	id := idOf(asMessage, "key")
	routeRead := "GET /v1/spaces/" + spaceOne + "/messages/" + id
	for name, tt := range map[string]struct {
		read answer
		want messenger.Class
		ok   bool
	}{
		"there":        {answer{Body: `{"name":"spaces/` + spaceOne + `/messages/` + messageOne + `","text":"old"}`}, 0, true},
		"another's":    {refusalOf(403, "PERMISSION_DENIED", ""), messenger.Transient, false},
		"deleted":      {answer{Body: `{"name":"spaces/` + spaceOne + `/messages/` + messageOne + `","deleteTime":"2026-01-01T00:00:00Z"}`}, messenger.Transient, false},
		"in trouble":   {answer{Status: 502}, messenger.Transient, false},
		"another name": {answer{Body: `{"name":"spaces/other/messages/x"}`}, messenger.Transient, false},
	} {
		g, a := newBot(t, map[string][]answer{
			routePost: {refusalOf(409, "ALREADY_EXISTS", "")}, routeRead: {tt.read}, routeEdit: {posted},
		})
		got, err := g.Post(t.Context(), address, message.Message{State: accessrequest.Approved}, "key")
		if (err == nil) != tt.ok || tt.ok && got != ref || err != nil && messenger.AsError(err).Class != tt.want {
			t.Errorf("%s: Post = %v, %v", name, got, err)
		}
		if last := a.Last().Route; tt.ok && last != routeEdit {
			t.Errorf("%s: the message is not brought up to date: %s", name, last)
		}
	}
}
