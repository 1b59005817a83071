package messengertest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	mt "github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

const (
	sessionExpired = "api.context.session_expired.app_error"
	forbidden      = "api.context.permissions.app_error"
	noChannel      = "app.channel.get_by_name.missing.app_error"
	noUser         = "app.user.missing_account.const"
)

func TestMattermostLookups(t *testing.T) {
	m := mt.NewMattermost(mt.Options{})
	m.AddTeam("foreign", false)
	m.AddChannel("ops")
	m.AddChannel("foreign/ops")
	secret := m.AddChannel("secret", mt.Private(), mt.WithoutBot())
	out := m.AddChannel("out", mt.WithoutBot())
	m.Archive(m.AddChannel("old"))
	alice := m.AddUser("alice@example.com")
	m.AddUser("gone@example.com", mt.Deactivated())
	c := newClient(t, m)
	for path, want := range map[string]string{
		"/users/me":                                 "200 ",
		"/teams/name/main/channels/name/ops":        "200 ",
		"/teams/name/main/channels/name/none":       "404 " + noChannel,
		"/teams/name/main/channels/name/secret":     "404 " + noChannel,
		"/teams/name/main/channels/name/old":        "404 " + noChannel,
		"/teams/name/none/channels/name/ops":        "404 app.team.get_by_name.missing.app_error",
		"/teams/name/foreign/channels/name/ops":     "403 " + forbidden,
		"/users/email/ALICE@example.com":            "200 ",
		"/users/email/gone@example.com":             "200 ",
		"/users/email/unknown@example.com":          "404 " + noUser,
		"/users/email/unknown":                      "400 api.context.invalid_url_param.app_error",
		"/nowhere":                                  "404 api.context.404.app_error",
		"/channels/" + strings.Repeat("x", 26):      "404 app.channel.get.existing.app_error",
		"/channels/" + out:                          "200 ",
		"/channels/" + out + "/posts":               "403 " + forbidden,
		"/channels/" + secret:                       "403 " + forbidden,
		"/system/ping?get_server_status=true":       "200 ",
		"/posts/" + strings.Repeat("x", 26):         "404 app.post.get.app_error",
		"/channels/" + strings.Repeat("x", 3) + "/": "404 api.context.404.app_error",
	} {
		a := c.do("GET", path, nil)
		if got := fmt.Sprintf("%d %s", a.status, a.code()); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	if a := c.do("GET", "/users/email/gone@example.com", nil); a.body["delete_at"] == 0.0 {
		t.Error("a deactivated user has no delete_at")
	}
	if a := c.do("GET", "/nowhere", nil); a.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("got content type %s", a.header.Get("Content-Type"))
	}
	c.want(c.with("Authorization", "").do("GET", "/users/me", nil), 401, sessionExpired)
	c.want(c.with("Authorization", "Bearer wrong").do("GET", "/users/me", nil), 401, sessionExpired)
	first := c.do("POST", "/channels/direct", []string{m.BotID(), alice})
	again := c.do("POST", "/channels/direct", []string{m.BotID(), alice})
	c.want(again, 201, "")
	if first.body["id"] != again.body["id"] {
		t.Error("got two direct channels for one user")
	}
	unknown := []string{m.BotID(), strings.Repeat("x", 26)}
	c.want(c.do("POST", "/channels/direct", unknown), 400, "api.channel.create_direct_channel.invalid_user.app_error")
	m.DeactivateUser(m.BotID())
	c.want(c.do("GET", "/users/me", nil), 401, sessionExpired)
}

