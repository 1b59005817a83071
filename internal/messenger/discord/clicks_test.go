package discord

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/conformance"
)

// clicks is a message with buttons, and who has pressed what.
type clicks struct {
	bot    *Discord
	server *messengertest.Discord
	desk   *conformance.Desk
	ref    messenger.Ref
	user   string
}

func offered() message.Message {
	m := small
	m.RequestID = "0193f1a2-7c1d-7b3e-9a55-3f6f0e6c1d2b"
	return m.Offer(&message.Buttons{Approve: true, Facts: "digest"})
}

// pressable posts a message with buttons.
func pressable(t *testing.T, options messengertest.Options, d *conformance.Desk) *clicks {
	t.Helper()
	bot, server := simulated(t, options)
	return clickable(t, bot, server, d, server.AddChannel("access-requests"))
}

func clickable(t *testing.T, bot *Discord, server *messengertest.Discord, d *conformance.Desk, channel string) *clicks {
	t.Helper()
	ref, err := bot.Post(t.Context(), messenger.Address{ID: channel}, offered(), key)
	if err != nil {
		t.Fatal(err)
	}
	c := &clicks{bot, server, d, ref, server.AddUser("alice@example.com")}
	server.CallTo(c)
	return c
}

// ServeHTTP implements http.Handler.
func (c *clicks) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.bot.Receive(w, r, c.desk) }

func (c *clicks) press(approve bool) error {
	return c.server.Press(c.ref.Channel, c.ref.ID, approve, c.user)
}

// told is what the user was told, once all that was begun is done.
func (c *clicks) told() []string {
	c.desk.Decided()
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
	if len(pressed)+len(decided) > 0 || len(c.server.PrivateAnswers(c.user)) > 0 {
		t.Errorf("the desk heard of %+v, and of %+v", pressed, decided)
	}
}

