package messengertest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	mt "github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

func TestDiscordRequests(t *testing.T) {
	d := mt.NewDiscord(mt.Options{})
	id := d.AddChannel("ops")
	c := newClient(t, d)
	c.want(c.do("GET", "/users/@me", nil), 200, "")
	c.want(c.with("User-Agent", "Go-http-client/1.1").do("GET", "/users/@me", nil), 200, "")
	c.want(c.with("User-Agent", "").do("GET", "/users/@me", nil), 200, "")
	c.want(c.with("Authorization", "Bot wrong").do("GET", "/users/@me", nil), 401, "0")
	c.want(c.with("Authorization", "Bearer "+mt.DefaultToken).do("GET", "/users/@me", nil), 401, "0")
	c.want(c.do("GET", "/nowhere", nil), 404, "0")
	c.want(c.do("DELETE", "/users/@me", nil), 405, "0")
	messages := "/channels/" + id + "/messages"
	c.want(c.with("Content-Type", "").do("POST", messages, fields{"content": "x"}), 400, "50035")
	c.want(c.do("POST", messages, "{"), 400, "50109")
	c.want(c.do("POST", messages, fields{"content": 5}), 400, "50035")
	d.RevokeToken(mt.DefaultToken)
	c.want(c.do("GET", "/users/@me", nil), 401, "0")
	if got := d.InvalidRequests(); got != 3 {
		t.Errorf("got %d invalid requests, want 3", got)
	}
}

// Without a version, Discord takes one that is deprecated (reference, API Versioning).
func TestDiscordVersions(t *testing.T) {
	for base, want := range map[string]string{
		"/api": "200 ", "/api/v6": "200 ", "/api/v9": "200 ", "/api/v10": "200 ",
		"/api/v5": "400 50041", "/api/v11": "400 50041", "/v10": "404 0",
	} {
		c := newClient(t, mt.NewDiscord(mt.Options{}))
		c.base = "http://simulated" + base
		a := c.do("GET", "/users/@me", nil)
		if got := fmt.Sprintf("%d %s", a.status, a.code()); got != want {
			t.Errorf("%s: got %s, want %s", base, got, want)
		}
	}
}

// A body may be a form as well (reference, Content Type; Uploading Files).
func TestDiscordBodies(t *testing.T) {
	d := mt.NewDiscord(mt.Options{})
	c := newClient(t, d)
	path := "/channels/" + d.AddChannel("ops") + "/messages"
	send := func(contentType, body string) answer {
		return c.with("Content-Type", contentType).do("POST", path, body)
	}
	part := func(name, value string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n--b--\r\n"
	}
	for i, a := range []answer{
		send("application/x-www-form-urlencoded", "content=hello&nonce=a&enforce_nonce=true"),
		send("application/x-www-form-urlencoded", "content=again&nonce=a&enforce_nonce=true"),
		send("multipart/form-data; boundary=b", part("content", "hello")),
		send("multipart/form-data; boundary=b", part("payload_json", `{"content":"hello"}`)),
	} {
		if c.want(a, 200, ""); a.body["content"] != "hello" {
			t.Errorf("%d: got %s", i, a.text)
		}
	}
	c.want(send("multipart/form-data; boundary=b", "hello"), 400, "50035")
	c.want(send("multipart/form-data; boundary=b", part("payload_json", "{")), 400, "50109")
	c.want(send("text/plain", "hello"), 400, "50035")
}

