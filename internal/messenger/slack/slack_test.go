package slack

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/scripted"
)

const (
	channel = "C0123456789"
	ts      = "1700000000.000100"
)

var (
	address = messenger.Address{ID: channel}
	ref     = messenger.Ref{Channel: channel, ID: ts}
	posted  = ok(`"channel":"` + channel + `","ts":"` + ts + `"`)
	small   = message.Message{RequestID: "id", Title: "Role request", State: accessrequest.Pending, Status: "Pending"}
)

func TestDefaultAddress(t *testing.T) {
	s, err := New(messenger.Config{Token: token})
	if err != nil || s.bot.URL.String() != "https://slack.com/api" {
		t.Errorf("New = %v, %v; want Slack's own address", s, err)
	}
}

func TestCheck(t *testing.T) {
	tests := map[string]struct {
		answer answer
		want   *messenger.Error
	}{
		"works":          {answer: ok("")},
		"with its scope": {answer: answer{Body: `{"ok":true}`, Header: map[string]string{"X-Oauth-Scopes": "im:write, chat:write"}}},
		"without its scope": {
			answer: answer{Body: `{"ok":true}`, Header: map[string]string{"X-Oauth-Scopes": "im:write"}},
			want: &messenger.Error{
				Class: messenger.MessengerPermanent, Call: "chat.postMessage", Code: "missing_scope",
				Advice: "Add the scope chat:write to the app, and install it again",
			},
		},
		"revoked": {
			answer: refusal("token_revoked"),
			want: &messenger.Error{
				Class: messenger.MessengerPermanent, Call: "auth.test", Code: "token_revoked", Advice: adviceRenew,
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, _ := newSlack(t, map[string][]answer{"auth.test": {tt.answer}})
			scripted.CheckError(t, s.Check(t.Context()), tt.want)
		})
	}
}

func TestPostSendsOnlyWhatItShould(t *testing.T) {
	s, a := newSlack(t, map[string][]answer{callPost: {posted}})
	got, err := s.Post(t.Context(), address, small, "key-1")
	if err != nil || got != ref {
		t.Fatalf("Post = %v, %v; want %v", got, err, ref)
	}
	sent := a.Last()
	if got, want := sent.Header.Get("Authorization"), "Bearer "+token; got != want {
		t.Errorf("Authorization = %q, want %q", got, want)
	}
	if got, want := sent.Header.Get("User-Agent"), "access-notifier/test"; got != want {
		t.Errorf("User-Agent = %q, want %q", got, want)
	}
	form := payload(t, sent.Form(t))
	delete(form, "text")
	delete(form, "blocks")
	want := map[string]any{
		"channel": channel, "parse": "none", "link_names": "false",
		"unfurl_links": "false", "unfurl_media": "false",
		"metadata": map[string]any{
			"event_type":    "access_request",
			"event_payload": map[string]any{"key": "key-1", "request_id": "id"},
		},
	}
	if diff := cmp.Diff(want, form); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
}

func TestUpdateKeepsMetadata(t *testing.T) {
	s, a := newSlack(t, map[string][]answer{callUpdate: {posted}})
	if err := s.Update(t.Context(), ref, small); err != nil {
		t.Fatal(err)
	}
	form := payload(t, a.Last().Form(t))
	if form["channel"] != channel || form["ts"] != ts || form["blocks"] == nil || form["parse"] != "none" {
		t.Errorf("form = %v", form)
	}
	if _, sent := form["metadata"]; sent {
		t.Error("the update replaces the metadata that Find looks for")
	}
}

// A plain message is text alone, but where it takes the place of one that may
// have rich text: Slack refuses an update without (block_mismatch).
func TestPlainMessagesHaveNoBlocksButRichText(t *testing.T) {
	plain := small
	plain.Plain = true
	plain.URL = "https://teleport.example.com/web/requests/id"
	s, a := newSlack(t, map[string][]answer{callPost: {posted}, callUpdate: {posted}})
	if _, err := s.Post(t.Context(), address, plain, "key"); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), ref, plain); err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Calls() {
		want := ""
		if c.Route == callUpdate {
			want = `[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[` +
				`{"type":"text","text":"Role request\nPending"},{"type":"text","text":"\n"},` +
				`{"type":"link","url":"https://teleport.example.com/web/requests/id"}]}]}]`
		}
		if got := c.Form(t).Get("blocks"); got != want {
			t.Errorf("%s sends the blocks %s, want %s", c.Route, got, want)
		}
		want = "Role request\nPending\n<https://teleport.example.com/web/requests/id>"
		if got := c.Form(t).Get("text"); got != want {
			t.Errorf("%s sends %q, want %q", c.Route, got, want)
		}
	}
}

