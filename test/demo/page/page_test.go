package page_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/demo/page"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// world is a running page with what it shows.
type world struct {
	url     string
	slack   *messengertest.Slack
	discord *messengertest.Discord
	channel string
	server  string
	// reviewer and guest are accounts of Discord that press buttons.
	reviewer, guest string
	teleport        *teleporttest.Server
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{
		slack:   messengertest.NewSlack(messengertest.Options{}),
		discord: messengertest.NewDiscord(messengertest.Options{}),
	}
	w.channel = w.slack.AddChannel("access-requests")
	w.server = w.discord.AddChannel("general")
	alice := w.slack.AddUser("alice@example.com")
	w.reviewer, w.guest = w.discord.AddUser("bob@example.com"), w.discord.AddUser("gwen@example.com")
	w.teleport = teleporttest.ForTest(t, teleporttest.Options{})
	server := page.New(page.Config{
		Workspaces: []page.Workspace{{
			Chat: w.slack, Title: "Slack",
			Channels: []page.Place{{ID: w.channel, Name: "access-requests"}},
			People:   []page.Place{{ID: alice, Name: "alice@example.com"}},
		}, {
			Chat: w.discord, Title: "Discord",
			Channels: []page.Place{{ID: w.server, Name: "general"}},
			Pressers: []page.Place{{ID: w.reviewer, Name: "bob@example.com"}, {ID: w.guest, Name: "gwen@example.com"}},
		}},
		Pressers: []page.Presser{{Name: "bob@example.com", About: "reviewer"}, {Name: "gwen@example.com", About: "guest"}},
		Teleport: w.teleport,
		Roles:    []page.Role{{Name: "editor", Approvals: 1}},
		Notifiers: func(context.Context) ([]v1alpha1.AccessNotifier, error) {
			return []v1alpha1.AccessNotifier{notifier(v1alpha1.MessengerSlack), notifier(v1alpha1.MessengerDiscord)}, nil
		},
	})
	handler, err := server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(handler)
	t.Cleanup(web.Close)
	w.url = web.URL
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return w
}

// notifier is an AccessNotifier that is ready.
func notifier(messenger v1alpha1.MessengerType) v1alpha1.AccessNotifier {
	return v1alpha1.AccessNotifier{
		ObjectMeta: metav1.ObjectMeta{Name: "one"},
		Spec:       v1alpha1.AccessNotifierSpec{Messenger: v1alpha1.MessengerSpec{Type: messenger}},
		Status: v1alpha1.AccessNotifierStatus{
			Conditions: []metav1.Condition{{Type: "Ready", Status: metav1.ConditionTrue}},
		},
	}
}

// post sends a message to Slack the way a bot does.
func (w *world) post(t *testing.T, text string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"channel": w.channel, "text": text})
	if err != nil {
		t.Fatal(err)
	}
	request := newRequest(t, http.MethodPost, "http://slack.example/api/chat.postMessage", string(body))
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("Authorization", "Bearer "+messengertest.DefaultToken)
	response, err := w.slack.Transport().RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if answer, _ := io.ReadAll(response.Body); !bytes.Contains(answer, []byte(`"ok":true`)) {
		t.Fatalf("Slack refused the message: %s", answer)
	}
}

// postEmbed sends a message about a request to Discord.
func (w *world) postEmbed(t *testing.T, request string) {
	t.Helper()
	w.callDiscord(t, "/channels/"+w.server+"/messages",
		`{"content":"Role request","embeds":[{"title":"⏳ Role request","footer":{"text":"Request `+request+` · Ref x"}}]}`)
}

// postButtons sends a message with a button to Discord.
func (w *world) postButtons(t *testing.T) {
	t.Helper()
	w.postButtonsIn(t, w.server)
}

func (w *world) postButtonsIn(t *testing.T, channel string) {
	t.Helper()
	w.callDiscord(t, "/channels/"+channel+"/messages",
		`{"content":"x","components":[{"type":1,"components":[{"type":2,"style":3,"label":"Approve","custom_id":"approve:1"}]}]}`)
}

// openDirect opens a person's own channel in Discord.
func (w *world) openDirect(t *testing.T, account string) (channel string) {
	t.Helper()
	var opened struct{ ID string }
	if err := json.Unmarshal(w.callDiscord(t, "/users/@me/channels", `{"recipient_id":"`+account+`"}`), &opened); err != nil {
		t.Fatal(err)
	}
	return opened.ID
}

// callDiscord calls Discord the way a bot does.
func (w *world) callDiscord(t *testing.T, path, body string) (answer []byte) {
	t.Helper()
	r := newRequest(t, http.MethodPost, "http://discord.example/api/v10"+path, body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "DiscordBot (https://example.com, 1)")
	r.Header.Set("Authorization", "Bot "+messengertest.DefaultToken)
	response, err := w.discord.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, _ = io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		t.Fatalf("Discord refused the call: %s %s", response.Status, answer)
	}
	return answer
}

// act presses a button.
func (w *world) act(t *testing.T, path, body string) (status int, answer string) {
	t.Helper()
	request := newRequest(t, http.MethodPost, w.url+path, body)
	request.Header.Set("Origin", w.url)
	request.Header.Set("Content-Type", "application/json")
	return do(t, request)
}

func (w *world) create(t *testing.T) string {
	t.Helper()
	status, answer := w.act(t, "/api/requests", `{"user":"dave","roles":["editor"],"reason":"why not"}`)
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &made); err != nil || status != http.StatusOK || made.ID == "" {
		t.Fatalf("creating a request: %d %s", status, answer)
	}
	return made.ID
}

