package discord

import (
	"fmt"
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

const key = "abcdefghijklmnopqrstuvwx"

var (
	address = messenger.Address{ID: channelID}
	ref     = messenger.Ref{Channel: channelID, ID: messageID}
	small   = message.Message{RequestID: "id", Title: "Role request", State: accessrequest.Pending, Status: "Pending"}
	noPing  = map[string]any{"parse": []any{}}
)

func TestDefaultAddress(t *testing.T) {
	d, err := New(messenger.Config{Secrets: messenger.Token(token)})
	if err != nil || d.bot.URL.String() != "https://discord.com/api/v10" {
		t.Errorf("New = %v, %v; want Discord's own address", d, err)
	}
}

// Without a version, Discord takes one that is deprecated.
func TestAddressNamesTheVersion(t *testing.T) {
	for _, address := range []string{"https://discord.com/api/v10", "http://proxy.example/discord/api/v10/"} {
		if _, err := New(messenger.Config{Secrets: messenger.Token(token), URL: address}); err != nil {
			t.Errorf("New(%s) = %v", address, err)
		}
	}
	for _, address := range []string{"https://discord.com", "https://discord.com/api", "https://discord.com/api/v9", "https://discord.com/api/v10/x"} {
		if _, err := New(messenger.Config{Secrets: messenger.Token(token), URL: address}); err == nil || !strings.Contains(err.Error(), "/api/v10") {
			t.Errorf("New(%s) = %v, want a sentence that names the version", address, err)
		}
	}
}

func TestCheck(t *testing.T) {
	tests := map[string]struct {
		answer answer
		want   *messenger.Error
	}{
		"works": {answer: me},
		"wrong token": {
			answer: refuse(401, `{"message":"401: Unauthorized","code":0}`),
			want:   &messenger.Error{Class: messenger.MessengerPermanent, Call: callMe, Code: "http_401", Advice: adviceRevoked},
		},
		"blocked": {
			answer: refuse(403, `<html>secret`),
			want:   &messenger.Error{Class: messenger.MessengerPermanent, Call: callMe, Code: "http_403", Advice: adviceBlocked, NotToken: true},
		},
		"no user": {
			answer: ok(`{}`),
			want:   &messenger.Error{Call: callMe, Code: "bad_response", Advice: messenger.AdviceAddress, Unclear: true},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, _ := newDiscord(t, map[string][]answer{routeMe: {tt.answer}})
			scripted.CheckError(t, d.Check(t.Context()), tt.want)
		})
	}
}

func TestPostSendsOnlyWhatItShould(t *testing.T) {
	d, a := newDiscord(t, map[string][]answer{routePost: {posted}})
	got, err := d.Post(t.Context(), address, small, key)
	if err != nil || got != ref {
		t.Fatalf("Post = %v, %v; want %v", got, err, ref)
	}
	sent := a.Last()
	for name, want := range map[string]string{
		"Authorization": "Bot " + token,
		"Content-Type":  "application/json",
		"User-Agent":    "DiscordBot (https://github.com/accessnotifier/accessnotifier, dev)",
	} {
		if got := sent.Header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	want := map[string]any{
		"components": []any{},
		"content":    "Role request",
		"embeds": []any{map[string]any{
			"title": "⏳ Role request", "description": "**Pending**", "color": float64(0xF0B232),
			"footer": map[string]any{"text": "Request id · Ref " + key},
		}},
		"allowed_mentions": noPing, "nonce": key, "enforce_nonce": true,
	}
	if diff := cmp.Diff(want, sent.JSON(t)); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	a.CheckRoutes(t, routePost)
}

func TestUpdateMentionsNobodyAndKeepsTheKey(t *testing.T) {
	d, a := newDiscord(t, map[string][]answer{routePost: {posted}, routeEdit: {posted}})
	footer := func() any { return a.Last().JSON(t)["embeds"].([]any)[0].(map[string]any)["footer"] }
	if err := d.Update(t.Context(), ref, small); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"text": "Request id"}, footer()); diff != "" {
		t.Errorf("footer of a message whose key is not known (-want +got):\n%s", diff)
	}
	if _, err := d.Post(t.Context(), address, small, key); err != nil {
		t.Fatal(err)
	}
	if err := d.Update(t.Context(), ref, small); err != nil {
		t.Fatal(err)
	}
	sent := a.Last().JSON(t)
	if diff := cmp.Diff(noPing, sent["allowed_mentions"]); diff != "" {
		t.Errorf("mentions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"text": "Request id · Ref " + key}, footer()); diff != "" {
		t.Errorf("footer (-want +got):\n%s", diff)
	}
	if _, has := sent["nonce"]; has {
		t.Error("an edit has a nonce")
	}
}