func TestMattermostTeams(t *testing.T) {
	m := mt.NewMattermost(mt.Options{})
	m.AddTeam("foreign", false)
	m.DisplayTeam("main", "Main Team")
	m.AddChannel("foreign/ops")
	m.AddChannel("out", mt.WithoutBot())
	m.Archive(m.AddChannel("old"))
	ops := m.AddChannel("ops", mt.Displayed("Operations"))
	alice := m.AddUser("alice@example.com")
	c := newClient(t, m)
	direct := c.do("POST", "/channels/direct", []string{m.BotID(), alice}).body["id"]

	teams := c.do("GET", "/users/me/teams", nil).list
	if len(teams) != 1 || teams[0]["name"] != "main" || teams[0]["display_name"] != "Main Team" {
		t.Fatalf("got teams %v", teams)
	}
	main := teams[0]["id"].(string)
	channels := c.do("GET", "/users/me/teams/"+main+"/channels", nil).list
	if len(channels) != 2 || channels[0]["id"] != ops || channels[0]["display_name"] != "Operations" ||
		channels[0]["team_id"] != main || channels[1]["id"] != direct || channels[1]["type"] != "D" {
		t.Errorf("got channels %v", channels)
	}
	c.want(c.do("GET", "/users/me/teams/main/channels", nil), 400, "api.context.invalid_url_param.app_error")
	c.want(c.do("GET", "/users/me/teams/"+strings.Repeat("x", 26)+"/channels", nil), 403, forbidden)
	m.SetDatabaseDown(true)
	c.want(c.do("GET", "/users/me/teams", nil), 500, "app.team.get_all.app_error")
	c.want(c.do("GET", "/users/me/teams/"+main+"/channels", nil), 500, "app.channel.get_channels.get.app_error")
}

func TestMattermostPosts(t *testing.T) {
	clock := newClock()
	m := mt.NewMattermost(mt.Options{Now: clock.now, EditLimit: time.Hour})
	ops, out, old := m.AddChannel("ops"), m.AddChannel("out", mt.WithoutBot()), m.AddChannel("old")
	m.Archive(old)
	m.AddBot("other")
	c := newClient(t, m)
	post := func(body fields) answer {
		if body["channel_id"] == nil {
			body["channel_id"] = ops
		}
		return c.do("POST", "/posts", body)
	}
	c.want(post(fields{"message": "x", "channel_id": "malformed"}), 403, forbidden)
	c.want(post(fields{"message": "x", "channel_id": out}), 403, forbidden)
	c.want(post(fields{"message": "x", "channel_id": old}), 400, "api.post.create_post.can_not_post_to_deleted.error")
	c.want(post(fields{"message": "x", "root_id": "none"}), 400, "api.post.create_post.root_id.app_error")
	c.want(post(fields{"message": strings.Repeat("é", 16384)}), 400, "model.post.is_valid.msg.app_error")
	c.want(post(fields{"props": fields{"a": strings.Repeat("x", 300_000)}}), 413, "api.context.request_body_too_large.app_error")
	older := mt.NewMattermost(mt.Options{MaxPayload: 1 << 20})
	large := fields{"channel_id": older.AddChannel("ops"), "props": fields{"a": strings.Repeat("x", 800_000)}}
	c.want(newClient(t, older).do("POST", "/posts", large), 400, "model.post.is_valid.props.app_error")
	c.want(post(fields{"message": strings.Repeat("é", 16383)}), 201, "")

	a := post(fields{"message": "x", "pending_post_id": "p", "props": fields{
		"access_notifier_key": "k", "attachments": []any{fields{"text": "\\*a\\* [b](https://x.example)"}},
	}})
	c.want(a, 201, "")
	props := a.body["props"].(fields)
	if _, normal := props["attachments"].([]any)[0].(fields)["fallback"]; !normal || props["from_bot"] != "true" {
		t.Errorf("got props %v", props)
	}
	if again := post(fields{"message": "x", "pending_post_id": "p"}); again.body["id"] != a.body["id"] || again.status != 201 {
		t.Errorf("got %s, want the first post", again.text)
	}
	clock.at = clock.at.Add(30 * time.Second)
	if late := post(fields{"message": "x", "pending_post_id": "p"}); late.body["id"] == a.body["id"] {
		t.Error("got the first post after the window")
	}
	p := m.PostsIn(ops)[1]
	if p.Key != "k" || p.Text != "x\n*a* b (https://x.example)" {
		t.Errorf("got %+v", p)
	}

	path := "/posts/" + p.ID
	c.want(c.do("POST", path+"/patch", fields{"message": "y"}), 404, "api.context.404.app_error")
	c.want(c.do("PUT", "/posts/"+strings.Repeat("x", 26)+"/patch", fields{"message": "y"}), 403, forbidden)
	other := c.with("Authorization", "Bearer other")
	c.want(other.do("PUT", path+"/patch", fields{"message": "y"}), 403, forbidden)
	kept := c.do("PUT", path+"/patch", fields{"message": "y"})
	if kept.body["props"].(fields)["access_notifier_key"] != "k" {
		t.Errorf("got %s, want props kept", kept.text)
	}
	replaced := c.do("PUT", path+"/patch", fields{"props": fields{"a": "b"}})
	if diff := cmp.Diff(fields{"a": "b"}, replaced.body["props"]); diff != "" {
		t.Error(diff)
	}
	clock.at = clock.at.Add(time.Millisecond)
	c.want(post(fields{"message": "reply", "root_id": p.ID}), 201, "")
	if got := c.do("GET", path+"/thread", nil).body["order"].([]any); len(got) != 2 {
		t.Errorf("got %d posts in the thread, want 2", len(got))
	}
	since := fmt.Sprint(int64(replaced.body["update_at"].(float64)))
	if got := c.do("GET", "/channels/"+ops+"/posts?since="+since, nil).body["order"].([]any); len(got) != 2 {
		t.Errorf("got %d posts since the patch, want the reply and its root", len(got))
	}
	c.want(c.do("POST", "/reactions", fields{"user_id": m.BotID(), "post_id": p.ID, "emoji_name": "eyes"}), 200, "")
	clock.at = clock.at.Add(2 * time.Hour)
	tooOld := "api.post.update_post.permissions_time_limit.app_error"
	c.want(c.do("PUT", path+"/patch", fields{"message": "z"}), 400, tooOld)
	c.want(c.do("PUT", path+"/patch", fields{"message": "z", "props": fields{}}), 400, tooOld)
	c.want(c.do("PUT", path+"/patch", fields{"props": fields{"late": "yes"}}), 200, "")
	m.LimitProps(true)
	c.want(c.do("PUT", path+"/patch", fields{"props": fields{"late": "yes"}}), 400, tooOld)
}

