package mattermost

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/scripted"
)

const (
	botID     = "bot00000000000000000000000"
	channelID = "channel0000000000000000000"
	postID    = "post0000000000000000000000"
	routePost = "POST /posts"
	routeRead = "GET /posts/" + postID
	routeEdit = "PUT /posts/" + postID + "/patch"
)

var (
	address = messenger.Address{ID: channelID}
	ref     = messenger.Ref{Channel: channelID, ID: postID}
	posted  = answer{Status: http.StatusCreated, Echo: echo}
	me      = ok(`{"id":"` + botID + `","is_bot":true}`)
	small   = message.Message{RequestID: "id", Title: "Role request", State: accessrequest.Pending, Status: "Pending"}
)

func TestAddressMayHaveAPath(t *testing.T) {
	for address, want := range map[string]string{
		"https://chat.example":              "https://chat.example/api/v4",
		"https://chat.example/":             "https://chat.example/api/v4",
		" https://example.com/mattermost/ ": "https://example.com/mattermost/api/v4",
		"http://[::1]:8065":                 "http://[::1]:8065/api/v4",
	} {
		m, err := New(messenger.Config{URL: address, Secrets: messenger.Token(token)})
		if err != nil || m.bot.URL.String() != want {
			t.Errorf("New(%s) = %v, %v; want %s", address, m, err, want)
		}
	}
	if _, err := New(messenger.Config{Secrets: messenger.Token(token)}); err == nil {
		t.Error("New does without an address, although there is no public one")
	}
}

func TestLoopbackIsRefusedByDefault(t *testing.T) {
	m, err := New(messenger.Config{URL: "http://127.0.0.1:9", Secrets: messenger.Token(token)})
	if err != nil {
		t.Fatal(err)
	}
	if got := messenger.AsError(m.Check(t.Context())); got.Class != messenger.MessengerPermanent || got.Code != "loopback_address" {
		t.Errorf("Check = %+v, want a refusal of the address", got)
	}
}

func TestCheck(t *testing.T) {
	m, a := newBot(t, map[string][]answer{"GET /users/me": {me}})
	if err := m.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	sent := a.Last()
	if got, want := sent.Header.Get("Authorization"), "Bearer "+token; got != want {
		t.Errorf("Authorization = %q, want %q", got, want)
	}
	if got, want := sent.Header.Get("User-Agent"), "access-notifier/test"; got != want {
		t.Errorf("User-Agent = %q, want %q", got, want)
	}
}

func TestRefusedTokenIsFinalOnAWellServerOnly(t *testing.T) {
	refused := refusal(401, "api.context.session_expired.app_error")
	final := &messenger.Error{
		Class: messenger.MessengerPermanent, Call: "GET /users/me",
		Code: "api.context.session_expired.app_error", Advice: adviceAccount,
	}
	unclear := &messenger.Error{Call: "GET /users/me", Code: "server_unhealthy", Advice: adviceServer}
	tests := map[string]struct {
		health answer
		want   *messenger.Error
	}{
		"well":             {healthy, final},
		"database down":    {unhealthy, unclear},
		"without database": {ok(`{"status":"OK"}`), unclear},
		"database says so": {ok(`{"status":"OK","database_status":"UNHEALTHY"}`), unclear},
		"a page":           {ok("<html>"), unclear},
		"not found":        {answer{Status: 404}, unclear},
		"limited": {
			answer{Status: 429, Header: map[string]string{"Retry-After": "3"}, Body: "limit exceeded\n"},
			&messenger.Error{
				Class: messenger.Throttled, Call: ping, Code: "ratelimited", RetryAfter: 3 * time.Second, Scope: messenger.ScopeToken,
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, a := newBot(t, map[string][]answer{"GET /users/me": {refused}, ping: {tt.health}})
			scripted.CheckError(t, m.Check(t.Context()), tt.want)
			asked := a.Calls()[1]
			if asked.Route != ping || asked.Query != "get_server_status=true" || asked.Header.Get("Authorization") != "" {
				t.Errorf("asked for the health with %s?%s, %v", asked.Route, asked.Query, asked.Header)
			}
		})
	}
}