func TestKeysAreBounded(t *testing.T) {
	var k keys
	at := func(i int) messenger.Ref { return messenger.Ref{Channel: channelID, ID: fmt.Sprint(i)} }
	for i := range maxKeys + 10 {
		k.remember(at(i), "key")
		k.remember(at(i), "key")
	}
	_, first := k.of(at(0))
	if eleventh, _ := k.of(at(10)); len(k.byRef) != maxKeys || len(k.order) != maxKeys || first || eleventh != "key" {
		t.Errorf("%d keys in order of %d, want %d", len(k.byRef), len(k.order), maxKeys)
	}
}

func TestPlainMessagesHaveNoEmbed(t *testing.T) {
	plain := small
	plain.Plain = true
	plain.URL = "https://teleport.example.com/web/requests/id"
	d, a := newDiscord(t, map[string][]answer{routePost: {posted}, routeEdit: {posted}})
	if _, err := d.Post(t.Context(), address, plain, key); err != nil {
		t.Fatal(err)
	}
	if err := d.Update(t.Context(), ref, plain); err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Calls() {
		want := "Role request\nPending\n<https://teleport.example.com/web/requests/id>\nRequest id · Ref " + key
		if got := c.JSON(t)["content"]; got != want {
			t.Errorf("%s sends %q, want %q", c.Route, got, want)
		}
		if diff := cmp.Diff([]any{}, c.JSON(t)["embeds"]); diff != "" {
			t.Errorf("%s sends embeds (-want +got):\n%s", c.Route, diff)
		}
	}
}

// A key that Discord knows is answered with what was posted before, which may
// be out of date.
func TestEarlierMessageIsBroughtUpToDate(t *testing.T) {
	old := ok(`{"id":"` + messageID + `","content":"Role request","embeds":[{"title":"⏳ Role request","description":"**Pending, 0 of 1 approval**"}]}`)
	d, a := newDiscord(t, map[string][]answer{
		routePost: {old}, routeEdit: {refuse(403, `{"code":50013}`), posted},
	})
	_, err := d.Post(t.Context(), address, small, key)
	scripted.CheckError(t, err, &messenger.Error{
		Class: messenger.MessageFinal, Call: callEdit, Code: "50013", Advice: adviceSend, Unclear: true,
	})
	if got, err := d.Post(t.Context(), address, small, key); err != nil || got != ref {
		t.Errorf("Post = %v, %v; want %v", got, err, ref)
	}
	a.CheckRoutes(t, routePost, routeEdit, routePost, routeEdit)
	if got := a.Last().JSON(t)["embeds"].([]any)[0].(map[string]any)["description"]; got != "**Pending**" {
		t.Errorf("the edit shows %q", got)
	}
}