// See topics/threads, Active & Archived Threads, and topics/permissions.
func TestDiscordArchivedThreads(t *testing.T) {
	d := mt.NewDiscord(mt.Options{})
	channel := d.AddChannel("ops")
	thread, mute := d.AddThread(channel, "reviews"), d.AddThread(d.AddChannel("mute", mt.WithoutThreads()), "reviews")
	c := newClient(t, d)
	place := "/channels/" + thread
	post := func() answer { return c.do("POST", place+"/messages", fields{"content": "x"}) }
	message := place + "/messages/" + post().body["id"].(string)
	edit := func() answer { return c.do("PATCH", message, fields{"content": "y"}) }
	react := func() answer { return c.do("PUT", message+"/reactions/ok/@me", nil) }
	open := func(archived bool) answer { return c.do("PATCH", place, fields{"archived": archived}) }
	closed := func() any { return c.do("GET", place, nil).body["thread_metadata"].(fields)["archived"] }

	c.want(open(true), 200, "")
	c.want(edit(), 400, "50083")
	c.want(react(), 400, "50083")
	c.want(post(), 200, "")
	if closed() != false {
		t.Error("a post does not reopen the thread")
	}
	c.want(open(true), 200, "")
	c.want(open(false), 200, "")
	c.want(edit(), 200, "")

	d.LockThread(thread, true)
	c.want(post(), 400, "160005")
	d.Archive(thread)
	c.want(post(), 400, "50083")
	c.want(open(false), 403, "50013")
	d.LockThread(thread, false)
	c.want(post(), 200, "")

	c.want(c.do("POST", "/channels/"+mute+"/messages", fields{"content": "x"}), 403, "50013")
	c.want(c.do("PATCH", "/channels/"+mute, fields{"archived": true}), 403, "50013")
	c.want(c.do("PATCH", "/channels/"+channel, fields{"archived": true}), 200, "")
	c.want(c.do("PATCH", "/channels/"+channel, "{"), 400, "50109")
	c.want(c.do("PATCH", "/channels/123456789012345678", fields{}), 404, "10003")
}

func TestDiscordAnswersTakeTheHistory(t *testing.T) {
	d := mt.NewDiscord(mt.Options{Now: newClock().now})
	hidden := "/channels/" + d.AddChannel("hidden", mt.WithoutHistory()) + "/messages"
	c := newClient(t, d)
	first := c.do("POST", hidden, fields{"content": "x"}).body["id"].(string)
	c.want(c.do("POST", hidden, fields{"content": "x", "message_reference": fields{"message_id": first}}), 403, "160002")
	c.want(c.do("GET", hidden+"/"+first, nil), 403, "50013")
	open := "/channels/" + d.AddChannel("open") + "/messages"
	seen := c.do("POST", open, fields{"content": "x", "nonce": "n"}).body["id"].(string)
	if a := c.do("GET", open+"/"+seen, nil); a.body["content"] != "x" || a.body["nonce"] != nil {
		t.Errorf("got %s", a.text)
	}
	c.want(c.do("GET", open+"/123456789012345678", nil), 404, "10008")
}

// A limit that all who post in a channel share does not count towards a ban (topics/
// rate-limits).
func TestDiscordSharedLimits(t *testing.T) {
	d := mt.NewDiscord(mt.Options{})
	path := "/channels/" + d.AddChannel("ops") + "/messages"
	c := newClient(t, d)
	for scope, want := range map[mt.Scope]string{mt.ScopeChannel: "shared", mt.ScopeMethod: "user", mt.ScopeAll: "global"} {
		before := d.InvalidRequests()
		d.Faults().Throttle(mt.Throttling{Scope: scope, RetryAfter: time.Second})
		a := c.do("POST", path, fields{"content": "x"})
		if got := a.header.Get("X-RateLimit-Scope"); a.status != 429 || got != want {
			t.Errorf("%s: got %d with the scope %q, want %q", scope, a.status, got, want)
		}
		if counted := d.InvalidRequests() > before; counted == (want == "shared") {
			t.Errorf("%s: counted as an invalid request: %t", scope, counted)
		}
	}
}

func TestDiscordEditLimit(t *testing.T) {
	clock := newClock()
	d := mt.NewDiscord(mt.Options{Now: clock.now, EditLimit: time.Hour})
	path := "/channels/" + d.AddChannel("ops") + "/messages"
	c := newClient(t, d)
	message := path + "/" + c.do("POST", path, fields{"content": "x"}).body["id"].(string)
	clock.at = clock.at.Add(time.Hour)
	c.want(c.do("PATCH", message, fields{"content": "y"}), 200, "")
	clock.at = clock.at.Add(time.Second)
	c.want(c.do("PATCH", message, fields{"content": "y"}), 400, "50068")
}