// The sources of what is tested here are beside the refusals of the simulator.
func TestMattermostUpdate(t *testing.T) {
	clock := newClock()
	m := mt.NewMattermost(mt.Options{Now: clock.now, EditLimit: time.Hour})
	ops := m.AddChannel("ops")
	m.AddBot("other")
	c := newClient(t, m)
	id := c.do("POST", "/posts", fields{"channel_id": ops, "message": "x", "props": fields{"a": "b"}}).body["id"].(string)
	path := "/posts/" + id
	c.want(c.do("PUT", path, fields{"message": "y"}), 400, "api.context.invalid_body_param.app_error")
	c.want(c.do("PUT", path, "{"), 400, "api.context.invalid_body_param.app_error")
	c.want(c.do("PUT", "/posts/none", fields{"id": "none"}), 400, "api.context.invalid_url_param.app_error")
	c.want(c.with("Authorization", "Bearer other").do("PUT", path, fields{"id": id, "message": "y"}), 403, forbidden)
	updated := c.do("PUT", path, fields{"id": id, "message": "y"})
	c.want(updated, 200, "")
	if updated.body["message"] != "y" || updated.body["edit_at"] == 0.0 || len(updated.body["props"].(fields)) != 0 {
		t.Errorf("got %s, want the message alone", updated.text)
	}
	clock.at = clock.at.Add(2 * time.Hour)
	c.want(c.do("PUT", path, fields{"id": id, "message": "z"}), 400, "api.post.update_post.permissions_time_limit.app_error")
	late := c.do("PUT", path, fields{"id": id, "message": "y", "props": fields{"late": "yes"}})
	c.want(late, 200, "")
	if late.body["edit_at"] != updated.body["edit_at"] {
		t.Error("an edit of other props counts as one of the message")
	}
	m.AllowEdits(false)
	c.want(c.do("PUT", path, fields{"id": id, "message": "y"}), 403, forbidden)
	c.want(c.do("PUT", path+"/patch", fields{"props": fields{}}), 403, forbidden)
}

