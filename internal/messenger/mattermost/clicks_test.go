package mattermost

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

const receiver = "https://notifier.example.com/review/team/mattermost"

// clicks is a message with buttons, and who has pressed what.
type clicks struct {
	bot    *Mattermost
	server *messengertest.Mattermost
	desk   *conformance.Desk
	ref    messenger.Ref
	user   string
}

func offeredTo(receiver string) message.Message {
	return message.Message{
		RequestID: "0193f1a2-7c1d-7b3e-9a55-3f6f0e6c1d2b", Title: "Role request", State: "PENDING", Status: "Pending",
	}.Offer(&message.Buttons{Approve: true, Receiver: receiver, Facts: "digest"})
}

// pressable posts a message with buttons.
func pressable(t *testing.T, d *conformance.Desk) *clicks {
	t.Helper()
	server := messengertest.NewMattermost(messengertest.Options{})
	c := &clicks{bot: conformance.Bot(t, server, "", New), server: server, desk: d, user: server.AddUser("alice@example.com")}
	server.CallTo(c)
	c.post(t, receiver)
	return c
}

func (c *clicks) post(t *testing.T, receiver string) {
	t.Helper()
	var err error
	c.ref, err = c.bot.Post(t.Context(), messenger.Address{ID: c.server.AddChannel("access-requests")}, offeredTo(receiver), "")
	if err != nil {
		t.Fatal(err)
	}
}

// ServeHTTP implements http.Handler.
func (c *clicks) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.bot.Receive(w, r, c.desk) }

func (c *clicks) press(approve bool) error {
	return c.server.Press(c.ref.Channel, c.ref.ID, approve, c.user)
}

// told is what the user was told.
func (c *clicks) told() []string {
	var texts []string
	for _, answer := range c.server.PrivateAnswers(c.user) {
		texts = append(texts, answer.Text)
	}
	return texts
}

// silent checks that the desk has heard of nothing.
func (c *clicks) silent(t *testing.T) {
	t.Helper()
	pressed, decided := c.desk.Pressed(), c.desk.Decided()
	if len(pressed)+len(decided) > 0 || len(c.told()) > 0 {
		t.Errorf("the desk heard of %+v, and of %+v", pressed, decided)
	}
}

// Over the network, where the server calls no private address unless it is told so.
func TestClicksOverTheNetwork(t *testing.T) {
	c := pressable(t, &conformance.Desk{Response: messenger.Response{Begun: "Begun"}, Answer: "Approved as alice"})
	c.server.CallTo(nil)
	listener := httptest.NewServer(c)
	defer listener.Close()
	c.post(t, listener.URL+"/review/team/mattermost")
	if err := c.press(true); !errors.Is(err, messengertest.ErrNotTaken) || !strings.Contains(err.Error(), "AllowedUntrustedInternalConnections") {
		t.Errorf("Press = %v", err)
	}
	c.silent(t)
	c.server.AllowInternalConnections(true)
	if err := c.press(true); err != nil {
		t.Fatal(err)
	}
	want := []messenger.Click{{Ref: c.ref, Approve: true, Value: offeredTo("x").ButtonValue(), By: c.user}}
	if diff := cmp.Diff(want, c.desk.Decided()); diff != "" {
		t.Errorf("decided (-want +got):\n%s", diff)
	}
	if told := c.told(); !cmp.Equal(told, []string{"Approved as alice"}) {
		t.Errorf("told %q", told)
	}
}

// No reader of a post learns what a click is sealed with.
func TestIntegrationsAreTheServersOwn(t *testing.T) {
	c := pressable(t, &conformance.Desk{})
	found, err := c.bot.read(t.Context(), c.ref.ID)
	if err != nil {
		t.Fatal(err)
	}
	shown := string(found.Props[propAttachments]) + string(c.server.Posts()[0].Raw)
	if strings.Contains(shown, receiver) || strings.Contains(shown, "token") || !strings.Contains(shown, `"id":"approve`) {
		t.Errorf("a reader sees %s", shown)
	}
}