func TestDiscordChannels(t *testing.T) {
	d := mt.NewDiscord(mt.Options{})
	locked, out, gone := d.AddChannel("locked", mt.ReadOnly()), d.AddChannel("out", mt.WithoutBot()), d.AddChannel("gone")
	d.Archive(gone)
	alice := d.AddUser("alice@example.com")
	shy := d.AddUser("shy@example.com", mt.WithoutDirectMessages())
	c := newClient(t, d)
	direct := func(user string) string {
		a := c.do("POST", "/users/@me/channels", fields{"recipient_id": user})
		c.want(a, 200, "")
		return a.body["id"].(string)
	}
	if first, again := direct(alice), direct(alice); first != again {
		t.Errorf("got channels %s and %s for one user", first, again)
	}
	c.want(c.do("POST", "/users/@me/channels", fields{"recipient_id": "123456789012345678"}), 400, "50033")
	c.want(c.do("POST", "/users/@me/channels", fields{"recipient_id": d.BotID()}), 400, "50007")
	c.want(c.do("POST", "/users/@me/channels", fields{"recipient_id": "alice"}), 400, "50035")
	for to, want := range map[string]string{
		"123456789012345678": "404 10003", gone: "404 10003", "ops": "400 50035", out: "403 50001",
		locked: "403 50013", direct(shy): "403 50007", direct(alice): "200 ",
	} {
		a := c.do("POST", "/channels/"+to+"/messages", fields{"content": "x"})
		if got := fmt.Sprintf("%d %s", a.status, a.code()); got != want {
			t.Errorf("post to %s: got %s, want %s", to, got, want)
		}
	}
	if p := d.Posts()[0]; !p.Direct || p.User != alice {
		t.Errorf("got %+v", p)
	}
	c.want(c.do("GET", "/channels/"+locked, nil), 200, "")
	c.want(c.do("GET", "/channels/"+gone, nil), 404, "10003")
}

func TestDiscordContent(t *testing.T) {
	d := mt.NewDiscord(mt.Options{})
	path := "/channels/" + d.AddChannel("ops") + "/messages"
	x := func(n int) string { return strings.Repeat("x", n) }
	embed := func(name string, value any) fields { return fields{"embeds": []any{fields{name: value}}} }
	buttons := func(all ...any) fields { return fields{"components": []any{fields{"type": 1, "components": all}}} }
	button := func(id string) fields { return fields{"type": 2, "style": 1, "label": "x", "custom_id": id} }
	link := func(path string) fields {
		return fields{"type": 2, "style": 5, "label": "x", "url": "https://x.example/" + path}
	}
	field := func(name, value string) []any { return []any{fields{"name": name, "value": value}} }
	for name, tc := range map[string]struct {
		body fields
		want string
	}{
		"empty":             {fields{}, "50006"},
		"blank":             {fields{"content": " \n"}, "50006"},
		"empty embed":       {fields{"embeds": []any{fields{}}}, "50006"},
		"content 2000":      {fields{"content": x(2000)}, ""},
		"content 2001":      {fields{"content": x(2001)}, "50035"},
		"code points 2000":  {fields{"content": strings.Repeat("😀", 2000)}, ""},
		"code points 2001":  {fields{"content": strings.Repeat("😀", 2001)}, "50035"},
		"trimmed":           {fields{"content": "\n " + x(2000) + " \n"}, ""},
		"11 embeds":         {fields{"embeds": repeat(11, fields{"title": "x"})}, "50035"},
		"title":             {embed("title", x(257)), "50035"},
		"description 4096":  {embed("description", x(4096)), ""},
		"description 4097":  {embed("description", x(4097)), "50035"},
		"26 fields":         {embed("fields", repeat(26, field("a", "b")[0])), "50035"},
		"field name":        {embed("fields", field(x(257), "x")), "50035"},
		"field value":       {embed("fields", field("x", x(1025))), "50035"},
		"field empty":       {embed("fields", field("x", "")), "50035"},
		"footer":            {embed("footer", fields{"text": x(2049)}), "50035"},
		"author":            {embed("author", fields{"name": x(257)}), "50035"},
		"url":               {embed("url", "javascript:x"), "50035"},
		"colour":            {embed("color", 1<<24), "50035"},
		"timestamp":         {embed("timestamp", "today"), "50035"},
		"sum 6000":          {fields{"embeds": repeat(2, fields{"description": x(3000)})}, ""},
		"sum 6002":          {fields{"embeds": repeat(2, fields{"description": x(3001)})}, "50035"},
		"nonce":             {fields{"content": "x", "nonce": x(26)}, "50035"},
		"unknown parse":     {fields{"content": "x", "allowed_mentions": fields{"parse": []string{"all"}}}, "50035"},
		"parse and users":   {fields{"content": "x", "allowed_mentions": fields{"parse": []string{"users"}, "users": []string{"1"}}}, "50035"},
		"unknown reference": {fields{"content": "x", "message_reference": fields{"message_id": "1"}}, "50035"},
		"link button":       {buttons(link(x(0))), ""},
		"link of 512":       {buttons(link(x(512 - len("https://x.example/")))), ""},
		"link of 513":       {buttons(link(x(513 - len("https://x.example/")))), "50035"},
		"button no url":     {buttons(fields{"type": 2, "style": 5, "label": "x"}), "50035"},
		"buttons":           {buttons(button("a"), button("b")), ""},
		"button without id": {buttons(button("")), "50035"},
		"equal ids":         {buttons(button("a"), button("a")), "50035"},
		"link with id":      {buttons(fields{"type": 2, "style": 5, "label": "x", "url": "https://x.example", "custom_id": "a"}), "50035"},
		"components V2":     {fields{"flags": 1 << 15, "components": repeat(6, fields{"type": 10, "content": "x"})}, ""},
		"content with V2":   {fields{"flags": 1 << 15, "components": repeat(1, fields{"type": 10}), "content": "x"}, "50035"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, d)
			a := c.do("POST", path, tc.body)
			if a.code() != tc.want {
				t.Fatalf("got %s, want code %q", a.text, tc.want)
			}
			if tc.want == "50035" && a.body["errors"] == nil {
				t.Errorf("got %s, want nested errors", a.text)
			}
		})
	}
}