func TestMattermostTokens(t *testing.T) {
	c := newClient(t, mt.NewMattermost(mt.Options{}))
	for header, status := range map[string]int{
		"Bearer ": 200, "BEARER ": 200, "bearer ": 200, "Token ": 200, "token ": 200, "TOKEN ": 200, "Bot ": 401, "": 401,
	} {
		if a := c.with("Authorization", header+mt.DefaultToken).do("GET", "/users/me", nil); a.status != status {
			t.Errorf("%qTOKEN: got %d, want %d", header, a.status, status)
		}
	}
	plain := c.with("Content-Type", "text/plain").with("User-Agent", "")
	plain.want(plain.do("POST", "/posts", fields{"channel_id": "none", "unknown": 1}), 403, forbidden)
}

func TestMattermostRefusalsOfASetting(t *testing.T) {
	m := mt.NewMattermost(mt.Options{})
	ops := m.AddChannel("ops")
	alice := m.AddUser("alice@example.com", mt.WithoutTeam())
	bob := m.AddUser("bob@example.com")
	c := newClient(t, m)
	open := func(user string) answer { return c.do("POST", "/channels/direct", []string{m.BotID(), user}) }
	to := open(alice).body["id"]
	posted := c.do("POST", "/posts", fields{"channel_id": to, "message": "x"})
	m.RestrictDirectMessages(true)
	c.want(open(alice), 403, "api.channel.create_channel.direct_channel.team_restricted_error")
	c.want(open(bob), 201, "")
	c.want(c.do("POST", "/posts", fields{"channel_id": to, "message": "x"}), 400, "api.post.create_post.can_not_post_in_restricted_dm.error")
	c.want(c.do("PUT", "/posts/"+posted.body["id"].(string)+"/patch", fields{"message": "y"}), 400,
		"api.post.patch_post.can_not_update_post_in_restricted_dm.error")

	m.SetPlugin(func(text string) string { return strings.TrimPrefix(text, "fine") })
	c.want(c.do("POST", "/posts", fields{"channel_id": ops, "message": "Bad word"}), 400, "Post rejected by plugin. Bad word")
	ok := c.do("POST", "/posts", fields{"channel_id": ops, "message": "fine"})
	c.want(ok, 201, "")
	c.want(c.do("PUT", "/posts/"+ok.body["id"].(string)+"/patch", fields{"message": "Bad word"}), 400, "Post rejected by plugin. Bad word")
}

func TestMattermostHealth(t *testing.T) {
	m := mt.NewMattermost(mt.Options{})
	m.SetFileStoreDown(true)
	c := newClient(t, m)
	for query, status := range map[string]int{"": 200, "?get_server_status=1": 500, "?get_server_status=true&use_rest_semantics=true": 200} {
		a := c.do("GET", "/system/ping"+query, nil)
		if a.status != status || query != "" && (a.body["status"] != "UNHEALTHY" || a.body["database_status"] != "OK" || a.body["filestore_status"] != "UNHEALTHY") {
			t.Errorf("%q: got %d, %s", query, a.status, a.text)
		}
	}
}