// Over the network, from the portal's probes to the answer.
func TestClicksOverTheNetwork(t *testing.T) {
	c := pressable(t, messengertest.Options{}, &conformance.Desk{Response: messenger.Response{Begun: "Begun, wait"}, Answer: "Approved as alice"})
	c.server.CallTo(nil)
	listener := httptest.NewServer(c)
	defer listener.Close()
	if err := c.server.SetEndpoint(listener.URL + "/review/team/discord"); err != nil {
		t.Fatal(err)
	}
	for _, approve := range []bool{true, false} {
		if err := c.press(approve); err != nil {
			t.Fatal(err)
		}
	}
	value := offered().ButtonValue()
	want := []messenger.Click{
		{Ref: c.ref, Approve: true, Value: value, By: c.user},
		{Ref: c.ref, Value: value, By: c.user},
	}
	told := c.told()
	if diff := cmp.Diff(want, c.desk.Pressed()); diff != "" {
		t.Errorf("pressed (-want +got):\n%s", diff)
	}
	if len(c.desk.Decided()) != 2 || len(told) != 4 || told[0] != "Begun, wait" || !strings.Contains(strings.Join(told, " "), "Approved as alice") {
		t.Errorf("decided %+v, told %q", c.desk.Decided(), told)
	}
	if n := len(c.server.Posts()); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestClicksInDirectMessages(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	to, err := bot.Resolve(t.Context(), "user:"+server.AddUser("bob@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	c := clickable(t, bot, server, &conformance.Desk{Response: messenger.Response{Refused: "No"}}, to.ID)
	if err := c.press(true); err != nil {
		t.Fatal(err)
	}
	if told := c.told(); len(told) != 1 || told[0] != "No" || c.desk.Pressed()[0].By != c.user || len(c.desk.Decided()) > 0 {
		t.Errorf("told %q, pressed %+v", told, c.desk.Pressed())
	}
}

func TestForms(t *testing.T) {
	form := messenger.Form{Title: strings.Repeat("Approve request", 4), Label: "Your reason", Send: "Send", Cancel: "Cancel", Max: 20}
	c := pressable(t, messengertest.Options{}, &conformance.Desk{Response: messenger.Response{Form: &form}, Answer: "Done"})
	if err := c.press(false); err != nil {
		t.Fatal(err)
	}
	shown, ok := c.server.Form(c.user)
	if !ok || shown.Label != "Your reason" || shown.Max != 20 || len(c.desk.Decided()) > 0 {
		t.Fatalf("form %+v", shown)
	}
	for _, reason := range []string{"", strings.Repeat("x", 21)} {
		if err := c.server.SendForm(c.user, reason); err == nil {
			t.Errorf("the reason %q is sent", reason)
		}
	}
	if err := c.server.SendForm(c.user, "because\nof it"); err != nil {
		t.Fatal(err)
	}
	if told := c.told(); !cmp.Equal(told, []string{"Done"}) {
		t.Errorf("told %q", told)
	}
	want := []messenger.Click{{Ref: c.ref, Value: offered().ButtonValue(), By: c.user, Reason: "because\nof it"}}
	if diff := cmp.Diff(want, c.desk.Decided()); diff != "" || len(c.desk.Pressed()) != 1 {
		t.Errorf("decided (-want +got):\n%s", diff)
	}
	if _, open := c.server.Form(c.user); open {
		t.Error("the form is still open")
	}
}

// Forms were rows of inputs before there were labels.
func TestReasons(t *testing.T) {
	input := submitted{CustomID: reasonID, Value: "x"}
	for name, components := range map[string][]submitted{
		"in a label": {{Component: &submitted{CustomID: "other", Value: "y"}}, {Component: &input}},
		"in a row":   {{Components: []submitted{input}}},
	} {
		if got := reason(components); got != "x" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := reason([]submitted{{CustomID: "other", Value: "x"}}); got != "" {
		t.Errorf("the reason is %q", got)
	}
}

// What cannot be begun is not acknowledged.
func TestABusyDesk(t *testing.T) {
	c := pressable(t, messengertest.Options{}, &conformance.Desk{Busy: true, Response: messenger.Response{Begun: "Begun"}})
	if err := c.press(true); !errors.Is(err, messengertest.ErrNotTaken) {
		t.Errorf("Press = %v", err)
	}
	if told := c.told(); len(told) > 0 {
		t.Errorf("told %q", told)
	}
}

// brokenWriter loses what is written.
type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }

// What could not be acknowledged is not decided: Discord has told that it failed.
func TestALostAcknowledgement(t *testing.T) {
	c := pressable(t, messengertest.Options{}, &conformance.Desk{Response: messenger.Response{Begun: "Begun"}})
	c.server.CallTo(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.ServeHTTP(brokenWriter{w}, r) }))
	_ = c.press(true)
	if len(c.desk.Pressed()) != 1 || len(c.desk.Decided()) > 0 {
		t.Errorf("decided %+v", c.desk.Decided())
	}
}

// What does not bear Discord's signature is answered with 401, whatever it says.
func TestSignatures(t *testing.T) {
	c := pressable(t, messengertest.Options{}, &conformance.Desk{Response: messenger.Response{Begun: "Begun"}})
	ping, now := []byte(`{"type":1}`), time.Now()
	good := c.server.Sign(ping, now)
	without := func(name string) http.Header {
		header := good.Clone()
		header.Del(name)
		return header
	}
	with := func(name, value string) http.Header {
		header := good.Clone()
		header.Set(name, value)
		return header
	}
	signature := good.Get("X-Signature-Ed25519")
	for name, header := range map[string]http.Header{
		"nothing":             {},
		"no timestamp":        without("X-Signature-Timestamp"),
		"no signature":        without("X-Signature-Ed25519"),
		"another timestamp":   with("X-Signature-Timestamp", fmt.Sprint(now.Unix()+1)),
		"a padded timestamp":  with("X-Signature-Timestamp", "0"+good.Get("X-Signature-Timestamp")),
		"a short signature":   with("X-Signature-Ed25519", signature[2:]),
		"a long signature":    with("X-Signature-Ed25519", signature+"00"),
		"no hexadecimal":      with("X-Signature-Ed25519", "x"+signature[1:]),
		"zeros":               with("X-Signature-Ed25519", strings.Repeat("0", 128)),
		"another body's":      c.server.Sign([]byte(`{"type":2}`), now),
		"one of long ago":     c.server.Sign(ping, now.Add(-maxAge-time.Minute)),
		"one of the future":   c.server.Sign(ping, now.Add(maxAge+time.Minute)),
		"one of another time": c.server.Sign(ping, time.Unix(-1<<62, 0)),
	} {
		if status := c.call(header, ping); status != http.StatusUnauthorized {
			t.Errorf("%s: status %d", name, status)
		}
	}
	if status := c.call(c.server.Sign(ping, now.Add(-maxAge+time.Minute)), ping); status != http.StatusOK {
		t.Errorf("a ping of four minutes ago: status %d", status)
	}
	c.silent(t)
}

// call calls our address, and returns the status of the answer.
func (c *clicks) call(header http.Header, body []byte) int {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/review/team/discord", strings.NewReader(string(body)))
	r.Header = header
	c.ServeHTTP(w, r)
	return w.Code
}

// What is signed, but no click on a message of ours, is none.
func TestWhatIsNoClick(t *testing.T) {
	c := pressable(t, messengertest.Options{}, &conformance.Desk{Response: messenger.Response{Begun: "Begun"}})
	type payload = map[string]any
	for name, change := range map[string]func(payload){
		"another application": func(p payload) { p["application_id"] = "100000000000000009" },
		"another channel":     func(p payload) { p["channel_id"] = "100000000000000009" },
		"a command":           func(p payload) { p["type"] = 2 },
		"no message":          func(p payload) { delete(p, "message") },
		"a message of others": func(p payload) {
			p["message"] = payload{"id": c.ref.ID, "channel_id": c.ref.Channel, "author": payload{"id": c.user}}
		},
		"no user":               func(p payload) { delete(p, "member") },
		"a strange person":      func(p payload) { p["member"] = payload{"user": payload{"id": "../alice"}} },
		"a select menu":         func(p payload) { p["data"] = payload{"custom_id": "approve:x", "component_type": 3} },
		"another id":            func(p payload) { p["data"] = payload{"custom_id": "later:x", "component_type": 2} },
		"no value":              func(p payload) { p["data"] = payload{"custom_id": "approve:", "component_type": 2} },
		"a token that is a way": func(p payload) { p["token"] = ".." },
		"no token":              func(p payload) { p["token"] = "a/b" },
		"a list":                func(p payload) { p["data"] = []any{} },
	} {
		err := c.server.PressWith(c.ref.Channel, c.ref.ID, true, c.user, change)
		if !errors.Is(err, messengertest.ErrNotTaken) || !strings.Contains(err.Error(), "status 400") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, body := range map[string]string{"no JSON": "{", "nothing": "", "a list": "[]"} {
		if status := c.call(c.server.Sign([]byte(body), time.Now()), []byte(body)); status != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, status)
		}
	}
	large := []byte(strings.Repeat(" ", maxInteraction) + `{"type":1}`)
	if status := c.call(c.server.Sign(large, time.Now()), large); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body: status %d", status)
	}
	c.silent(t)
}