func TestReply(t *testing.T) {
	review := message.Review{Key: "r", Author: "bob", State: accessrequest.Approved, Reason: "fine"}
	threaded := ok(`"channel":"C1","ts":"2.1","message":{"ts":"2.1","thread_ts":"` + ts + `"}`)
	s, a := newSlack(t, map[string][]answer{callPost: {threaded}})
	if err := s.Reply(t.Context(), ref, review, "key-2"); err != nil {
		t.Fatal(err)
	}
	form := payload(t, a.Last().Form(t))
	want := map[string]any{"event_type": "access_request_review", "event_payload": map[string]any{"key": "key-2"}}
	if diff := cmp.Diff(want, form["metadata"]); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	if form["thread_ts"] != ts || form["text"] != "✅ Approved by `bob`\n&gt; `fine`" {
		t.Errorf("form = %v", form)
	}
}

func TestReplyToADeletedMessage(t *testing.T) {
	unthreaded := ok(`"channel":"C1","ts":"2.1","message":{"ts":"2.1"}`)
	s, _ := newSlack(t, map[string][]answer{callPost: {unthreaded}})
	err := s.Reply(t.Context(), ref, message.Review{Author: "bob"}, "key")
	scripted.CheckError(t, err, &messenger.Error{Class: messenger.MessageGone, Call: callPost, Code: "thread_not_found"})
}

func TestThrottlingPausesOneChannelOfOneMethod(t *testing.T) {
	limited := answer{
		Status: http.StatusTooManyRequests,
		Header: map[string]string{"Retry-After": "7"},
		Body:   `{"ok":false,"error":"ratelimited"}`,
	}
	s, a := newSlack(t, map[string][]answer{callPost: {limited, posted}, callUpdate: {posted}})
	_, err := s.Post(t.Context(), address, small, "key")
	scripted.CheckError(t, err, &messenger.Error{
		Class: messenger.Throttled, Call: callPost, Code: "ratelimited", RetryAfter: 7 * time.Second,
	})

	_, err = s.Post(t.Context(), address, small, "key")
	paused := messenger.AsError(err)
	if paused.Class != messenger.Throttled || paused.RetryAfter <= 0 || paused.RetryAfter > 7*time.Second {
		t.Errorf("the second Post = %+v, want at most 7 s of waiting", paused)
	}
	if _, err := s.Post(t.Context(), messenger.Address{ID: "C9999999999"}, small, "key"); err != nil {
		t.Errorf("another channel is paused, too: %v", err)
	}
	if err := s.Update(t.Context(), ref, small); err != nil {
		t.Errorf("another method is paused, too: %v", err)
	}
	a.CheckRoutes(t, callPost, callPost, callUpdate)
}

func TestThrottlingWithoutADuration(t *testing.T) {
	for name, limited := range map[string]answer{
		"no header":      {Status: http.StatusTooManyRequests, Body: "<html>"},
		"status 200":     refusal("ratelimited"),
		"other spelling": refusal("rate_limited"),
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newSlack(t, map[string][]answer{callPost: {limited}})
			_, err := s.Post(t.Context(), address, small, "key")
			scripted.CheckError(t, err, &messenger.Error{
				Class: messenger.Throttled, Call: callPost, Code: "ratelimited", RetryAfter: messenger.DefaultRetryAfter,
			})
		})
	}
}

func TestAnswersThatAreNotSlacks(t *testing.T) {
	const body = "<html>secret</html>"
	advice := "Check the address of the Slack API, and the proxy in front of it"
	tests := map[string]struct {
		answer answer
		want   messenger.Error
	}{
		"page":            {answer{Body: body}, messenger.Error{Code: "bad_response", Unclear: true}},
		"nothing":         {answer{}, messenger.Error{Code: "bad_response", Unclear: true}},
		"ok without ts":   {ok(""), messenger.Error{Code: "bad_response", Unclear: true}},
		"refused by code": {answer{Body: `{"ok":false,"error":"Secret text <b>"}`}, messenger.Error{Code: "unknown_error"}},
		"forbidden":       {answer{Status: 403, Body: body}, messenger.Error{Code: "http_403", Advice: advice}},
		"redirect":        {answer{Status: 302, Header: map[string]string{"Location": "https://secret.example"}}, messenger.Error{Code: "http_302", Advice: advice}},
		"gateway":         {answer{Status: 502, Body: body}, messenger.Error{Code: "http_502", Unclear: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Call = callPost
			s, _ := newSlack(t, map[string][]answer{callPost: {tt.answer}})
			_, err := s.Post(t.Context(), address, small, "key")
			scripted.CheckError(t, err, &tt.want)
		})
	}
}
