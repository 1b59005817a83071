package messengertest_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	mt "github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

func TestSlackAuthentication(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	c := newClient(t, s)
	c.want(c.do("POST", "auth.test", fields{}), 200, "")
	c.want(c.with("Authorization", "").do("POST", "auth.test", fields{}), 200, "not_authed")
	c.want(c.with("Authorization", "").do("POST", "auth.test", fields{"token": mt.DefaultToken}), 200, "not_authed")
	c.want(c.with("Authorization", "Bearer wrong").do("POST", "auth.test", fields{}), 200, "invalid_auth")
	c.want(c.do("POST", "no.such", fields{}), 200, "unknown_method")
	c.want(c.do("POST", "auth.test", "{"), 200, "invalid_json")
	c.want(c.do("POST", "auth.test", "[]"), 200, "json_not_object")
	c.want(c.with("Content-Type", "text/html").do("POST", "auth.test", "x"), 200, "invalid_post_type")
	c.want(c.with("Content-Type", "").do("POST", "auth.test", "x"), 200, "missing_post_type")
	warned := c.with("Content-Type", "application/json").do("POST", "auth.test", fields{})
	if warned.body["warning"] != "missing_charset" {
		t.Errorf("got %s, want a warning", warned.text)
	}

	s.SetToken(mt.DefaultToken, "fresh")
	c.want(c.do("POST", "auth.test", fields{}), 200, "token_revoked")
	fresh := c.with("Authorization", "Bearer fresh")
	fresh.want(fresh.do("POST", "auth.test", fields{}), 200, "")
	s.RefuseToken("fresh", "account_inactive")
	fresh.want(fresh.do("POST", "auth.test", fields{}), 200, "account_inactive")
}

func TestSlackScopes(t *testing.T) {
	for method, needed := range map[string]string{
		"chat.postMessage": "chat:write", "chat.update": "chat:write", "users.lookupByEmail": "users:read.email",
		"conversations.open": "im:write", "conversations.list": "channels:read", "conversations.info": "channels:read",
		"conversations.history": "channels:history", "conversations.replies": "channels:history",
		"reactions.add": "reactions:write",
	} {
		s := mt.NewSlack(mt.Options{})
		id := s.AddChannel("ops")
		s.SetScopes(mt.DefaultToken, "commands")
		c := newClient(t, s).with("Content-Type", "application/x-www-form-urlencoded")
		a := c.do("POST", method, "channel="+id)
		if a.code() != "missing_scope" || a.body["needed"] != needed || a.body["provided"] != "commands" {
			t.Errorf("%s: got %s", method, a.text)
		}
	}
}

func TestSlackPostTargets(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	open := s.AddChannel("open")
	s.AddChannel("out", mt.WithoutBot())
	s.AddChannel("secret", mt.Private(), mt.WithoutBot())
	s.AddChannel("locked", mt.ReadOnly())
	s.Archive(s.AddChannel("old"))
	alice := s.AddUser("alice@example.com")
	gone := s.AddUser("gone@example.com", mt.Deactivated())
	c := newClient(t, s)
	for to, code := range map[string]string{
		open: "", "open": "", "#open": "", alice: "", "": "channel_not_found", "nowhere": "channel_not_found",
		gone: "channel_not_found", "out": "not_in_channel", "secret": "channel_not_found",
		"old": "is_archived", "locked": "restricted_action",
	} {
		a := c.do("POST", "chat.postMessage", fields{"channel": to, "text": "hello"})
		if a.code() != code {
			t.Errorf("post to %q: got %s, want %q", to, a.text, code)
		}
	}
	direct := slices.IndexFunc(s.Posts(), func(p mt.Post) bool { return p.Direct })
	if p := s.Posts()[direct]; p.User != alice || !strings.HasPrefix(p.Channel, "D") {
		t.Errorf("got direct message %+v", p)
	}
	s.Kick(open)
	c.want(c.do("POST", "chat.postMessage", fields{"channel": open, "text": "x"}), 200, "not_in_channel")
}