// TestPassingRefusal covers the first calls after the database was away: the
// server is well again, and takes what exists for missing all the same.
func TestPassingRefusal(t *testing.T) {
	missing := refusal(400, "api.post.create_post.root_id.app_error")
	m, a := newBot(t, map[string][]answer{routePost: {missing, missing, posted}})
	if err := m.Reply(t.Context(), ref, message.Review{Author: "bob", State: accessrequest.Approved}, "key-1"); err != nil {
		t.Error(err)
	}
	a.CheckRoutes(t, confirmed(routePost)...)
}

func TestPostSendsOnlyWhatItShould(t *testing.T) {
	m, a := newBot(t, map[string][]answer{routePost: {posted}})
	got, err := m.Post(t.Context(), address, small, "key-1")
	if err != nil || got != ref {
		t.Fatalf("Post = %v, %v; want %v", got, err, ref)
	}
	sent := a.Last().JSON(t)
	props := sent["props"].(map[string]any)
	if attachments := props["attachments"].([]any); len(attachments) != 1 {
		t.Errorf("%d attachments", len(attachments))
	}
	delete(props, "attachments")
	want := map[string]any{
		"channel_id": channelID, "message": "**Role request**", "pending_post_id": "key-1",
		"props": map[string]any{"access_notifier_key": "key-1"},
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestUpdateKeepsTheOtherProps(t *testing.T) {
	before := ok(`{"id":"` + postID + `","props":{"access_notifier_key":"key-1","from_bot":"true","attachments":[{"text":"old"}]}}`)
	plain := small
	plain.Plain = true
	kept := map[string]any{"access_notifier_key": "key-1", "from_bot": "true"}
	for name, update := range map[string]message.Message{"with attachments": small, "plain": plain} {
		t.Run(name, func(t *testing.T) {
			m, a := newBot(t, map[string][]answer{routeRead: {before}, routeEdit: {ok(`{"id":"` + postID + `"}`)}})
			if err := m.Update(t.Context(), ref, update); err != nil {
				t.Fatal(err)
			}
			sent := a.Last().JSON(t)["props"].(map[string]any)
			if _, has := sent["attachments"]; has == update.Plain || strings.Contains(a.Last().Body, "old") {
				t.Errorf("sent %s", a.Last().Body)
			}
			delete(sent, "attachments")
			if diff := cmp.Diff(kept, sent); diff != "" {
				t.Errorf("props (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlainMessagesAreTextOnly(t *testing.T) {
	plain := small
	plain.Plain = true
	plain.URL = "https://teleport.example.com/web/requests/id"
	m, a := newBot(t, map[string][]answer{routePost: {posted}})
	if _, err := m.Post(t.Context(), address, plain, "key"); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"channel_id": channelID, "pending_post_id": "key",
		"message": "Role request\nPending\nhttps://teleport.example.com/web/requests/id",
		"props":   map[string]any{"access_notifier_key": "key"},
	}
	if diff := cmp.Diff(want, a.Last().JSON(t)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestReply(t *testing.T) {
	m, a := newBot(t, map[string][]answer{routePost: {posted}})
	review := message.Review{Key: "r", Author: "bob", State: accessrequest.Approved, Reason: "fine\n@here"}
	if err := m.Reply(t.Context(), ref, review, "key-2"); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"channel_id": channelID, "root_id": postID, "pending_post_id": "key-2",
		"message": "✅ Approved by `bob`\n> fine\n> `＠here`",
		"props":   map[string]any{"access_notifier_key": "key-2"},
	}
	if diff := cmp.Diff(want, a.Last().JSON(t)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

// A reference comes from a record that others may have written.
func TestReferencesAreNotTrusted(t *testing.T) {
	m, a := newBot(t, map[string][]answer{})
	for _, id := range []string{"", "..", "../users/me", "short", postID + "/x", strings.ToUpper(postID)} {
		forged := messenger.Ref{Channel: channelID, ID: id}
		for _, err := range []error{
			m.Update(t.Context(), forged, small), m.Reply(t.Context(), forged, message.Review{}, "key"),
		} {
			if got := messenger.AsError(err); got.Class != messenger.MessageGone {
				t.Errorf("with %q: %+v, want class %s", id, got, messenger.MessageGone)
			}
		}
	}
	a.CheckRoutes(t)
}

func TestThrottlingPausesTheToken(t *testing.T) {
	limited := answer{
		Status: http.StatusTooManyRequests,
		Header: map[string]string{"Retry-After": "7", "Content-Type": "text/plain; charset=utf-8"},
		Body:   "limit exceeded\n",
	}
	m, a := newBot(t, map[string][]answer{routePost: {limited}, "GET /users/me": {me}})
	_, err := m.Post(t.Context(), address, small, "key")
	scripted.CheckError(t, err, &messenger.Error{
		Class: messenger.Throttled, Call: callPost, Code: "ratelimited", RetryAfter: 7 * time.Second, Scope: messenger.ScopeToken,
	})
	paused := messenger.AsError(m.Check(t.Context()))
	if paused.Class != messenger.Throttled || paused.RetryAfter <= 0 || paused.RetryAfter > 7*time.Second {
		t.Errorf("the call after it = %+v, want at most 7 s of waiting", paused)
	}
	a.CheckRoutes(t, routePost)
}

func TestThrottlingWithoutADuration(t *testing.T) {
	for header, want := range map[string]time.Duration{"": messenger.DefaultRetryAfter, "soon": messenger.DefaultRetryAfter, "0": minRetryAfter} {
		m, _ := newBot(t, map[string][]answer{routePost: {{Status: 429, Header: map[string]string{"Retry-After": header}}}})
		_, err := m.Post(t.Context(), address, small, "key")
		if got := messenger.AsError(err).RetryAfter; got != want {
			t.Errorf("Retry-After %q gives %s, want %s", header, got, want)
		}
	}
}

func TestExhaustedLimitPausesTheToken(t *testing.T) {
	tests := map[string]struct {
		header map[string]string
		pause  time.Duration
	}{
		"some left":     {map[string]string{"X-Ratelimit-Remaining": "1", "X-Ratelimit-Reset": "9"}, 0},
		"none left":     {map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "9"}, 9 * time.Second},
		"no duration":   {map[string]string{"X-Ratelimit-Remaining": "0"}, minRetryAfter},
		"already reset": {map[string]string{"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "0"}, 0},
		"no limit":      {nil, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			limited := me
			limited.Header = tt.header
			m, _ := newBot(t, map[string][]answer{"GET /users/me": {limited}})
			if err := m.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			wait, _ := m.bot.Caller.Throttle.Paused(messenger.Bucket{})
			if wait > tt.pause || tt.pause > 0 && wait < tt.pause-time.Second {
				t.Errorf("paused for %s, want %s", wait, tt.pause)
			}
		})
	}
}

func TestAnswersThatAreNotMattermosts(t *testing.T) {
	const body = "<html>secret</html>"
	bad := messenger.Error{Code: "bad_response", Advice: messenger.AdviceAddress, Unclear: true}
	front := func(code string) messenger.Error { return messenger.Error{Code: code, Advice: messenger.AdviceAddress} }
	tests := map[string]struct {
		answer answer
		want   messenger.Error
	}{
		"page":            {answer{Body: body}, bad},
		"nothing":         {answer{}, bad},
		"no id":           {ok(`{"channel_id":"` + channelID + `"}`), bad},
		"no real id":      {ok(`{"id":"../secret","channel_id":"` + channelID + `"}`), bad},
		"another channel": {ok(`{"id":"` + postID + `","channel_id":"` + postID + `"}`), bad},
		"forged id":       {refusal(403, "Secret text"), front("http_403")},
		"endless id":      {refusal(403, "a"+strings.Repeat(".secret", 40)), front("http_403")},
		"forbidden":       {answer{Status: 403, Body: body}, front("http_403")},
		"wrong path":      {answer{Status: 404, Body: body}, front("http_404")},
		"redirect":        {answer{Status: 302, Header: map[string]string{"Location": "https://secret.example"}}, front("http_302")},
		"gateway":         {answer{Status: 502, Body: body}, messenger.Error{Code: "http_502", Unclear: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Call = callPost
			m, _ := newBot(t, map[string][]answer{routePost: {tt.answer}})
			_, err := m.Post(t.Context(), address, small, "key")
			scripted.CheckError(t, err, &tt.want)
		})
	}
}