func TestAnswersThatAreNotDiscords(t *testing.T) {
	const page = "<html>secret</html>"
	tests := map[string]struct {
		answer answer
		want   messenger.Error
	}{
		"page":            {ok(page), messenger.Error{Code: "bad_response", Advice: messenger.AdviceAddress, Unclear: true}},
		"nothing":         {ok(""), messenger.Error{Code: "bad_response", Advice: messenger.AdviceAddress, Unclear: true}},
		"without id":      {ok(`{}`), messenger.Error{Code: "bad_response", Advice: messenger.AdviceAddress, Unclear: true}},
		"forged id":       {ok(`{"id":"1/../2"}`), messenger.Error{Code: "bad_response", Advice: messenger.AdviceAddress, Unclear: true}},
		"not found":       {refuse(404, page), messenger.Error{Code: "http_404", Advice: messenger.AdviceAddress}},
		"redirect":        {answer{Status: 302, Header: map[string]string{"Location": "https://secret.example"}}, messenger.Error{Code: "http_302", Advice: messenger.AdviceAddress}},
		"proxy's 400":     {refuse(400, page), messenger.Error{Code: "http_400", Advice: messenger.AdviceAddress}},
		"too large":       {refuse(413, page), messenger.Error{Class: messenger.ContentRejected, Code: "http_413"}},
		"forbidden":       {refuse(403, page), messenger.Error{Class: messenger.MessengerPermanent, Code: "http_403", Advice: adviceBlocked, NotToken: true}},
		"gateway":         {refuse(502, page), messenger.Error{Code: "http_502", Unclear: true}},
		"overloaded":      {refuse(503, `{"code":130000}`), messenger.Error{Code: "http_503", Unclear: true}},
		"code of another": {refuse(404, `{"code":"secret"}`), messenger.Error{Code: "http_404", Advice: messenger.AdviceAddress}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Call = callPost
			d, _ := newDiscord(t, map[string][]answer{routePost: {tt.answer}})
			_, err := d.Post(t.Context(), address, small, key)
			scripted.CheckError(t, err, &tt.want)
		})
	}
}

func TestEditIsAnsweredWithTheMessage(t *testing.T) {
	d, _ := newDiscord(t, map[string][]answer{routeEdit: {ok(`{"id":"300000000000000002"}`)}})
	scripted.CheckError(t, d.Update(t.Context(), ref, small), &messenger.Error{Call: callEdit, Code: "bad_response", Advice: messenger.AdviceAddress, Unclear: true})
}

func TestIDsCannotLeaveTheirPlaceInThePath(t *testing.T) {
	const place = " /channels/1%2F..%2F..%2Fusers/messages/2%3Fa=b%23c"
	d, a := newDiscord(t, map[string][]answer{"GET" + place: {refuse(403, `{"code":50013}`)}})
	evil := messenger.Ref{Channel: "1/../../users", ID: "2?a=b#c"}
	if err := d.Update(t.Context(), evil, small); messenger.AsError(err).Code != "http_501" {
		t.Fatal(err)
	}
	a.CheckRoutes(t, "GET"+place, "PATCH"+place)
	if c := a.Last(); c.Query != "" {
		t.Errorf("called %s with query %q", c.Route, c.Query)
	}
}

func limited(body string, header ...string) answer {
	a := answer{Status: http.StatusTooManyRequests, Body: body, Header: map[string]string{}}
	for i := 0; i < len(header); i += 2 {
		a.Header[header[i]] = header[i+1]
	}
	return a
}

