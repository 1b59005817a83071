//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"mime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/e2e/mattermost"
)

// side is Mattermost, the real one or its simulator. Steps name things the same
// way on both: "{room}" in a path or a body is the id of what is called room.
type side struct {
	session mattermost.Session
	ids     map[string]string
}

// step is a call that both sides must answer in the same way.
type step struct {
	call string
	body string
	// save is what the answer's id is called from then on.
	save string
	// token is "" for the bot's.
	token string
}

// nowhere is the id of nothing, and the token of no account.
const nowhere = "abcdefghijklmnopqrstuvwxyz"

// steps are made in this order on both sides: all calls that our client makes,
// and what can go wrong with them.
var steps = []step{
	{call: "GET /users/me"},
	{call: "GET /users/me", token: "wrong"},
	{call: "GET /users/me", token: "none"},
	{call: "GET /nowhere"},
	{call: "GET /system/ping"},
	{call: "GET /system/ping?get_server_status=true", token: "none"},
	{call: "GET /users/me/teams"},
	{call: "GET /users/me/teams/{team}/channels"},
	{call: "GET /users/me/teams/x/channels"},
	{call: "GET /users/me/teams/" + nowhere + "/channels"},
	{call: "GET /teams/name/{team-name}"},
	{call: "GET /teams/name/nowhere"},
	{call: "GET /teams/name/foreign"},
	{call: "GET /teams/name/{team-name}/channels/name/{room-name}"},
	{call: "GET /teams/name/{team-name}/channels/name/nowhere"},
	{call: "GET /teams/name/{team-name}/channels/name/{locked-name}"},
	{call: "GET /teams/name/{team-name}/channels/name/{old-name}"},
	{call: "GET /teams/name/nowhere/channels/name/nowhere"},
	{call: "GET /teams/name/foreign/channels/name/{abroad-name}"},
	{call: "GET /channels/{room}"},
	{call: "GET /channels/{open}"},
	{call: "GET /channels/{locked}"},
	{call: "GET /channels/{old}"},
	{call: "GET /channels/" + nowhere},
	{call: "GET /channels/x"},
	{call: "GET /users/email/parity@example.com", save: "reviewer"},
	{call: "GET /users/email/PARITY@example.com"},
	{call: "GET /users/email/gone@example.com"},
	{call: "GET /users/email/unknown@example.com"},
	{call: "GET /users/email/unknown"},
	{call: "GET /users/email/a%20b@example.com"},
	{call: "POST /channels/direct", body: `["{bot}", "{reviewer}"]`, save: "direct"},
	{call: "POST /channels/direct", body: `["{bot}", "{reviewer}"]`},
	{call: "POST /channels/direct", body: `["{bot}", "` + nowhere + `"]`},
	{call: "POST /channels/direct", body: `["{bot}", "x"]`},
	{call: "POST /channels/direct", body: `["{bot}"]`},
	{call: "POST /channels/direct", body: `{}`},
	{call: "GET /channels/{direct}"},
	{call: "POST /posts", save: "post", body: `{"channel_id": "{room}", "message": "x", "pending_post_id": "parity", "props": {
		"access_notifier_key": "k", "attachments": [{"title": "t", "title_link": "https://a.example", "color": "#fff", "fallback": "f",
		"fields": [{"title": "a", "value": "b", "short": true}]}]}}`},
	{call: "POST /posts", body: `{"channel_id": "{room}", "message": "y", "pending_post_id": "parity"}`},
	{call: "POST /posts", body: `{"channel_id": "{direct}", "message": "y"}`},
	{call: "POST /posts", body: `{"channel_id": "{open}", "message": "y"}`},
	{call: "POST /posts", body: `{"channel_id": "{locked}", "message": "y"}`},
	{call: "POST /posts", body: `{"channel_id": "{old}", "message": "y"}`},
	{call: "POST /posts", body: `{"channel_id": "` + nowhere + `", "message": "y"}`},
	{call: "POST /posts", body: `{"channel_id": "x", "message": "y"}`},
	{call: "POST /posts", body: `{"message": "y"}`},
	{call: "POST /posts", body: `[]`},
	{call: "POST /posts", body: `{"channel_id": "{room}", "message": "{16384}"}`},
	{call: "POST /posts", body: `{"channel_id": "{room}", "message": "{16383}"}`},
	{call: "POST /posts", body: `{"channel_id": "{room}", "message": "y", "props": {"a": "{800000}"}}`},
	{call: "POST /posts", save: "reply", body: `{"channel_id": "{room}", "message": "y", "root_id": "{post}"}`},
	{call: "POST /posts", body: `{"channel_id": "{room}", "message": "y", "root_id": "{reply}"}`},
	{call: "POST /posts", body: `{"channel_id": "{room}", "message": "y", "root_id": "` + nowhere + `"}`},
	{call: "POST /posts", body: `{"channel_id": "{room}", "message": "y", "root_id": "x"}`},
	{call: "POST /posts", body: `{"channel_id": "{direct}", "message": "y", "root_id": "{post}"}`},
	{call: "GET /posts/{post}"},
	{call: "GET /posts/{reply}"},
	{call: "GET /posts/" + nowhere},
	{call: "GET /posts/x"},
	{call: "GET /posts/{post}/thread"},
	{call: "GET /posts/{reply}/thread"},
	{call: "GET /posts/" + nowhere + "/thread"},
	{call: "GET /posts/{post}/thread?perPage=1&direction=down&fromPost={post}&fromCreateAt=1"},
	{call: "GET /posts/{reply}/thread?perPage=1&direction=down&fromPost={reply}&fromCreateAt=1"},
	{call: "GET /posts/{post}/thread?perPage=201"},
	{call: "GET /posts/{post}/thread?direction=left"},
	{call: "GET /posts/{post}/thread?fromPost={post}"},
	{call: "GET /channels/{room}/posts?page=0&per_page=2"},
	{call: "GET /channels/{room}/posts?page=0&per_page=1&skipFetchThreads=true"},
	{call: "GET /channels/{room}/posts?after={post}&page=0&per_page=1&skipFetchThreads=true"},
	{call: "GET /channels/{room}/posts?after=" + nowhere + "&page=0&per_page=1&skipFetchThreads=true"},
	{call: "GET /channels/{room}/posts?before={reply}&page=0&per_page=1&skipFetchThreads=true"},
	{call: "GET /channels/{room}/posts?after=x"},
	{call: "GET /channels/{room}/posts?before=x"},
	{call: "GET /channels/{room}/posts?page=9&per_page=2"},
	{call: "GET /channels/{direct}/posts?page=0&per_page=50"},
	{call: "GET /channels/{open}/posts"},
	{call: "GET /channels/{locked}/posts"},
	{call: "GET /channels/" + nowhere + "/posts"},
	{call: "GET /channels/x/posts"},
	{call: "PUT /posts/{post}/patch", body: `{"message": "z"}`},
	{call: "PUT /posts/{post}/patch", body: `{"message": "z", "props": {"access_notifier_key": "k", "from_bot": "true"}}`},
	{call: "PUT /posts/{post}/patch", body: `{"message": "{16384}"}`},
	{call: "PUT /posts/{post}/patch", body: `[]`},
	{call: "PUT /posts/{post}/patch", body: `{"message": "z"}`, token: "other"},
	{call: "PUT /posts/{post}/patch", body: `{"message": "z"}`, token: "wrong"},
	{call: "PUT /posts/" + nowhere + "/patch", body: `{"message": "z"}`},
	{call: "PUT /posts/x/patch", body: `{"message": "z"}`},
	{call: "POST /posts/{post}/patch", body: `{"message": "z"}`},
	{call: "PUT /posts/{post}/patch", body: `{"props": {"access_notifier_key": "k", "from_bot": "true"}}`},
	{call: "PUT /posts/{post}", body: `{"id": "{post}", "message": "z"}`},
	{call: "PUT /posts/{post}", body: `{"id": "{post}", "message": "z"}`, token: "other"},
	{call: "PUT /posts/{post}", body: `{"message": "z"}`},
	{call: "PUT /posts/{post}", body: `[]`},
	{call: "POST /reactions", body: `{"user_id": "{bot}", "post_id": "{post}", "emoji_name": "eyes"}`},
}

