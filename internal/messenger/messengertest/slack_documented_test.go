package messengertest_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	mt "github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// Each row is something that Slack is documented to take or to refuse, with the page
// below docs.slack.dev that says so.

func TestSlackReadsArgumentsAsDocumented(t *testing.T) {
	const (
		asForm = "application/x-www-form-urlencoded"
		asJSON = "application/json; charset=utf-8"
		common = "errors that every method has"
	)
	parts := &bytes.Buffer{}
	writer := multipart.NewWriter(parts)
	for name, value := range map[string]string{"channel": "ops", "text": "x"} {
		if err := writer.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		verb, path, contentType, body string
		// bare leaves the Authorization header out.
		bare       bool
		code, page string
	}{
		"form":                       {verb: "POST", path: "chat.postMessage", contentType: asForm, body: "channel=ops&text=x", page: "apis/web-api"},
		"JSON":                       {verb: "POST", path: "chat.postMessage", contentType: asJSON, body: `{"channel":"ops","text":"x"}`, page: "apis/web-api"},
		"query":                      {verb: "GET", path: "chat.postMessage?channel=ops&text=x", page: "apis/web-api"},
		"a mix of both":              {verb: "POST", path: "chat.postMessage?channel=ops", contentType: asForm, body: "text=x", page: "apis/web-api"},
		"multipart":                  {verb: "POST", path: "chat.postMessage", contentType: writer.FormDataContentType(), body: parts.String(), page: common + ": invalid_post_type"},
		"plain text":                 {verb: "POST", path: "chat.postMessage", contentType: "text/plain", body: "channel=ops&text=x", page: common + ": invalid_post_type"},
		"another type":               {verb: "POST", path: "chat.postMessage", contentType: "text/html", body: "x", code: "invalid_post_type", page: common + ": invalid_post_type"},
		"no type":                    {verb: "POST", path: "chat.postMessage", body: "x", code: "missing_post_type", page: common + ": missing_post_type"},
		"Latin-1":                    {verb: "POST", path: "chat.postMessage", contentType: asForm + "; charset=ISO-8859-1", body: "channel=ops&text=x", page: common + ": invalid_charset"},
		"another charset":            {verb: "POST", path: "chat.postMessage", contentType: asForm + "; charset=utf-16", body: "x", code: "invalid_charset", page: common + ": invalid_charset"},
		"broken form":                {verb: "POST", path: "chat.postMessage", contentType: asForm, body: "%zz", code: "invalid_form_data", page: common + ": invalid_form_data"},
		"broken parts":               {verb: "POST", path: "chat.postMessage", contentType: "multipart/form-data; boundary=x", body: "x", code: "invalid_form_data", page: common + ": invalid_form_data"},
		"token in a form":            {verb: "POST", path: "auth.test", contentType: asForm, body: "token=" + mt.DefaultToken, bare: true, page: "reference/methods/auth.test"},
		"token in a query":           {verb: "GET", path: "auth.test?token=" + mt.DefaultToken, bare: true, code: "not_authed", page: "reference/methods/auth.test"},
		"token in a query of a POST": {verb: "POST", path: "auth.test?token=" + mt.DefaultToken, contentType: asForm, bare: true, code: "not_authed", page: "reference/methods/auth.test"},
		"token in JSON":              {verb: "POST", path: "auth.test", contentType: asJSON, body: `{"token":"` + mt.DefaultToken + `"}`, bare: true, code: "not_authed", page: "apis/web-api"},
		"history as JSON":            {verb: "POST", path: "conversations.history", contentType: asJSON, body: `{"channel":"C0000000002"}`, page: "reference/methods/conversations.history"},
		"replies as JSON":            {verb: "POST", path: "conversations.replies", contentType: asJSON, body: `{"channel":"C0000000002","ts":"1.000000"}`, code: "thread_not_found", page: "reference/methods/conversations.replies"},
		"list as JSON":               {verb: "POST", path: "conversations.list", contentType: asJSON, body: `{"limit":999}`, page: "reference/methods/conversations.list"},
		"list of 1,000":              {verb: "POST", path: "conversations.list", contentType: asForm, body: "limit=1000", code: "invalid_limit", page: "reference/methods/conversations.list"},
		"look-up as JSON":            {verb: "POST", path: "users.lookupByEmail", contentType: asJSON, body: `{"email":"alice@example.com"}`, code: "invalid_arguments", page: "reference/methods/users.lookupByEmail"},
	} {
		t.Run(name, func(t *testing.T) {
			s := mt.NewSlack(mt.Options{})
			if id := s.AddChannel("ops"); id != "C0000000002" {
				t.Fatalf("the channel is %s", id)
			}
			c := newClient(t, s).with("Content-Type", tt.contentType)
			if tt.bare {
				c = c.with("Authorization", "")
			}
			if a := c.do(tt.verb, tt.path, tt.body); a.status != 200 || a.code() != tt.code {
				t.Errorf("got %d %s, want %q [docs.slack.dev: %s]", a.status, a.text, tt.code, tt.page)
			}
		})
	}
	s := mt.NewSlack(mt.Options{})
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER "} {
		c := newClient(t, s).with("Authorization", scheme+mt.DefaultToken)
		c.want(c.do("POST", "auth.test", fields{}), 200, "")
	}
}