func TestDiscordNonce(t *testing.T) {
	clock := newClock()
	d := mt.NewDiscord(mt.Options{Now: clock.now, NonceWindow: time.Minute})
	path := "/channels/" + d.AddChannel("ops") + "/messages"
	c := newClient(t, d)
	body := fields{"content": "x", "nonce": "key", "enforce_nonce": true}
	first := c.do("POST", path, body)
	if again := c.do("POST", path, body); again.body["id"] != first.body["id"] {
		t.Errorf("got a second message within the window: %s", again.text)
	}
	clock.at = clock.at.Add(time.Minute)
	if late := c.do("POST", path, body); late.body["id"] == first.body["id"] {
		t.Error("got the first message after the window")
	}
	c.do("POST", path, fields{"content": "x", "nonce": "key"})
	if got := len(d.Posts()); got != 3 {
		t.Errorf("got %d messages, want 3: a nonce that is not enforced does nothing", got)
	}
	if key := d.Posts()[0].Key; key != "key" {
		t.Errorf("got key %q", key)
	}
}

func TestDiscordEditAndMentions(t *testing.T) {
	d := mt.NewDiscord(mt.Options{})
	path := "/channels/" + d.AddChannel("ops") + "/messages"
	d.AddBot("other")
	c := newClient(t, d)
	none := fields{"parse": []string{}}
	a := c.do("POST", path, fields{"content": "@everyone <@12> <@&34>", "allowed_mentions": none})
	c.want(a, 200, "")
	if got := d.Posts()[0].Mentions; len(got) != 0 {
		t.Errorf("got mentions %v, want them suppressed", got)
	}
	message := path + "/" + a.body["id"].(string)
	c.want(c.do("PATCH", path+"/123456789012345678", fields{"content": "x"}), 404, "10008")
	other := c.with("Authorization", "Bot other")
	c.want(other.do("PATCH", message, fields{"content": "x"}), 403, "50005")
	c.want(c.do("PATCH", message, fields{"content": nil}), 400, "50006")
	c.want(c.do("PATCH", message, fields{"embeds": []any{fields{"title": "[a](https://x.example) \\*b\\* <t:0:R> <t:0:S>"}}, "allowed_mentions": fields{"users": []string{"12"}}}), 200, "")
	if diff := cmp.Diff([]string{"12"}, d.Posts()[0].Mentions); diff != "" {
		t.Error(diff)
	}
	want := "@everyone <@12> <@&34>\na (https://x.example) *b* 1970-01-01T00:00:00Z 1970-01-01T00:00:00Z"
	if diff := cmp.Diff(want, d.Posts()[0].Text); diff != "" {
		t.Error(diff)
	}
	c.want(c.do("PATCH", message, fields{"content": "@here"}), 200, "")
	if diff := cmp.Diff([]string{"12", "here"}, d.Posts()[0].Mentions); diff != "" {
		t.Error("an edit that does not say otherwise mentions all: " + diff)
	}
}