func TestSlackUpdate(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	id := s.AddChannel("ops")
	s.AddBot("other")
	c := newClient(t, s)
	metadata := fields{"event_type": "request", "event_payload": fields{"key": "k1"}}
	posted := c.do("POST", "chat.postMessage", fields{
		"channel": id, "text": "first", "blocks": []any{section("block")}, "metadata": metadata,
	})
	ts := posted.body["ts"]
	update := func(args fields) answer {
		if args["channel"] == nil {
			args["channel"] = id
		}
		if args["ts"] == nil {
			args["ts"] = ts
		}
		return c.do("POST", "chat.update", args)
	}
	c.want(update(fields{"text": "x", "channel": "ops"}), 200, "channel_not_found")
	c.want(update(fields{"text": "x", "ts": "1.000000"}), 200, "message_not_found")
	c.want(update(fields{"text": strings.Repeat("x", 4001)}), 200, "msg_too_long")
	c.want(update(fields{}), 200, "no_text")
	other := c.with("Authorization", "Bearer other")
	c.want(other.do("POST", "chat.update", fields{"channel": id, "ts": ts, "text": "x"}), 200, "cant_update_message")

	c.want(update(fields{"text": strings.Repeat("x", 4000)}), 200, "")
	c.want(update(fields{"text": "second &lt;b&gt; <https://x.example|click> <!date^1^{date}|then>"}), 200, "")
	p := s.Posts()[0]
	if want := "second <b> click (https://x.example) then"; p.Text != want || p.Revisions != 3 {
		t.Errorf("got %q after %d revisions, want %q", p.Text, p.Revisions, want)
	}
	if p.Key != "k1" {
		t.Errorf("metadata left out: key is %q, want it kept", p.Key)
	}
	c.want(update(fields{"text": "x", "metadata": fields{"event_type": "a", "event_payload": fields{"key": "k2"}}}), 200, "")
	if key := s.Posts()[0].Key; key != "k2" {
		t.Errorf("got key %q, want it replaced", key)
	}
	s.Archive(id)
	c.want(update(fields{"text": "x"}), 200, "is_inactive")
}

func TestSlackHistory(t *testing.T) {
	s := mt.NewSlack(mt.Options{Now: newClock().now})
	id := s.AddChannel("ops")
	out := s.AddChannel("out", mt.WithoutBot())
	c := newClient(t, s)
	var stamps []string
	for i := range 5 {
		a := c.do("POST", "chat.postMessage", fields{"channel": id, "text": fmt.Sprint(i), "metadata": fields{
			"event_type": "a", "event_payload": fields{"key": fmt.Sprint(i)},
		}})
		stamps = append(stamps, a.body["ts"].(string))
	}
	if unique := slices.Compact(slices.Sorted(slices.Values(stamps))); len(unique) != 5 {
		t.Errorf("got timestamps %v, want them unique", stamps)
	}
	reply := c.do("POST", "chat.postMessage", fields{"channel": id, "text": "reply", "thread_ts": stamps[0]})
	c.want(reply, 200, "")

	form := c.with("Content-Type", "application/x-www-form-urlencoded")
	get := func(method string, args url.Values) answer { return form.do("POST", method, args.Encode()) }
	c.want(c.do("POST", "conversations.history", fields{"channel": id}), 200, "")
	c.want(get("conversations.history", url.Values{"channel": {out}}), 200, "not_in_channel")
	c.want(get("conversations.history", url.Values{"channel": {id}, "limit": {"1000"}}), 200, "invalid_limit")
	c.want(get("conversations.history", url.Values{"channel": {id}, "cursor": {"x"}}), 200, "invalid_cursor")
	c.want(get("conversations.history", url.Values{"channel": {id}, "oldest": {"x"}}), 200, "invalid_ts_oldest")
	c.want(get("conversations.replies", url.Values{"channel": {id}, "ts": {"1.000000"}}), 200, "thread_not_found")

	var seen []string
	args := url.Values{"channel": {id}, "limit": {"2"}, "oldest": {stamps[0]}, "include_all_metadata": {"1"}}
	for range 4 {
		a := get("conversations.history", args)
		for _, m := range a.body["messages"].([]any) {
			seen = append(seen, m.(fields)["text"].(string))
			if m.(fields)["metadata"] == nil {
				t.Error("got a message without metadata")
			}
		}
		next := a.body["response_metadata"].(fields)["next_cursor"].(string)
		if next == "" {
			break
		}
		args.Set("cursor", next)
	}
	if diff := cmp.Diff([]string{"4", "3", "2", "1"}, seen); diff != "" {
		t.Error(diff)
	}
	replies := get("conversations.replies", url.Values{"channel": {id}, "ts": {stamps[0]}})
	messages := replies.body["messages"].([]any)
	if len(messages) != 2 || messages[0].(fields)["metadata"] != nil {
		t.Errorf("got %s, want two messages without metadata", replies.text)
	}
}