func TestRateLimits(t *testing.T) {
	const bucket = "X-RateLimit-Bucket"
	tests := map[string]struct {
		answer answer
		wait   time.Duration
		code   string
		global bool
	}{
		"channel":              {answer: limited(`{"retry_after":1.5,"global":false}`, "Retry-After", "2", bucket, "b"), wait: 1500 * time.Millisecond},
		"no body":              {answer: limited("", "Retry-After", "2", bucket, "b"), wait: 2 * time.Second},
		"reset only":           {answer: limited("{}", "X-RateLimit-Reset-After", "2.5", bucket, "b"), wait: 2500 * time.Millisecond},
		"no duration":          {answer: limited(`{"message":"x"}`), wait: messenger.DefaultRetryAfter},
		"at once":              {answer: limited(`{"retry_after":0}`), wait: minRetryAfter},
		"negative":             {answer: limited(`{"retry_after":-1}`, "Retry-After", "3"), wait: 3 * time.Second},
		"for ever":             {answer: limited(`{"retry_after":1e300}`), wait: 24 * time.Hour},
		"slow mode":            {answer: limited(`{"code":20016,"retry_after":7}`), wait: 7 * time.Second, code: "20016"},
		"channel writes":       {answer: limited(`{"code":20028,"retry_after":7}`), wait: 7 * time.Second, code: "20028"},
		"old edits, as 400":    {answer: refuse(400, `{"code":30046}`), wait: messenger.DefaultRetryAfter, code: "30046"},
		"shared":               {answer: limited(`{"retry_after":4}`, "X-RateLimit-Scope", "shared", bucket, "b"), wait: 4 * time.Second},
		"global":               {answer: limited(`{"retry_after":4,"global":true}`), wait: 4 * time.Second, global: true},
		"global by header":     {answer: limited(`{"retry_after":4}`, "X-RateLimit-Global", "true"), wait: 4 * time.Second, global: true},
		"global by scope":      {answer: limited("", "Retry-After", "4", "X-RateLimit-Scope", "global"), wait: 4 * time.Second, global: true},
		"a ban without an end": {answer: limited("error code: 1015"), wait: banned, global: true},
		"not Discord's answer": {answer: limited("error code: 1015", "Retry-After", "600"), wait: 10 * time.Minute, global: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, a := newDiscord(t, map[string][]answer{routePost: {tt.answer}, routeEdit: {posted}, routeMe: {me}})
			_, err := d.Post(t.Context(), address, small, key)
			want := &messenger.Error{Class: messenger.Throttled, Call: callPost, Code: "http_429", RetryAfter: tt.wait}
			if tt.global {
				want.Scope = messenger.ScopeToken
			}
			if tt.code != "" {
				want.Code = tt.code
			}
			scripted.CheckError(t, err, want)
			_, err = d.Post(t.Context(), address, small, key)
			if got := messenger.AsError(err); got.Class != messenger.Throttled || got.Code != "paused" {
				t.Errorf("the second Post = %+v, want a pause", got)
			}
			if err := d.Check(t.Context()); (err != nil) != tt.global {
				t.Errorf("Check = %v, want a pause: %t", err, tt.global)
			}
			if err := d.Update(t.Context(), ref, small); (err != nil) != tt.global {
				t.Errorf("Update = %v, want a pause: %t", err, tt.global)
			}
			for i, route := range a.Routes() {
				if i > 0 && route == routePost {
					t.Error("the second Post was sent")
				}
			}
		})
	}
}

func TestTheLastCallOfABucketPausesIt(t *testing.T) {
	used := posted
	used.Header = map[string]string{
		"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "3.25", "X-RateLimit-Bucket": "shared-by-both",
	}
	left := posted
	left.Header = map[string]string{"X-RateLimit-Remaining": "1", "X-RateLimit-Reset-After": "3.25", "X-RateLimit-Bucket": "shared-by-both"}
	other := "POST /channels/200000000000000002/messages"
	d, a := newDiscord(t, map[string][]answer{routePost: {used}, routeEdit: {left}, other: {posted}})
	if err := d.Update(t.Context(), ref, small); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Post(t.Context(), address, small, key); err != nil {
		t.Fatalf("the last call is a success: %v", err)
	}
	for name, again := range map[string]func() error{
		"the same call": func() error { _, err := d.Post(t.Context(), address, small, key); return err },
		"one that shares the bucket": func() error {
			return d.Update(t.Context(), ref, small)
		},
		"another bot of the token": func() error {
			sibling, err := New(messenger.Config{Secrets: messenger.Token(token), URL: d.bot.URL.String(), HTTPClient: d.bot.Caller.Client, Throttle: d.bot.Caller.Throttle})
			if err != nil {
				t.Fatal(err)
			}
			_, err = sibling.Post(t.Context(), address, small, key)
			return err
		},
	} {
		got := messenger.AsError(again())
		if got.Class != messenger.Throttled || got.RetryAfter <= 0 || got.RetryAfter > 3250*time.Millisecond || got.Scope == messenger.ScopeToken {
			t.Errorf("%s = %+v, want a pause of at most 3.25 s", name, got)
		}
	}
	if _, err := d.Post(t.Context(), messenger.Address{ID: "200000000000000002"}, small, key); err != nil {
		t.Errorf("another channel is paused, too: %v", err)
	}
	a.CheckRoutes(t, routeMessage, routeEdit, routePost, other)
}