func newRequest(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return request
}

func do(t *testing.T, request *http.Request) (status int, body string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestButtonsActInTeleport(t *testing.T) {
	tests := map[string]struct {
		path, body string
		want       accessrequest.State
	}{
		"approve":             {"/reviews", `{"author":"bob","state":"APPROVED","reason":"fine"}`, accessrequest.Approved},
		"deny":                {"/reviews", `{"author":"bob","state":"DENIED"}`, accessrequest.Denied},
		"promote":             {"/reviews", `{"author":"bob","state":"PROMOTED","list":"On call"}`, accessrequest.Promoted},
		"resolve as approved": {"/resolution", `{"state":"APPROVED","reason":"by hand"}`, accessrequest.Approved},
		"resolve as denied":   {"/resolution", `{"state":"DENIED"}`, accessrequest.Denied},
		"expire":              {"/expiry", `{}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			id := w.create(t)
			if status, answer := w.act(t, "/api/requests/"+id+tt.path, tt.body); status != http.StatusOK {
				t.Fatalf("got %d %s", status, answer)
			}
			request, _ := w.teleport.Request(id)
			if request.State != tt.want {
				t.Errorf("the request is %q, want %q", request.State, tt.want)
			}
		})
	}
}

func TestRefusalsAreShown(t *testing.T) {
	w := start(t)
	id := w.create(t)
	tests := map[string]struct {
		path, body string
		want       int
	}{
		"own request":     {"/api/requests/" + id + "/reviews", `{"author":"dave","state":"APPROVED"}`, http.StatusConflict},
		"unknown request": {"/api/requests/none/expiry", `{}`, http.StatusConflict},
		"no JSON":         {"/api/requests", `nonsense`, http.StatusBadRequest},
		"unknown field":   {"/api/requests", `{"sudo":true}`, http.StatusBadRequest},
		"too much":        {"/api/requests", `{"reason":"` + strings.Repeat("x", 70_000) + `"}`, http.StatusBadRequest},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			status, answer := w.act(t, tt.path, tt.body)
			var failure struct{ Error string }
			if err := json.Unmarshal([]byte(answer), &failure); err != nil || failure.Error == "" {
				t.Errorf("no error is named in %s", answer)
			}
			if status != tt.want {
				t.Errorf("status = %d, want %d", status, tt.want)
			}
		})
	}
	if n := len(w.teleport.Requests()); n != 1 {
		t.Errorf("there are %d requests, want 1", n)
	}
}

func TestStateIsWhatTheServicesHold(t *testing.T) {
	w := start(t)
	w.post(t, "hello <b>there</b>")
	id := w.create(t)
	w.postEmbed(t, id)

	status, body := do(t, newRequest(t, http.MethodGet, w.url+"/api/state", ""))
	if status != http.StatusOK {
		t.Fatalf("status = %d", status)
	}
	var state struct {
		Workspaces []struct {
			Service          string
			Channels, People []page.Place
		}
		Posts []struct {
			messengertest.Post

			Request string
		}
		Requests []struct{ ID, User, State string }
	}
	if err := json.Unmarshal([]byte(body), &state); err != nil {
		t.Fatal(err)
	}
	var shown []messengertest.Post
	var about []string
	for _, post := range state.Posts {
		shown, about = append(shown, post.Post), append(about, post.Request)
	}
	if diff := cmp.Diff(append(w.slack.Posts(), w.discord.Posts()...), shown); diff != "" {
		t.Errorf("posts (-chats +page):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", id}, about); diff != "" {
		t.Errorf("requests of the posts (-want +got):\n%s", diff)
	}
	if n := len(state.Workspaces); n != 2 {
		t.Fatalf("there are %d workspaces, want 2", n)
	}
	if state.Workspaces[1].People == nil {
		t.Error("a page without people has no list of them")
	}
	want := []struct{ ID, User, State string }{{id, "dave", "PENDING"}}
	if diff := cmp.Diff(want, state.Requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestEventsTellWhatChanges(t *testing.T) {
	w := start(t)
	w.post(t, "before")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	request := newRequest(t, http.MethodGet, w.url+"/api/events", "").WithContext(ctx)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("Content-Type = %q", kind)
	}
	stream := bufio.NewScanner(response.Body)

	state := await(t, stream, "state")
	if !strings.Contains(state, `"before"`) {
		t.Errorf("the first state lacks the message: %s", state)
	}
	if !strings.Contains(state, `"Ready"`) {
		state = await(t, stream, "notifiers")
	}
	for _, want := range []string{`"Ready"`, `"service":"slack"`, `"service":"discord"`} {
		if !strings.Contains(state, want) {
			t.Errorf("the notifiers lack %s: %s", want, state)
		}
	}
	w.post(t, "after")
	if data := await(t, stream, "post"); !strings.Contains(data, `"after"`) {
		t.Errorf("the event lacks the message: %s", data)
	}
	w.create(t)
	if data := await(t, stream, "requests"); !strings.Contains(data, `"why not"`) {
		t.Errorf("the event lacks the request: %s", data)
	}
}

// await reads events until one of that name, and returns its data.
func await(t *testing.T, stream *bufio.Scanner, name string) string {
	t.Helper()
	current := ""
	for stream.Scan() {
		line := stream.Text()
		if event, ok := strings.CutPrefix(line, "event: "); ok {
			current = event
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok && current == name {
			return data
		}
	}
	t.Fatalf("the stream ended before the event %s: %v", name, stream.Err())
	return ""
}