// thisYear lets a bubble, which begins in 2000, reach the years of Discord's ids.
func thisYear() { time.Sleep(time.Until(today())) }

const routeApplication = "GET /applications/@me"

// A new key is asked for when a signature does not fit, and once a minute at most.
func TestANewKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		thisYear()
		c := pressable(t, messengertest.Options{}, &conformance.Desk{Response: messenger.Response{Refused: "No"}})
		asked := func(want int) {
			t.Helper()
			if n := c.server.Calls()[routeApplication]; n != want {
				t.Errorf("the application was asked for %d times, want %d", n, want)
			}
		}
		for range 3 {
			if err := c.press(true); err != nil {
				t.Fatal(err)
			}
		}
		asked(1)
		c.server.NewKey()
		for range 100 {
			if err := c.press(true); !errors.Is(err, messengertest.ErrNotTaken) {
				t.Fatalf("Press = %v", err)
			}
		}
		asked(1)
		time.Sleep(askAgainAfter)
		for range 3 {
			if err := c.press(true); err != nil {
				t.Fatal(err)
			}
		}
		asked(2)
	})
}

// While the key cannot be had, nothing is believed, and Discord is asked now and then.
func TestWithoutAKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		thisYear()
		c := pressable(t, messengertest.Options{}, &conformance.Desk{Response: messenger.Response{Refused: "No"}})
		c.server.Faults().FailMethod(routeApplication, messengertest.Failure{Code: "130000"})
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				if err := c.press(true); !errors.Is(err, messengertest.ErrNotTaken) || !strings.Contains(err.Error(), "503") {
					t.Errorf("Press = %v", err)
				}
			})
		}
		callers.Wait()
		if n := c.server.Calls()[routeApplication]; n != 1 {
			t.Errorf("the application was asked for %d times", n)
		}
		c.silent(t)
		c.server.Faults().Clear()
		time.Sleep(askAfterFailure)
		if err := c.press(true); err != nil {
			t.Errorf("Press = %v", err)
		}
	})
}

