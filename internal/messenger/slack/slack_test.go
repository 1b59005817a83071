package slack

import (
	"errors"
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
	s, err := New(messenger.Config{Secrets: messenger.Token(token)})
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
				Class: messenger.PermissionMissing, Call: "chat.postMessage", Code: "missing_scope",
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

// TestAccount covers whose token it is, and how people call that. That of an organization has no workspace.
func TestAccount(t *testing.T) {
	for name, tt := range map[string]struct {
		answer string
		want   messenger.Account
		ok     bool
	}{
		"workspace": {
			`"user_id":"` + user + `","user":"notifier","bot_id":"B1","team_id":"T1","team":"Example"`,
			messenger.Account{Workspace: "T1", Bot: user, WorkspaceName: "Example", BotName: "notifier"}, true,
		},
		"organization": {`"user_id":"` + user + `","enterprise_id":"E1"`, messenger.Account{Workspace: "E1", Bot: user}, true},
		"nothing":      {``, messenger.Account{}, false},
	} {
		s, _ := newSlack(t, map[string][]answer{"auth.test": {ok(tt.answer)}})
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, ok := s.Account(); got != tt.want || ok != tt.ok {
			t.Errorf("%s: Account = %+v, %t; want %+v, %t", name, got, ok, tt.want, tt.ok)
		}
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

// TestFollow covers what is sent to follow a message that cannot be edited any more,
// and messages that take no replies.
func TestFollow(t *testing.T) {
	threaded := ok(`"channel":"` + channel + `","ts":"1700000009.000000","message":{"ts":"1700000009.000000","thread_ts":"` + ts + `","metadata":{"event_type":"access_request"}}`)
	next := messenger.Ref{Channel: channel, ID: "1700000009.000000"}
	for name, tt := range map[string]struct {
		answers []answer
		alone   bool
		err     *messenger.Error
	}{
		"reply":       {answers: []answer{threaded}},
		"locked":      {answers: []answer{refusal("restricted_action_thread_locked"), threaded}, alone: true},
		"no threads":  {answers: []answer{refusal("restricted_action_non_threadable_channel"), threaded}, alone: true},
		"no replies":  {answers: []answer{refusal("cannot_reply_to_message"), threaded}, alone: true},
		"unavailable": {answers: []answer{refusal("fatal_error")}, err: &messenger.Error{Call: callPost, Code: "fatal_error", Unclear: true}},
		"archived": {answers: []answer{refusal("is_archived")}, err: &messenger.Error{
			Class: messenger.RecipientPermanent, Call: callPost, Code: "is_archived", Advice: adviceArchive,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s, a := newSlack(t, map[string][]answer{callPost: tt.answers})
			got, err := s.Follow(t.Context(), messenger.Address{ID: "access-requests"}, ref, small, "key-3")
			scripted.CheckError(t, err, tt.err)
			if err == nil && got != next {
				t.Errorf("Follow = %v, want %v", got, next)
			}
			for i, c := range a.Calls() {
				form := payload(t, c.Form(t))
				mark, _ := form["metadata"].(map[string]any)
				wantThread, wantBroadcast := any(ts), any("true")
				if i > 0 {
					wantThread, wantBroadcast = nil, nil
				}
				if form["thread_ts"] != wantThread || form["reply_broadcast"] != wantBroadcast || form["channel"] != channel ||
					form["blocks"] == nil || mark["event_type"] != "access_request" {
					t.Errorf("call %d sends %v", i+1, form)
				}
			}
			if n := len(a.Calls()); (n == 2) != tt.alone {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestReplyToADeletedMessage(t *testing.T) {
	unthreaded := ok(`"channel":"C1","ts":"2.1","message":{"ts":"2.1"}`)
	s, _ := newSlack(t, map[string][]answer{callPost: {unthreaded}})
	err := s.Reply(t.Context(), ref, message.Review{Author: "bob"}, "key")
	scripted.CheckError(t, err, &messenger.Error{Class: messenger.MessageGone, Call: callPost, Code: "thread_not_found"})
}

// limited is a refusal that asks for a pause.
var limited = answer{
	Status: http.StatusTooManyRequests,
	Header: map[string]string{"Retry-After": "7"},
	Body:   `{"ok":false,"error":"ratelimited"}`,
}

// paused checks that a call is or is not made, by its error.
func paused(t *testing.T, what string, err error, want bool) {
	t.Helper()
	e, _ := errors.AsType[*messenger.Error](err)
	if got := e != nil && e.Code == "paused"; got != want || !got && err != nil {
		t.Errorf("%s = %v, want it to be paused: %t", what, err, want)
	}
}

func TestThrottlingPausesOneChannelOfOneMethod(t *testing.T) {
	s, a := newSlack(t, map[string][]answer{callPost: {limited, posted}, callUpdate: {posted}})
	_, err := s.Post(t.Context(), address, small, "key")
	scripted.CheckError(t, err, &messenger.Error{
		Class: messenger.Throttled, Call: callPost, Code: "ratelimited", RetryAfter: 7 * time.Second,
	})

	_, err = s.Post(t.Context(), address, small, "key")
	wait := messenger.AsError(err)
	if wait.Class != messenger.Throttled || wait.RetryAfter <= 0 || wait.RetryAfter > 7*time.Second {
		t.Errorf("the second Post = %+v, want at most 7 s of waiting", wait)
	}
	_, err = s.Post(t.Context(), messenger.Address{ID: "C9999999999"}, small, "key")
	paused(t, "Post in another channel", err, false)
	paused(t, "Update", s.Update(t.Context(), ref, small), false)
	a.CheckRoutes(t, callPost, callPost, callUpdate)
}

// TestThrottledEditsPauseAllEdits covers chat.update, which is limited for the whole
// workspace [docs.slack.dev: apis/web-api/rate-limits]. Posts have a limit of their own.
func TestThrottledEditsPauseAllEdits(t *testing.T) {
	s, a := newSlack(t, map[string][]answer{callPost: {posted}, callUpdate: {limited}})
	scripted.CheckError(t, s.Update(t.Context(), ref, small), &messenger.Error{
		Class: messenger.Throttled, Call: callUpdate, Code: "ratelimited", RetryAfter: 7 * time.Second, Scope: messenger.ScopeMethod,
	})
	elsewhere := messenger.Ref{Channel: "C9999999999", ID: ts}
	paused(t, "Update in another channel", s.Update(t.Context(), elsewhere, small), true)
	_, err := s.Post(t.Context(), address, small, "key")
	paused(t, "Post", err, false)
	a.CheckRoutes(t, callUpdate, callPost)
}

// TestSecondThrottledChannelPausesAllPosts covers the limit of the workspace, of which
// Slack does not say that it was met.
func TestSecondThrottledChannelPausesAllPosts(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []answer
		between string
		all     bool
	}{
		"a second channel while the first waits": {answers: []answer{limited, limited, posted}, between: "C8888888888", all: true},
		"no second channel":                      {answers: []answer{limited, posted}},
		"too many messages of all members":       {answers: []answer{refusal("message_limit_exceeded"), posted}, all: true},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newSlack(t, map[string][]answer{callPost: tt.answers, callUpdate: {posted}})
			_, err := s.Post(t.Context(), address, small, "key")
			if tt.between != "" {
				_, err = s.Post(t.Context(), messenger.Address{ID: tt.between}, small, "key")
			}
			if e := messenger.AsError(err); e.Class != messenger.Throttled || (e.Scope == messenger.ScopeMethod) != tt.all {
				t.Errorf("Post = %+v, want the pause to be for all channels: %t", e, tt.all)
			}
			_, err = s.Post(t.Context(), messenger.Address{ID: "C9999999999"}, small, "key")
			paused(t, "Post in a third channel", err, tt.all)
			paused(t, "Update", s.Update(t.Context(), ref, small), false)
		})
	}
}

func TestThrottlingWithoutADuration(t *testing.T) {
	for name, refused := range map[string]answer{
		"no header":      {Status: http.StatusTooManyRequests, Body: "<html>"},
		"status 200":     refusal("ratelimited"),
		"other spelling": refusal("rate_limited"),
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newSlack(t, map[string][]answer{callPost: {refused}})
			_, err := s.Post(t.Context(), address, small, "key")
			scripted.CheckError(t, err, &messenger.Error{
				Class: messenger.Throttled, Call: callPost, Code: "ratelimited", RetryAfter: messenger.DefaultRetryAfter,
			})
		})
	}
}

// TestReadsHaveNoEffect covers reads, which slack-go sends as POST, too: an answer that
// is too large, and a service that is not available for a while.
func TestReadsHaveNoEffect(t *testing.T) {
	unavailable := answer{Status: http.StatusServiceUnavailable, Header: map[string]string{"Retry-After": "60"}}
	for _, tt := range []struct {
		answer answer
		want   messenger.Error
	}{
		{tooLarge, messenger.Error{Code: messenger.CodeTooLarge}},
		{unavailable, messenger.Error{
			Class: messenger.Throttled, Code: "http_503", RetryAfter: time.Minute, Scope: messenger.ScopeMethod,
		}},
	} {
		always := []answer{tt.answer}
		s, _ := newSlack(t, map[string][]answer{callCheck: always, callLookup: always, callPost: always, callUpdate: always})
		_, post := s.Post(t.Context(), address, small, "key")
		_, resolve := s.Resolve(t.Context(), "alice@example.com")
		for call, err := range map[string]error{
			callPost: post, callUpdate: s.Update(t.Context(), ref, small), callCheck: s.Check(t.Context()), callLookup: resolve,
		} {
			want := tt.want
			want.Call, want.Unclear = call, call == callPost || call == callUpdate
			scripted.CheckError(t, err, &want)
		}
	}
}

func TestAnswersThatAreNotSlacks(t *testing.T) {
	const body = "<html>secret</html>"
	tests := map[string]struct {
		answer answer
		want   messenger.Error
	}{
		"page":            {answer{Body: body}, messenger.Error{Code: "bad_response", Advice: messenger.AdviceAddress, Unclear: true}},
		"nothing":         {answer{}, messenger.Error{Code: "bad_response", Advice: messenger.AdviceAddress, Unclear: true}},
		"ok without ts":   {ok(""), messenger.Error{Code: "bad_response", Advice: messenger.AdviceAddress, Unclear: true}},
		"refused by code": {answer{Body: `{"ok":false,"error":"Secret text <b>"}`}, messenger.Error{Code: "unknown_error", Unknown: true}},
		"forbidden":       {answer{Status: 403, Body: body}, messenger.Error{Code: "http_403", Advice: messenger.AdviceAddress}},
		"redirect":        {answer{Status: 302, Header: map[string]string{"Location": "https://secret.example"}}, messenger.Error{Code: "http_302", Advice: messenger.AdviceAddress}},
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