func TestSlackPeopleAndReactions(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	id := s.AddChannel("ops")
	alice := s.AddUser("alice@example.com")
	gone := s.AddUser("gone@example.com", mt.Deactivated())
	c := newClient(t, s)
	form := c.with("Content-Type", "application/x-www-form-urlencoded")
	c.want(c.do("POST", "users.lookupByEmail", fields{"email": "alice@example.com"}), 200, "invalid_arguments")
	c.want(form.do("POST", "users.lookupByEmail", "email=Alice%40example.com"), 200, "")
	c.want(form.do("POST", "users.lookupByEmail", "email=unknown%40example.com"), 200, "users_not_found")
	c.want(form.do("POST", "users.lookupByEmail", "email=gone%40example.com"), 200, "users_not_found")
	c.want(form.do("GET", "users.lookupByEmail?email=alice%40example.com", nil), 200, "")
	c.want(c.do("POST", "conversations.open", fields{}), 200, "users_list_not_supplied")
	c.want(c.do("POST", "conversations.open", fields{"users": "U1"}), 200, "user_not_found")
	c.want(c.do("POST", "conversations.open", fields{"users": gone}), 200, "user_disabled")
	first := c.do("POST", "conversations.open", fields{"users": alice})
	again := c.do("POST", "conversations.open", fields{"users": alice})
	if diff := cmp.Diff(first.body["channel"], again.body["channel"]); diff != "" || again.body["already_open"] != true {
		t.Errorf("opened twice: %s%s", diff, again.text)
	}

	ts := c.do("POST", "chat.postMessage", fields{"channel": id, "text": "x"}).body["ts"]
	react := func(name string, ts any) answer {
		return c.do("POST", "reactions.add", fields{"channel": id, "name": name, "timestamp": ts})
	}
	c.want(react("eyes", ts), 200, "")
	c.want(react("eyes", ts), 200, "already_reacted")
	c.want(react("not an emoji", ts), 200, "invalid_name")
	c.want(react("eyes", "x"), 200, "bad_timestamp")
	c.want(react("eyes", "1.000000"), 200, "message_not_found")
	c.want(react("eyes", ""), 200, "no_item_specified")
	if diff := cmp.Diff([]string{"eyes"}, s.Posts()[0].Reactions); diff != "" {
		t.Error(diff)
	}
}

func TestSlackMentions(t *testing.T) {
	for name, tc := range map[string]struct {
		args fields
		want []string
	}{
		"escaped":      {fields{"text": "&lt;!channel&gt; @here"}, nil},
		"text":         {fields{"text": "<!channel> <@U1|x>"}, []string{"channel", "U1"}},
		"group":        {fields{"text": "<!subteam^S123>"}, []string{"S123"}},
		"block":        {fields{"blocks": []any{section("<!here>")}}, []string{"here"}},
		"plain":        {fields{"blocks": []any{fields{"type": "header", "text": fields{"type": "plain_text", "text": "<!here>"}}}}, nil},
		"attachment":   {fields{"attachments": []any{fields{"text": "<!everyone>"}}}, []string{"everyone"}},
		"linked names": {fields{"text": "@channel", "link_names": true}, []string{"channel"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := mt.NewSlack(mt.Options{})
			tc.args["channel"] = s.AddChannel("ops")
			c := newClient(t, s)
			c.want(c.do("POST", "chat.postMessage", tc.args), 200, "")
			if diff := cmp.Diff(tc.want, s.Posts()[0].Mentions); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSlackRateLimits(t *testing.T) {
	clock := newClock()
	s := mt.NewSlack(mt.Options{Now: clock.now, RateLimits: mt.RateLimits{
		Channel: mt.RateLimit{Limit: 1, Window: time.Second},
		Method:  map[string]mt.RateLimit{"auth.test": {Limit: 1, Window: time.Minute}},
	}})
	a, b := s.AddChannel("a"), s.AddChannel("b")
	c := newClient(t, s)
	post := func(to string) answer { return c.do("POST", "chat.postMessage", fields{"channel": to, "text": "x"}) }
	c.want(post(a), 200, "")
	c.want(post("#a"), 429, "ratelimited")
	c.want(post(b), 200, "")
	clock.at = clock.at.Add(time.Second)
	c.want(post(a), 200, "")
	c.want(c.do("POST", "auth.test", fields{}), 200, "")
	limited := c.do("POST", "auth.test", fields{})
	c.want(limited, 429, "ratelimited")
	if got := limited.header.Get("Retry-After"); got != "59" && got != "60" {
		t.Errorf("got Retry-After %q, want about a minute", got)
	}
}

func TestSlackList(t *testing.T) {
	s := mt.NewSlack(mt.Options{})
	s.AddChannel("a")
	s.AddChannel("b", mt.WithoutBot())
	s.AddChannel("c", mt.Private())
	s.AddChannel("d", mt.Private(), mt.WithoutBot())
	old := s.AddChannel("e")
	s.Archive(old)
	form := newClient(t, s).with("Content-Type", "application/x-www-form-urlencoded")
	for args, want := range map[string]string{
		"": "abe", "exclude_archived=true": "ab", "types=public_channel,private_channel": "abce", "limit=2": "ab",
	} {
		a := form.do("POST", "conversations.list", args)
		got := ""
		for _, ch := range a.body["channels"].([]any) {
			got += ch.(fields)["name"].(string)
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", args, got, want)
		}
		if paged := a.body["response_metadata"].(fields)["next_cursor"] != ""; paged != (args == "limit=2") {
			t.Errorf("%q: got a next page %t", args, paged)
		}
	}
	form.want(form.do("POST", "conversations.list", "types=some"), 200, "invalid_types")
	form.want(form.do("POST", "conversations.list", "limit=999"), 200, "")
	form.want(form.do("POST", "conversations.list", "limit=1000"), 200, "invalid_limit")
	form.want(form.do("POST", "conversations.info", "channel="+old), 200, "")
	form.want(form.do("POST", "conversations.info", "channel=C1"), 200, "channel_not_found")
}