// downSteps are made while the database is down.
var downSteps = []step{
	{call: "GET /system/ping"},
	{call: "GET /system/ping?get_server_status=true", token: "none"},
	{call: "GET /users/me", token: "unseen"},
	{call: "GET /users/me", token: "wrong"},
	{call: "GET /users/me/teams"},
	{call: "GET /users/me/teams/{team}/channels"},
	{call: "GET /teams/name/{team-name}/channels/name/nowhere"},
	{call: "GET /teams/name/nowhere/channels/name/nowhere"},
	{call: "GET /users/email/unknown@example.com"},
	{call: "POST /channels/direct", body: `["{bot}", "{reviewer}"]`},
	// A post without a root is left out: it gets a 500 or, as from the simulator, a
	// 403, by what the server has in its caches.
	{call: "POST /posts", body: `{"channel_id": "{room}", "message": "y", "root_id": "{post}"}`},
	{call: "POST /posts", body: `{"channel_id": "` + nowhere + `", "message": "y"}`},
	{call: "GET /posts/{post}"},
	{call: "GET /posts/{post}/thread"},
	{call: "GET /channels/{room}/posts?page=0&per_page=50"},
	{call: "GET /channels/" + nowhere},
	{call: "PUT /posts/{post}/patch", body: `{"message": "z"}`},
}