// What was not sealed by us is answered with 401, whatever it says.
func TestSeals(t *testing.T) {
	c := pressable(t, &conformance.Desk{Response: messenger.Response{Begun: "Begun"}})
	type payload = map[string]any
	context := func(name string, value any) func(payload) {
		return func(p payload) {
			changed := payload{}
			for name, value := range p["context"].(payload) {
				changed[name] = value
			}
			changed[name] = value
			p["context"] = changed
		}
	}
	for name, change := range map[string]func(payload){
		"no context":       func(p payload) { delete(p, "context") },
		"another action":   context("action", "deny"),
		"another value":    context("value", "id/digest"),
		"another receiver": context("receiver", "https://evil.example/review/team/mattermost"),
		"no token":         context("token", ""),
		"a seal of none":   context("token", (&Mattermost{}).sealed(pressed{}).Token),
		"a number":         context("token", 1),
		"a form's seal":    context("token", c.bot.seal(sealForm, "approve", offeredTo("x").ButtonValue(), receiver)),
		"a form":           func(p payload) { p["type"] = typeForm },
	} {
		err := c.server.PressWith(c.ref.Channel, c.ref.ID, true, c.user, change)
		if !errors.Is(err, messengertest.ErrNotTaken) || !strings.Contains(err.Error(), "status 401") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, change := range map[string]func(payload){
		"no user": func(p payload) { p["user_id"] = "" }, "a strange post": func(p payload) { p["post_id"] = "../x" },
		"no channel": func(p payload) { delete(p, "channel_id") },
	} {
		err := c.server.PressWith(c.ref.Channel, c.ref.ID, true, c.user, change)
		if !errors.Is(err, messengertest.ErrNotTaken) || !strings.Contains(err.Error(), "status 400") {
			t.Errorf("%s: %v", name, err)
		}
	}
	large := httptest.NewRecorder()
	c.ServeHTTP(large, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat(" ", maxCall)+"{}")))
	if large.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: status %d", large.Code)
	}
	c.silent(t)
}

// A bot of another token believes nothing of what this one has sealed.
func TestSealsOfAnotherToken(t *testing.T) {
	c := pressable(t, &conformance.Desk{Response: messenger.Response{Begun: "Begun"}})
	c.server.SetToken(messengertest.DefaultToken, "another")
	var err error
	if c.bot, err = New(messenger.Config{
		Secrets: messenger.Token("another"), URL: "http://chat.simulated", HTTPClient: &http.Client{Transport: c.server.Transport()},
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.press(true); !errors.Is(err, messengertest.ErrNotTaken) {
		t.Errorf("Press = %v", err)
	}
	c.silent(t)
	if err := c.bot.Update(t.Context(), c.ref, offeredTo(receiver)); err != nil {
		t.Fatal(err)
	}
	if err := c.press(true); err != nil || len(c.desk.Decided()) != 1 {
		t.Errorf("Press = %v after an edit", err)
	}
}

func form() *messenger.Form {
	return &messenger.Form{Title: strings.Repeat("リクエストを承認", 2), Label: "Ihre ausführliche Begründung", Send: "Send", Cancel: "Cancel", Max: 20}
}

// A form is sent by who has pressed, for an hour.
func TestFormsAreSealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pressable(t, &conformance.Desk{Response: messenger.Response{Form: form()}, Answer: "Done"})
		other := c.server.AddUser("bob@example.com")
		open := func() {
			t.Helper()
			if err := c.press(true); err != nil {
				t.Fatal(err)
			}
		}
		open()
		type payload = map[string]any
		for name, change := range map[string]func(payload){
			"another person": func(p payload) { p["user_id"] = other },
			"no state":       func(p payload) { delete(p, "state") },
			"another state":  func(p payload) { p["state"] = strings.Replace(fmt.Sprint(p["state"]), "digest", "dagest", 1) },
			"a state of none": func(p payload) {
				p["state"] = (&Mattermost{}).hold(messenger.Click{Ref: c.ref, By: c.user}, time.Now())
			},
			"no JSON": func(p payload) { p["state"] = "{" },
		} {
			err := c.server.SendFormWith(c.user, "because", change)
			if !errors.Is(err, messengertest.ErrNotTaken) || !strings.Contains(err.Error(), "status 401") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := c.server.SendFormWith(c.user, "because", func(p payload) { p["cancelled"] = true }); err != nil {
			t.Errorf("a form that was closed: %v", err)
		}
		open()
		time.Sleep(formLives)
		if err := c.server.SendForm(c.user, "because"); !errors.Is(err, messengertest.ErrNotTaken) {
			t.Errorf("a form of an hour ago: %v", err)
		}
		if n := len(c.desk.Decided()); n > 0 {
			t.Errorf("%d clicks were decided", n)
		}
		open()
		if err := c.server.SendForm(c.user, "because"); err != nil || !cmp.Equal(c.told(), []string{"Done"}) {
			t.Errorf("SendForm = %v, told %q", err, c.told())
		}
	})
}

// A form that cannot be opened in time is an error of the service, and decides nothing.
func TestFormsThatCannotBeOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, fail := range map[string]func(*messengertest.Faults){
			"refused": func(f *messengertest.Faults) {
				f.FailMethod(callForm, messengertest.Failure{Status: 400, Code: "interactive_message.decode_trigger_id.expired"})
			},
			"hanging": func(f *messengertest.Faults) { f.Hang(true) },
		} {
			c := pressable(t, &conformance.Desk{Response: messenger.Response{Form: form()}})
			fail(c.server.Faults())
			if err := c.press(true); !errors.Is(err, messengertest.ErrNotTaken) {
				t.Errorf("%s: Press = %v", name, err)
			}
			c.server.Faults().Clear()
			if _, open := c.server.Form(c.user); open || len(c.desk.Decided()) > 0 {
				t.Errorf("%s: a form is open", name)
			}
		}
	})
}