// A caller who hangs up keeps no other from being believed.
func TestWhoHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		thisYear()
		c := pressable(t, messengertest.Options{}, &conformance.Desk{Response: messenger.Response{Refused: "No"}})
		body := []byte(`{"type":1}`)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(string(body))).WithContext(ctx)
		r.Header = c.server.Sign([]byte("x"), time.Now())
		c.ServeHTTP(httptest.NewRecorder(), r)
		if err := c.press(true); err != nil {
			t.Errorf("Press = %v", err)
		}
	})
}

// Discord may not have the first answer yet when it is edited.
func TestAnswersAreToldAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		failure messengertest.Failure
		calls   int
		told    bool
	}{
		"not there yet": {messengertest.Failure{Code: "10015", Status: http.StatusNotFound}, 2, true},
		"too many":      {messengertest.Failure{Code: "20028"}, 2, true},
		"too late":      {messengertest.Failure{Code: "50027", Status: http.StatusUnauthorized}, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				thisYear()
				c := pressable(t, messengertest.Options{}, &conformance.Desk{Response: messenger.Response{Begun: "Begun"}, Answer: "Done"})
				route := "PATCH /webhooks/{application}/{token}/messages/@original"
				c.server.Faults().FailMethod(route, tt.failure)
				if err := c.press(true); err != nil {
					t.Fatal(err)
				}
				time.Sleep(tellAgainAfter / 2)
				c.server.Faults().Clear()
				want := []string{"Begun"}
				if tt.told {
					want = append(want, "Done")
				}
				if told := c.told(); !cmp.Equal(told, want) || c.server.Calls()[route] != tt.calls {
					t.Errorf("told %q in %d calls", told, c.server.Calls()[route])
				}
			})
		})
	}
}

// Nothing in an answer is markup, a mention or a link.
func TestHostileAnswers(t *testing.T) {
	for _, text := range []string{
		"as @everyone", "as <@100000000000000001>", "as [you](https://evil.example)", "as https://evil.example/x", "as `code`",
		"as discord.gg/evil", "as **bold** ||spoiler||", "as " + strings.Repeat("*", 3000), "as a\n# heading\u202e", "as <#100000000000000001> @here",
	} {
		c := pressable(t, messengertest.Options{}, &conformance.Desk{Response: messenger.Response{Refused: text}})
		if err := c.press(true); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		answers := c.server.PrivateAnswers(c.user)
		if len(answers) != 1 || len(answers[0].Mentions)+len(answers[0].Links) > 0 || answers[0].Outside != answers[0].Text {
			t.Errorf("%q is shown as %+v", text, answers)
		}
	}
}

// Buttons come and go by edits, and by a post that was made before.
func TestButtonsComeAndGo(t *testing.T) {
	c := pressable(t, messengertest.Options{}, &conformance.Desk{})
	buttons := func(want int) {
		t.Helper()
		if got := c.server.Buttons(c.ref.Channel, c.ref.ID); len(got) != want {
			t.Errorf("buttons %+v, want %d", got, want)
		}
	}
	buttons(2)
	for i, m := range []message.Message{offered().Offer(nil), offered().Offer(&message.Buttons{Facts: "digest"}), approved.Offer(&message.Buttons{Approve: true, Facts: "digest"})} {
		if err := c.bot.Update(t.Context(), c.ref, m); err != nil {
			t.Fatal(err)
		}
		buttons(i % 2)
	}
	if _, err := c.bot.Post(t.Context(), messenger.Address{ID: c.ref.Channel}, offered(), key); err != nil {
		t.Fatal(err)
	}
	buttons(2)
	plain := offered()
	plain.Plain = true
	if err := c.bot.Update(t.Context(), c.ref, plain); err != nil {
		t.Fatal(err)
	}
	buttons(0)
}