// everywhereSteps are made as a bot that may post everywhere, in a channel of its
// team that it is not in. It can post, and can never change what it posted.
var everywhereSteps = []step{
	{call: "GET /teams/name/{team-name}/channels/name/{open-name}"},
	{call: "POST /posts", body: `{"channel_id": "{open}", "message": "x", "pending_post_id": "parity-everywhere"}`, save: "post"},
	{call: "POST /posts", body: `{"channel_id": "{open}", "message": "x", "root_id": "{post}"}`},
	{call: "GET /posts/{post}"},
	{call: "GET /posts/{post}/thread"},
	{call: "GET /channels/{open}/posts"},
	{call: "PUT /posts/{post}/patch", body: `{"message": "z"}`},
}

// TestParity: the simulator answers as the real server does.
func TestParity(t *testing.T) {
	actual, simulator := realSide(t), messengertest.NewMattermost(messengertest.Options{Team: teamName, MaxPayload: 4 << 20})
	simulated := simulatedSide(t, simulator)
	for i, s := range steps {
		compare(t, fmt.Sprint(i), s, actual, simulated)
	}
	everywhere := simulatedSide(t, messengertest.NewMattermost(messengertest.Options{Team: teamName, PostAll: true}))
	powerful := actual.everywhere(t)
	for i, s := range everywhereSteps {
		compare(t, fmt.Sprint("everywhere ", i), s, powerful, everywhere)
	}
	if err := shared.database.Stop(); err != nil {
		t.Fatal(err)
	}
	simulator.SetDatabaseDown(true)
	for i, s := range downSteps {
		compare(t, fmt.Sprint("down ", i), s, actual, simulated)
	}
	if err := shared.database.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	recovered(t)
}