func TestMattermostPages(t *testing.T) {
	clock := newClock()
	m := mt.NewMattermost(mt.Options{Now: clock.now})
	ops := m.AddChannel("ops")
	c := newClient(t, m)
	var ids []string
	// Posts 2 and 3 are of one millisecond, and 5 answers 0.
	for i, wait := range []time.Duration{1, 1, 1, 0, 1, 1} {
		clock.at = clock.at.Add(wait * time.Millisecond)
		body := fields{"channel_id": ops, "message": fmt.Sprint(i)}
		if i == 5 {
			body["root_id"] = ids[0]
		}
		ids = append(ids, c.do("POST", "/posts", body).body["id"].(string))
	}
	list := func(path string) (order string, posts int) {
		a := c.do("GET", path, nil)
		for _, id := range a.body["order"].([]any) {
			order += a.body["posts"].(fields)[id.(string)].(fields)["message"].(string)
		}
		return order, len(a.body["posts"].(fields))
	}
	for query, want := range map[string]string{
		"?per_page=2": "54 3", "?per_page=2&page=1": "32 2", "?per_page=2&page=1&since=": "32 2",
		"?after=" + ids[1] + "&per_page=2": "32 2", "?after=" + ids[1] + "&per_page=2&page=1": "54 3",
		"?after=" + ids[2] + "&per_page=2": "54 3", "?before=" + ids[3] + "&per_page=5": "10 2",
		"?before=" + ids[4] + "&per_page=2&page=1": "10 2", "?before=" + strings.Repeat("x", 26): " 0",
		"?since=1": "543210 6",
	} {
		order, posts := list("/channels/" + ops + "/posts" + query)
		if got := fmt.Sprint(order, " ", posts); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	for path, want := range map[string]string{
		"/posts/" + ids[0] + "/thread":                                                                 "50 false",
		"/posts/" + ids[0] + "/thread?perPage=1&direction=down":                                        "0 true",
		"/posts/" + ids[5] + "/thread?perPage=1&direction=up":                                          "5 true",
		"/posts/" + ids[0] + "/thread?perPage=1&direction=down&fromPost=" + ids[0] + "&fromCreateAt=1": "0 true",
	} {
		order, _ := list(path)
		if got := fmt.Sprint(order, " ", c.do("GET", path, nil).body["has_next"]); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	for _, path := range []string{
		"/channels/" + ops + "/posts?after=x", "/channels/" + ops + "/posts?before=x", "/channels/" + ops + "/posts?since=x",
		"/posts/" + ids[0] + "/thread?perPage=201", "/posts/" + ids[0] + "/thread?direction=left", "/posts/" + ids[0] + "/thread?fromPost=" + ids[0],
	} {
		c.want(c.do("GET", path, nil), 400, "api.context.invalid_body_param.app_error")
	}
}

// TestMattermostPostAll: who may post everywhere may change posts only in the
// channels that they are in.
func TestMattermostPostAll(t *testing.T) {
	m := mt.NewMattermost(mt.Options{PostAll: true})
	out := m.AddChannel("out", mt.WithoutBot())
	c := newClient(t, m)
	posted := c.do("POST", "/posts", fields{"channel_id": out, "message": "x"})
	c.want(posted, 201, "")
	path := "/posts/" + posted.body["id"].(string)
	c.want(c.do("GET", path, nil), 200, "")
	c.want(c.do("PUT", path+"/patch", fields{"message": "y"}), 403, forbidden)
	c.want(c.do("GET", "/channels/"+out+"/posts", nil), 403, forbidden)
	m.Invite(out)
	c.want(c.do("PUT", path+"/patch", fields{"message": "y"}), 200, "")
	c.want(c.do("POST", "/posts", fields{"channel_id": out, "message": "x", "root_id": posted.body["id"]}), 201, "")
	page := c.do("GET", "/channels/"+out+"/posts?page=0&per_page=1", nil).body
	if order, posts := page["order"].([]any), page["posts"].(fields); len(order) != 1 || len(posts) != 2 {
		t.Errorf("a page of a reply names %d posts and holds %d, want 1 and its root, too", len(order), len(posts))
	}
}

func TestMattermostDatabaseDown(t *testing.T) {
	m := mt.NewMattermost(mt.Options{})
	ops := m.AddChannel("ops")
	m.AddUser("alice@example.com")
	c := newClient(t, m)
	posted := c.do("POST", "/posts", fields{"channel_id": ops, "message": "x"})
	m.SetDatabaseDown(true)
	c.want(c.do("GET", "/teams/name/main/channels/name/ops", nil), 404, "app.team.get_by_name.app_error")
	c.want(c.do("GET", "/users/email/alice@example.com", nil), 500, noUser)
	c.want(c.do("PUT", "/posts/"+posted.body["id"].(string)+"/patch", fields{"message": "y"}), 403, forbidden)
	reply := fields{"channel_id": ops, "message": "x", "root_id": posted.body["id"]}
	c.want(c.do("POST", "/posts", reply), 400, "api.post.create_post.root_id.app_error")
	c.want(c.do("GET", "/channels/"+ops, nil), 500, "app.channel.get.find.app_error")
	c.want(c.do("GET", "/channels/"+ops+"/posts", nil), 500, "app.post.get_root_posts.app_error")
	if a := c.do("GET", "/system/ping", nil); a.status != 200 {
		t.Errorf("got %d for the plain ping", a.status)
	}
	if a := c.do("GET", "/system/ping?get_server_status=true", nil); a.status != 500 || a.body["database_status"] != "UNHEALTHY" {
		t.Errorf("got %d, %s", a.status, a.text)
	}
	m.DropSessions()
	c.want(c.do("GET", "/users/me", nil), 401, sessionExpired)
	m.SetDatabaseDown(false)
	c.want(c.do("GET", "/users/me", nil), 200, "")
}

func TestMattermostMentions(t *testing.T) {
	attachment := func(name, text string) fields {
		return fields{"props": fields{"attachments": []any{fields{name: text}}}}
	}
	for name, tc := range map[string]struct {
		body fields
		want []string
	}{
		"message":    {fields{"message": "hi @Channel, \\@all"}, []string{"channel", "all"}},
		"user":       {fields{"message": "@alice. @unknown"}, []string{"alice"}},
		"address":    {fields{"message": "alice@here bob@alice"}, nil},
		"code":       {fields{"message": "`@here`"}, nil},
		"open code":  {fields{"message": "` @here"}, []string{"here"}},
		"pretext":    {attachment("pretext", "@all"), []string{"all"}},
		"attachment": {attachment("text", "@here"), []string{"here"}},
		"footer":     {attachment("footer", "@here"), nil},
		"field": {fields{"props": fields{"attachments": []any{
			fields{"fields": []any{fields{"title": "@all", "value": "@here"}}},
		}}}, []string{"here"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := mt.NewMattermost(mt.Options{})
			m.AddUser("alice@example.com")
			tc.body["channel_id"] = m.AddChannel("ops")
			c := newClient(t, m)
			c.want(c.do("POST", "/posts", tc.body), 201, "")
			if diff := cmp.Diff(tc.want, m.Posts()[0].Mentions); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMattermostRateLimit(t *testing.T) {
	m := mt.NewMattermost(mt.Options{
		Now: newClock().now, RateLimits: mt.RateLimits{Token: mt.RateLimit{Limit: 1, Window: 10 * time.Second}},
	})
	c := newClient(t, m)
	first := c.do("GET", "/users/me", nil)
	if first.header.Get("X-Ratelimit-Remaining") != "0" || first.header.Get("X-Ratelimit-Reset") != "10" {
		t.Errorf("got headers %v", first.header)
	}
	limited := c.do("GET", "/users/me", nil)
	if limited.status != 429 || limited.text != "limit exceeded\n" || limited.header.Get("Retry-After") != "10" {
		t.Errorf("got %d, %q, %v", limited.status, limited.text, limited.header)
	}
	// The limit is the address's, whatever the token (app/ratelimit.go).
	if a := c.with("Authorization", "").do("GET", "/system/ping", nil); a.status != 429 {
		t.Errorf("got %d without a token", a.status)
	}
	plain := newClient(t, mt.NewMattermost(mt.Options{}))
	if a := plain.do("GET", "/users/me", nil); a.header.Get("X-Ratelimit-Limit") != "" {
		t.Error("got rate limit headers without a limit")
	}
}