// Nothing in an answer is markup, a mention or a link.
func TestHostileAnswers(t *testing.T) {
	for text, want := range map[string]string{
		"Teleport has counted your approval as alice": "Teleport has counted your approval as alice",
		"as @channel":                     "as `\uFF20channel`",
		"as alice@example.com, wait":      "as `alice@example.com,` wait",
		"as [you](https://evil.example)":  "as `[you](https://evil.example)`",
		"as `code` **bold**":              "as `\u02CBcode\u02CB` `**bold**`",
		"1. as a\n# heading\u202e :boom:": "`1.` as a `#` heading `:boom:`",
		"as <!channel> <x|y>":             "as `<!channel>` `<x|y>`",
	} {
		if got := answerText(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestAccountsOfMattermost(t *testing.T) {
	server := messengertest.NewMattermost(messengertest.Options{})
	bot := conformance.Bot(t, server, "", New)
	alice := server.AddUser("alice@example.com")
	remote := server.AddUser("remote@example.com", messengertest.External(), messengertest.Unconfirmed())
	for _, administrator := range []bool{false, true} {
		server.SetAdministrator(administrator)
		person := messenger.Person{}
		if administrator {
			person.Email, person.EmailConfirmed = "alice@example.com", true
		}
		for id, want := range map[string]messenger.Person{alice: person, remote: {External: true}, server.BotID(): {Bot: true}} {
			if got, err := bot.ReadAccount(t.Context(), id); err != nil || got != want {
				t.Errorf("ReadAccount = %+v, %v; want %+v", got, err, want)
			}
		}
	}
}

// FuzzReceive checks that nothing but what was sealed reaches the desk, and that no more of that
// than it says.
func FuzzReceive(f *testing.F) {
	server := messengertest.NewMattermost(messengertest.Options{})
	bot, err := New(messenger.Config{
		Secrets: messenger.Token(messengertest.DefaultToken), URL: "http://chat.simulated", HTTPClient: &http.Client{Transport: server.Transport()},
	})
	if err != nil {
		f.Fatal(err)
	}
	const someone = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	good := bot.sealed(pressed{Action: actionApprove, Value: "id/digest", Receiver: receiver})
	body := func(c called) string {
		encoded, err := json.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		return string(encoded)
	}
	held := bot.hold(messenger.Click{Ref: messenger.Ref{Channel: someone, ID: someone}, By: someone, Value: "id/digest"}, time.Now())
	f.Add(body(called{UserID: someone, ChannelID: someone, PostID: someone, Context: good}))
	f.Add(body(called{UserID: someone, ChannelID: someone, PostID: someone, Context: pressed{Action: "approve", Value: "id/digest"}}))
	f.Add(body(called{Type: typeForm, UserID: someone, State: held, Submission: map[string]string{reasonName: "x"}}))
	f.Add(body(called{Type: typeForm, UserID: someone, State: `{"state":"{}","seal":""}`}))
	f.Add(`{"context":{"token":1}}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, body string) {
		at := &conformance.Desk{Response: messenger.Response{Refused: "No"}}
		w := httptest.NewRecorder()
		bot.Receive(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)), at)
		pressed, decided := at.Pressed(), at.Decided()
		for _, c := range append(pressed, decided...) {
			if c.Value != "id/digest" || !isID(c.By) || !isID(c.Ref.ID) || !isID(c.Ref.Channel) {
				t.Errorf("a click %+v", c)
			}
		}
		if w.Code != http.StatusOK && len(pressed)+len(decided) > 0 {
			t.Errorf("status %d of a click", w.Code)
		}
	})
}

// A post that was made before by the same key is brought up to date, also where only what its
// buttons hold has changed.
func TestButtonsOfAPostThatWasThere(t *testing.T) {
	c := pressable(t, &conformance.Desk{})
	to := messenger.Address{ID: c.ref.Channel}
	for _, facts := range []string{"one", "two"} {
		m := offeredTo(receiver)
		m = m.Offer(&message.Buttons{Approve: true, Receiver: receiver, Facts: facts})
		ref, err := c.bot.Post(t.Context(), to, m, "key")
		if err != nil {
			t.Fatal(err)
		}
		if got := c.server.Buttons(ref.Channel, ref.ID); len(got) != 2 || got[0].Value != m.ButtonValue() {
			t.Errorf("buttons %+v, want the value %q", got, m.ButtonValue())
		}
	}
	if n := len(c.server.PostsIn(to.ID)); n != 2 {
		t.Errorf("%d posts", n)
	}
}