// TestSlackIgnoresBadMetadata covers event types that are not valid: the message is
// posted without metadata [docs.slack.dev/messaging/message-metadata].
func TestSlackIgnoresBadMetadata(t *testing.T) {
	for event, kept := range map[string]bool{
		"access_request": true, "Access-Request-2": true, "access.request": false, "access request": false, "é": false,
	} {
		s := mt.NewSlack(mt.Options{})
		c := newClient(t, s)
		a := c.do("POST", "chat.postMessage", fields{
			"channel": s.AddChannel("ops"), "text": "x",
			"metadata": fields{"event_type": event, "event_payload": fields{"key": "k"}},
		})
		c.want(a, 200, "")
		_, inAnswer := a.body["message"].(fields)["metadata"]
		warned := a.body["warning"] == "invalid_metadata_schema"
		if stored := s.Posts()[0].Key == "k"; stored != kept || inAnswer != kept || warned == kept {
			t.Errorf("%q: kept %t, in the answer %t, warned %t; want it kept %t", event, stored, inAnswer, warned, kept)
		}
	}
	s := mt.NewSlack(mt.Options{})
	c := newClient(t, s)
	for name, metadata := range map[string]any{
		"invalid_metadata_format": "no JSON",
		"invalid_metadata_schema": fields{"event_type": "a"},
	} {
		a := c.do("POST", "chat.postMessage", fields{"channel": s.AddChannel("ops"), "text": "x", "metadata": metadata})
		c.want(a, 200, name)
	}
}

// TestSlackEdits covers chat.update: the edit window and "(edited)".
func TestSlackEdits(t *testing.T) {
	clock := newClock()
	s := mt.NewSlack(mt.Options{Now: clock.now, EditLimit: time.Hour})
	id := s.AddChannel("ops")
	c := newClient(t, s)
	ts := c.do("POST", "chat.postMessage", fields{"channel": id, "text": "x"}).body["ts"]
	update := func(args fields) answer {
		args["channel"], args["ts"] = id, ts
		return c.do("POST", "chat.update", args)
	}
	for i, args := range []fields{{"text": "y", "blocks": []any{section("y")}}, {"text": "z"}} {
		a := update(args)
		c.want(a, 200, "")
		if _, edited := a.body["message"].(fields)["edited"]; edited != (i == 1) {
			t.Errorf("%v: marked as edited %t", args, edited)
		}
	}
	clock.at = clock.at.Add(time.Hour)
	c.want(update(fields{"text": "x"}), 200, "")
	clock.at = clock.at.Add(time.Second)
	c.want(update(fields{"text": "x"}), 200, "edit_window_closed")
}