func realSide(t *testing.T) side {
	t.Helper()
	s := side{session: shared.bot.Session, ids: map[string]string{"bot": shared.bot.ID, "team": shared.team.ID, "team-name": teamName}}
	// No other account may have written to this person.
	person := must(shared.admin.CreateUser(t.Context(), "parity"))(t)
	if err := shared.admin.Join(t.Context(), shared.team, person); err != nil {
		t.Fatal(err)
	}
	old := shared.room(t)
	if err := shared.admin.Archive(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	for name, place := range map[string]mattermost.Place{
		"room": shared.room(t), "old": old, "open": shared.newChannel(t, channelKind{}),
		"locked": shared.newChannel(t, channelKind{private: true}), "abroad": shared.newChannel(t, channelKind{team: &shared.foreign}),
	} {
		s.ids[name], s.ids[name+"-name"] = place.ID, place.Name
	}
	for _, name := range []string{"other", "unseen"} {
		bot := must(shared.admin.CreateBot(t.Context(), "parity-"+name))(t)
		s.ids["token "+name] = bot.Session.Token
		if name == "other" {
			if err := shared.admin.Join(t.Context(), shared.team, bot); err != nil {
				t.Fatal(err)
			}
			if err := shared.admin.Invite(t.Context(), mattermost.Place{ID: s.ids["room"]}, bot); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

// everywhere is the real side with a bot that may post to all channels.
func (s side) everywhere(t *testing.T) side {
	t.Helper()
	bot := must(shared.admin.CreateBot(t.Context(), "parity-everywhere"))(t)
	if err := shared.admin.Join(t.Context(), shared.team, bot); err != nil {
		t.Fatal(err)
	}
	roles := map[string]string{"roles": "system_user system_post_all"}
	if err := shared.admin.Do(t.Context(), "PUT", "/users/"+bot.ID+"/roles", roles, nil); err != nil {
		t.Fatal(err)
	}
	s.session = bot.Session
	return s
}

func simulatedSide(t *testing.T, m *messengertest.Mattermost) side {
	t.Helper()
	if err := m.Listen(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	m.AddTeam("foreign", false)
	s := side{
		session: mattermost.Session{URL: m.URL(), Token: messengertest.DefaultToken},
		ids:     map[string]string{"bot": m.BotID(), "team-name": teamName},
	}
	for name, id := range map[string]string{
		"room": m.AddChannel("room"), "old": m.AddChannel("old"), "open": m.AddChannel("open", messengertest.WithoutBot()),
		"locked": m.AddChannel("locked", messengertest.WithoutBot(), messengertest.Private()),
		"abroad": m.AddChannel("foreign/abroad", messengertest.WithoutBot()),
	} {
		s.ids[name], s.ids[name+"-name"] = id, name
	}
	m.Archive(s.ids["old"])
	m.AddUser("parity@example.com")
	m.AddUser("gone@example.com", messengertest.Deactivated())
	for _, name := range []string{"other", "unseen"} {
		m.AddBot(name)
		s.ids["token "+name] = name
	}
	var teams []mattermost.Place
	if err := s.session.Do(t.Context(), "GET", "/users/me/teams", nil, &teams); err != nil || len(teams) != 1 {
		t.Fatalf("got teams %v, %v", teams, err)
	}
	s.ids["team"] = teams[0].ID
	return s
}

// compare makes a step on both sides.
func compare(t *testing.T, name string, s step, actual, simulated side) {
	t.Helper()
	want, got := actual.make(t, s), simulated.make(t, s)
	if diff := cmp.Diff(summary(want), summary(got)); diff != "" {
		t.Errorf("step %s, %s %.80s: actual (-) and simulated (+) differ:\n%s", name, s.call, s.body, diff)
		return
	}
	for _, difference := range shape("", decoded(want), decoded(got)) {
		t.Errorf("step %s, %s %.80s: %s", name, s.call, s.body, difference)
	}
}

func (s side) make(t *testing.T, step step) mattermost.Answer {
	t.Helper()
	pairs := []string{
		"{16383}", strings.Repeat("é", 16383), "{16384}", strings.Repeat("é", 16384), "{800000}", strings.Repeat("x", 800_000),
	}
	for name, id := range s.ids {
		pairs = append(pairs, "{"+name+"}", id)
	}
	names := strings.NewReplacer(pairs...)
	method, path, _ := strings.Cut(names.Replace(step.call), " ")
	var body any
	if step.body != "" {
		body = json.RawMessage(names.Replace(step.body))
	}
	session := s.session
	switch step.token {
	case "":
	case "none":
		session.Token = ""
	case "wrong":
		session.Token = nowhere
	default:
		session.Token = s.ids["token "+step.token]
	}
	answer := must(session.Send(t.Context(), method, path, body))(t)
	if step.save != "" {
		var saved struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(answer.Body, &saved); err != nil || saved.ID == "" {
			t.Fatalf("%s %s: %d %s", method, path, answer.Status, answer.Body)
		}
		s.ids[step.save] = saved.ID
	}
	return answer
}

// summary is what our client decides by.
func summary(a mattermost.Answer) string {
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		kind = "unknown"
	}
	return fmt.Sprintf("%d %s %s", a.Status, a.ErrorID(), kind)
}

func decoded(a mattermost.Answer) any {
	var value any
	if json.Unmarshal(a.Body, &value) != nil {
		return string(a.Body)
	}
	return value
}

// told are fields whose values must be the same, too. Others hold ids and times.
var told = []string{"type", "is_bot", "status", "database_status", "message", "access_notifier_key", "from_bot", "short", "value"}

// shape names what the simulator answers and the real server does not: fields,
// their types, and the values of those that are told.
func shape(at string, want, got any) (differences []string) {
	object, isObject := got.(map[string]any)
	actual, both := want.(map[string]any)
	switch {
	case isObject != both:
		return []string{fmt.Sprintf("%s is %v, in the real answer %v", at, got, want)}
	case !isObject:
		return shapeOfList(at, want, got)
	case strings.HasSuffix(at, ".posts"):
		if len(actual) != len(object) {
			return []string{fmt.Sprintf("%s holds %d posts, in the real answer %d", at, len(object), len(actual))}
		}
		return nil
	case actual["status_code"] != nil && actual["id"] != nil:
		return nil // refusals: the summary has it all
	}
	for name, value := range object {
		other, ok := actual[name]
		switch {
		case !ok:
			differences = append(differences, fmt.Sprintf("%s.%s is not in the real answer", at, name))
		case slices.Contains(told, name) && !cmp.Equal(other, value):
			differences = append(differences, fmt.Sprintf("%s.%s is %v, in the real answer %v", at, name, value, other))
		default:
			differences = append(differences, shape(at+"."+name, other, value)...)
		}
	}
	return differences
}

func shapeOfList(at string, want, got any) []string {
	list, isList := got.([]any)
	actual, both := want.([]any)
	switch {
	case fmt.Sprintf("%T", want) != fmt.Sprintf("%T", got), isList != both:
		return []string{fmt.Sprintf("%s is a %T, in the real answer a %T", at, got, want)}
	case strings.HasSuffix(at, ".order"):
		if got, want := different(list), different(actual); got != want {
			return []string{fmt.Sprintf("%s names %d posts, in the real answer %d", at, got, want)}
		}
	case len(list) > 0 && len(actual) > 0:
		// The order of teams and channels is not promised: like any of them.
		return slices.MinFunc(likenesses(at, actual, list[0]), func(a, b []string) int { return len(a) - len(b) })
	}
	return nil
}

// likenesses compares an element with each of the real ones.
func likenesses(at string, actual []any, got any) (all [][]string) {
	for _, want := range actual {
		all = append(all, shape(at+"[]", want, got))
	}
	return all
}

// different counts values: the real server names the root of a thread twice.
func different(values []any) int {
	seen := map[any]bool{}
	for _, v := range values {
		seen[v] = true
	}
	return len(seen)
}