// A custom id has at most 100 characters, which the longest id of a request leaves room for.
func TestTheLongestValue(t *testing.T) {
	m := offered()
	m.RequestID = strings.Repeat("x", 64)
	m = m.Offer(&message.Buttons{Approve: true, Facts: "digest"})
	shown := render(m, key)
	if len(shown.Components) != 1 || len(shown.Components[0].Components[0].CustomID) > 100 {
		t.Errorf("components %+v", shown.Components)
	}
}

func TestAccounts(t *testing.T) {
	bot, server := simulated(t, messengertest.Options{})
	alice := server.AddUser("alice@example.com")
	for id, want := range map[string]messenger.Person{alice: {}, server.BotID(): {Bot: true}} {
		if got, err := bot.ReadAccount(t.Context(), id); err != nil || got != want {
			t.Errorf("ReadAccount = %+v, %v; want %+v", got, err, want)
		}
	}
	for _, id := range []string{"123456789012345678", "alice", "../@me", ""} {
		if _, err := bot.ReadAccount(t.Context(), id); messenger.AsError(err).Class != messenger.RecipientPermanent {
			t.Errorf("ReadAccount of %q = %v", id, err)
		}
	}
}

// FuzzReceive checks that whatever is signed is at most a click on a message of ours, and that
// what is not is nothing.
func FuzzReceive(f *testing.F) {
	server := messengertest.NewDiscord(messengertest.Options{BanAfter: math.MaxInt})
	bot, err := New(messenger.Config{
		Secrets: messenger.Token(messengertest.DefaultToken), URL: "http://chat.simulated/api/v10",
		HTTPClient: &http.Client{Transport: server.Transport()},
	})
	if err != nil {
		f.Fatal(err)
	}
	ours := fmt.Sprintf(`"application_id":%q,"id":"300000000000000001","token":"abc","channel_id":"300000000000000002",`+
		`"user":{"id":"300000000000000003"},"message":{"id":"300000000000000004","channel_id":"300000000000000002","author":{"id":%q}}`,
		server.ApplicationID(), server.BotID())
	f.Add(`{"type":1}`, true)
	f.Add(`{"type":3,`+ours+`,"data":{"custom_id":"approve:id/digest","component_type":2}}`, true)
	f.Add(`{"type":3,`+ours+`,"data":{"custom_id":"approve:id/digest","component_type":2}}`, false)
	f.Add(`{"type":5,`+ours+`,"data":{"custom_id":"deny:id/digest","components":[{"type":18,"component":{"custom_id":"reason","value":"x"}}]}}`, true)
	f.Add(`{"type":5,"data":{"components":[{"components":[{"components":[{}]}]}]}}`, true)
	f.Add(`{"type":"1"}`, true)
	f.Fuzz(func(t *testing.T, body string, signed bool) {
		at := &conformance.Desk{Response: messenger.Response{Refused: "No"}}
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header = server.Sign([]byte(body), time.Now())
		if !signed {
			r.Header = server.Sign([]byte(body+" "), time.Now())
		}
		w := httptest.NewRecorder()
		bot.Receive(w, r, at)
		pressed, decided := at.Pressed(), at.Decided()
		if (w.Code == http.StatusUnauthorized) == signed {
			t.Errorf("status %d", w.Code)
		}
		for _, c := range append(pressed, decided...) {
			if !signed || !isSnowflake(c.By) || !isSnowflake(c.Ref.ID) || !isSnowflake(c.Ref.Channel) || c.Value == "" {
				t.Errorf("a click %+v", c)
			}
		}
		if w.Code != http.StatusOK && len(pressed)+len(decided) > 0 {
			t.Errorf("status %d of a click", w.Code)
		}
	})
}