// TestSlackThreads covers replies that are shown in the channel, and locked threads.
func TestSlackThreads(t *testing.T) {
	s := mt.NewSlack(mt.Options{Now: newClock().now})
	id := s.AddChannel("ops")
	c := newClient(t, s)
	post := func(args fields) answer {
		args["channel"] = id
		return c.do("POST", "chat.postMessage", args)
	}
	parent := post(fields{"text": "parent"}).body["ts"]
	c.want(post(fields{"text": "reply", "thread_ts": parent}), 200, "")
	broadcast := post(fields{"text": "both", "thread_ts": parent, "reply_broadcast": true})
	if m := broadcast.body["message"].(fields); m["subtype"] != "thread_broadcast" || m["thread_ts"] != parent {
		t.Errorf("got %s, want a broadcast reply", broadcast.text)
	}
	texts := func(method string, args url.Values) []string {
		args.Set("channel", id)
		var got []string
		for _, m := range c.do("GET", method+"?"+args.Encode(), nil).body["messages"].([]any) {
			got = append(got, m.(fields)["text"].(string))
		}
		return got
	}
	if diff := cmp.Diff([]string{"both", "parent"}, texts("conversations.history", url.Values{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"parent", "reply", "both"}, texts("conversations.replies", url.Values{"ts": {fmt.Sprint(parent)}})); diff != "" {
		t.Error(diff)
	}
	s.LockThread(id, fmt.Sprint(parent))
	c.want(post(fields{"text": "late", "thread_ts": parent}), 200, "restricted_action_thread_locked")
	c.want(post(fields{"text": "late"}), 200, "")
}

// TestSlackOrgWideToken covers a token that is for a whole organization
// [conversations.list: team_id; chat.postMessage: team_not_found].
func TestSlackOrgWideToken(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	id := s.AddChannel("ops")
	s.SetOrgWide(true)
	c := newClient(t, s)
	c.want(c.do("POST", "conversations.list", fields{}), 200, "missing_argument")
	c.want(c.do("POST", "conversations.list", fields{"team_id": "T0SIMULATED"}), 200, "")
	c.want(c.do("POST", "chat.postMessage", fields{"channel": "ops", "text": "x"}), 200, "team_not_found")
	c.want(c.do("POST", "chat.postMessage", fields{"channel": id, "text": "x"}), 200, "")
	if a := c.do("POST", "auth.test", fields{}); a.body["enterprise_id"] != a.body["team_id"] || a.body["is_enterprise_install"] != true {
		t.Errorf("got %s", a.text)
	}
}

// TestSlackWorkspaceLimit covers the limit for all posts in a workspace, and that
// edits have one of their own [docs.slack.dev/apis/web-api/rate-limits].
func TestSlackWorkspaceLimit(t *testing.T) {
	clock := newClock()
	s := mt.NewSlack(mt.Options{Now: clock.now, RateLimits: mt.RateLimits{
		Token:  mt.RateLimit{Limit: 2, Window: time.Minute},
		Method: map[string]mt.RateLimit{"chat.update": {Limit: 1, Window: time.Minute}},
	}})
	a, b := s.AddChannel("a"), s.AddChannel("b")
	c := newClient(t, s)
	post := func(to string) answer { return c.do("POST", "chat.postMessage", fields{"channel": to, "text": "x"}) }
	ts := map[string]any{a: post(a).body["ts"], b: post(b).body["ts"]}
	c.want(post(a), 429, "ratelimited")
	update := func(in string) answer {
		return c.do("POST", "chat.update", fields{"channel": in, "ts": ts[in], "text": "y"})
	}
	c.want(update(a), 200, "")
	c.want(update(b), 429, "ratelimited")
	c.want(c.do("POST", "auth.test", fields{}), 200, "")
	clock.at = clock.at.Add(time.Minute)
	c.want(post(b), 200, "")
	c.want(update(b), 200, "")
}