func TestDiscordHistoryAndThreads(t *testing.T) {
	d := mt.NewDiscord(mt.Options{Now: newClock().now})
	channel := d.AddChannel("ops")
	path := "/channels/" + channel + "/messages"
	c := newClient(t, d)
	var ids []string
	for i := range 4 {
		a := c.do("POST", path, fields{"content": fmt.Sprint(i), "nonce": "n"})
		ids = append(ids, a.body["id"].(string))
	}
	contents := func(query string) (got string) {
		for _, m := range c.do("GET", path+query, nil).list {
			got += m["content"].(string)
			if m["nonce"] != nil {
				t.Error("got a nonce in the history")
			}
		}
		return got
	}
	for query, want := range map[string]string{
		"": "3210", "?limit=2": "32", "?limit=2&after=" + ids[0]: "21", "?limit=2&before=" + ids[3]: "21",
	} {
		if got := contents(query); got != want {
			t.Errorf("%q: got %s, want %s", query, got, want)
		}
	}
	c.want(c.do("GET", path+"?limit=101", nil), 400, "50035")
	c.want(c.do("POST", path, fields{"content": "reply", "message_reference": fields{"message_id": ids[0]}}), 200, "")

	threads := path + "/" + ids[1] + "/threads"
	c.want(c.do("POST", threads, fields{}), 400, "50035")
	c.want(c.do("POST", threads, fields{"name": "reviews"}), 201, "")
	c.want(c.do("POST", threads, fields{"name": "reviews"}), 400, "160004")
	c.want(c.do("POST", "/channels/"+ids[1]+"/messages", fields{"content": "in thread"}), 200, "")
	posts := d.Posts()
	if posts[4].ThreadOf != ids[0] || posts[5].ThreadOf != ids[1] {
		t.Errorf("got %+v and %+v", posts[4], posts[5])
	}
	if a := c.do("PUT", path+"/"+ids[0]+"/reactions/ok/@me", nil); a.status != http.StatusNoContent {
		t.Errorf("got %d", a.status)
	}
	hidden := d.AddChannel("hidden", mt.WithoutHistory())
	c.want(c.do("POST", "/channels/"+hidden+"/messages", fields{"content": "x"}), 200, "")
	if got := c.do("GET", "/channels/"+hidden+"/messages", nil); got.text != "[]" {
		t.Errorf("got %s, want nothing", got.text)
	}
}

func TestDiscordRateLimits(t *testing.T) {
	clock := newClock()
	d := mt.NewDiscord(mt.Options{Now: clock.now, BanAfter: 4, RateLimits: mt.RateLimits{
		Token: mt.RateLimit{Limit: 4, Window: time.Second}, Channel: mt.RateLimit{Limit: 2, Window: 5 * time.Second},
	}})
	path := "/channels/" + d.AddChannel("ops") + "/messages"
	c := newClient(t, d)
	post := func() answer { return c.do("POST", path, fields{"content": "x"}) }
	first := post()
	if first.header.Get("X-RateLimit-Limit") != "2" || first.header.Get("X-RateLimit-Remaining") != "1" ||
		first.header.Get("X-RateLimit-Reset-After") != "5.000" || first.header.Get("X-RateLimit-Bucket") == "" {
		t.Errorf("got headers %v", first.header)
	}
	post()
	limited := post()
	if limited.status != 429 || limited.body["global"] != false || limited.body["retry_after"] != 5.0 ||
		limited.header.Get("X-RateLimit-Scope") != "user" || limited.header.Get("Retry-After") != "5" {
		t.Errorf("got %s, %v", limited.text, limited.header)
	}
	c.do("GET", "/users/@me", nil)
	global := c.do("GET", "/users/@me", nil)
	if global.status != 429 || global.body["global"] != true || global.header.Get("X-RateLimit-Global") != "true" ||
		global.header.Get("X-RateLimit-Bucket") != "" {
		t.Errorf("got %s, %v", global.text, global.header)
	}
	c.do("GET", "/users/@me", nil)
	c.do("GET", "/users/@me", nil)
	if banned := c.do("GET", "/users/@me", nil); banned.text != "error code: 1015" || d.InvalidRequests() != 4 {
		t.Errorf("got %s after %d invalid requests, want a ban", banned.text, d.InvalidRequests())
	}
	clock.at = clock.at.Add(10 * time.Minute)
	c.want(c.do("GET", "/users/@me", nil), 200, "")
}
