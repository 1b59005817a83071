package registry_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest/golden"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// page is where the sentences are listed.
var page = filepath.Join("..", "..", "..", "docs", "messenger-errors.md")

// typed stands in messages for what a requester typed.
const typed = "typed by a requester"

// room is one bot, in one channel in which it has posted.
type room struct {
	service service.Service
	chat    messengertest.Simulator
	bot     messenger.Messenger
	remote  messenger.Remote
	to      messenger.Address
	ref     messenger.Ref
}

// newRoom returns a room at a service that answers all calls.
func newRoom(t *testing.T, s service.Service) *room {
	t.Helper()
	r := &room{service: s, chat: s.Simulate(messengertest.Options{})}
	if err := r.chat.Listen(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.chat.Close)
	r.bot, r.remote = newBot(t, s, r.chat.URL())
	r.to = messenger.Address{ID: r.chat.AddChannel("ops")}
	var err error
	if r.ref, err = r.bot.Post(t.Context(), r.to, message.Message{Title: typed}, "key"); err != nil {
		t.Fatal(err)
	}
	return r
}

// newBot returns a bot that shares its pauses with no other.
func newBot(t *testing.T, s service.Service, address string) (messenger.Messenger, messenger.Remote) {
	t.Helper()
	d, err := registry.All().Find(string(s.Type))
	if err != nil {
		t.Fatal(err)
	}
	client := messenger.NewHTTPClient(messenger.TransportConfig{AllowLoopback: true, Roots: messengertest.EmailRoots()})
	t.Cleanup(client.CloseIdleConnections)
	config := messenger.Config{Secrets: s.Secrets(messengertest.DefaultToken), Settings: s.Settings(), URL: address, HTTPClient: client}
	bot, err := d.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return bot, d.Remote(config)
}

// provoke makes a call whose route answers with a failure.
func (r *room) provoke(t *testing.T, c call, failure messengertest.Failure) *messenger.Error {
	t.Helper()
	r.chat.Faults().FailMethod(c.route, failure)
	defer r.chat.Faults().FailMethod(c.route, messengertest.Failure{})
	bot, _ := newBot(t, r.service, r.chat.URL())
	var err error
	switch c.action {
	case check:
		err = bot.Check(t.Context())
	case post:
		_, err = bot.Post(t.Context(), r.to, message.Message{Title: typed}, "other")
	case edit:
		err = bot.(messenger.Updater).Update(t.Context(), r.ref, message.Message{Title: typed})
	default:
		_, err = bot.Resolve(t.Context(), c.recipient)
	}
	if err == nil {
		t.Fatalf("%s does not fail with %+v", c.route, failure)
	}
	return messenger.AsError(err)
}

// bare is what a failure looks like that only names a call and a code.
var bare = regexp.MustCompile(`^\S+( \S+)?: \S+$`)

// checkSentence checks what holds for every sentence.
func checkSentence(t *testing.T, remote messenger.Remote, e *messenger.Error) {
	t.Helper()
	text := remote.Explain(e)
	for _, wrong := range []string{"{service}", messengertest.DefaultToken, typed, "<html", "simulated failure", "  "} {
		if strings.Contains(text, wrong) {
			t.Errorf("%q holds %q", text, wrong)
		}
	}
	if !strings.Contains(text, remote.String()) || remote.Host == "" {
		t.Errorf("%q does not name %s", text, remote)
	}
	if bare.MatchString(text) || strings.HasSuffix(text, ".") || len(text) < 40 || text[0] < 'A' || text[0] > 'Z' {
		t.Errorf("%q is no sentence", text)
	}
}

// TestEveryDocumentedCodeHasASentence asks each service for each of its codes, and lists what is
// said of it.
func TestEveryDocumentedCodeHasASentence(t *testing.T) {
	for _, s := range service.All {
		t.Run(s.Name(), func(t *testing.T) {
			r := newRoom(t, s)
			var rows table
			for _, c := range documented[s.Type] {
				for code := range strings.FieldsSeq(c.codes) {
					e := r.provoke(t, c, messengertest.Failure{Code: code, Status: c.status})
					if e.Unknown || !e.Quoted || e.Code != code && e.Class != messenger.Throttled {
						t.Errorf("%s with %s is %+v", c.route, code, e)
					}
					checkSentence(t, r.remote, e)
					rows.add(messenger.Remote{Service: r.remote.Service}, e, code)
				}
			}
			golden.Section(t, page, s.Name(), rows.String("code"))
		})
	}
}

// TestUnknownCodesSayThatTheyAre at each service: it is not given up, or only with a word.
func TestUnknownCodesSayThatTheyAre(t *testing.T) {
	codes := map[string]string{"slack": "of_next_year", "discord": "99999", "email": "559", "googlechat": "OF_NEXT_YEAR", "mattermost": "api.of_next_year.app_error", "pagerduty": "499", "teams": "AADSTS9999999", "teamsworkflow": "OfNextYear", "webhook": "499"}
	for _, s := range service.All {
		r := newRoom(t, s)
		for _, c := range documented[s.Type] {
			e := r.provoke(t, c, messengertest.Failure{Code: codes[s.Name()], Status: newStatus(c.status)})
			checkSentence(t, r.remote, e)
			if !e.Unknown || e.Class == messenger.MessengerPermanent || e.Class == messenger.MessageGone {
				t.Errorf("%s: %s answers with a new code: %+v", s.Name(), c.route, e)
			}
			if text := r.remote.Explain(e); !strings.Contains(text, "does not know (code "+codes[s.Name()]+" in ") {
				t.Errorf("%s does not say that the code is unknown", text)
			}
		}
	}
}

// newStatus is the status of a new code, where a service has one for codes at all.
func newStatus(status int) int {
	if status == 0 {
		return 0
	}
	return http.StatusNotFound
}

// TestWhatIsNotTheServiceHasASentence covers what happens before a service answers, through each
// messenger.
func TestWhatIsNotTheServiceHasASentence(t *testing.T) {
	html := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Location", "https://login.example.com")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("<html>Log in here</html>"))
		}
	}
	var rows table
	for _, fault := range []struct {
		name   string
		server func() *httptest.Server
	}{
		{"a port that is closed", func() *httptest.Server { s := httptest.NewServer(html(200)); s.Close(); return s }},
		{"a certificate of an unknown authority", func() *httptest.Server { return quiet(httptest.NewUnstartedServer(html(200))) }},
		{"no TLS at a port for https", func() *httptest.Server {
			s := httptest.NewServer(html(200))
			s.URL = strings.Replace(s.URL, "http:", "https:", 1)
			return s
		}},
		{"a page with status 200", func() *httptest.Server { return httptest.NewServer(html(200)) }},
		{"a page with status 302", func() *httptest.Server { return httptest.NewServer(html(302)) }},
		{"a page with status 404", func() *httptest.Server { return httptest.NewServer(html(404)) }},
		{"a page with status 503", func() *httptest.Server { return httptest.NewServer(html(503)) }},
	} {
		said := ""
		for _, s := range service.All {
			if s.SMTP {
				// Its package says what it makes of them.
				continue
			}
			server := fault.server()
			bot, remote := newBot(t, s, server.URL+strings.TrimSuffix(s.Path, "/"))
			err := bot.Check(t.Context())
			if s.Unchecked() {
				_, err = bot.Post(t.Context(), messenger.Address{ID: "ops"}, message.Message{Title: typed}, "key")
			}
			server.Close()
			if err == nil && s.AnyBody && strings.HasSuffix(fault.name, "status 200") {
				continue
			}
			if err == nil {
				t.Fatalf("%s: %s passes the check", s.Name(), fault.name)
			}
			e := messenger.AsError(err)
			checkSentence(t, remote, e)
			if e.Class != messenger.Transient || e.Quoted || e.Unknown {
				t.Errorf("%s: %s is %+v", s.Name(), fault.name, e)
			}
			text := (messenger.Remote{}).Explain(e)
			if said == "" {
				said = text
				rows.add(messenger.Remote{}, e, fault.name)
			}
			if text != said {
				t.Errorf("%s says %q of %s, others %q", s.Name(), text, fault.name, said)
			}
		}
	}
	golden.Section(t, page, "transport", rows.String("what is met"))
}

// quiet starts a server with TLS that logs no handshakes that fail.
func quiet(server *httptest.Server) *httptest.Server {
	server.Config.ErrorLog = discard
	server.StartTLS()
	return server
}

// TestARemoteNamesHostTokenAndBot where they are known, and no credentials of its address.
func TestARemoteNamesHostTokenAndBot(t *testing.T) {
	d, err := registry.All().Find("Slack")
	if err != nil {
		t.Fatal(err)
	}
	remote := d.Remote(messenger.Config{URL: "https://user:secret@slack.example.com:8443/api/?token=secret"})
	remote.Token, remote.Account = `key "token" of Secret "bot"`, messenger.Account{Workspace: "T1", Bot: "U1", WorkspaceName: "Example", BotName: "access-notifier"}
	refused := &messenger.Error{Class: messenger.MessengerPermanent, Call: "auth.test", Code: "invalid_auth", Quoted: true}
	want := `Slack at slack.example.com:8443 does not accept the bot token (code invalid_auth in auth.test): ` +
		`replace the bot token by one that works; the token of bot access-notifier (U1) in Example (T1) is key "token" of Secret "bot"`
	if got := remote.Explain(refused); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	missing := &messenger.Error{Class: messenger.RecipientPermanent, Call: "chat.postMessage", Code: "x", Advice: "Invite the bot"}
	want = "Slack at slack.example.com:8443 does not let the bot reach this recipient: invite the bot; the bot is access-notifier (U1) in Example (T1)"
	if got := remote.Explain(missing); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if public, err := url.Parse(d.DefaultURL); err != nil || d.Remote(messenger.Config{}).Host != public.Host {
		t.Errorf("without an address of its own, the host is %q", d.Remote(messenger.Config{}).Host)
	}
}

// table lists sentences, those that are alike in one row.
type table struct {
	rows  []string
	cases map[string][]string
}

// add adds a case of a sentence.
func (t *table) add(remote messenger.Remote, e *messenger.Error, name string) {
	plain := *e
	plain.Quoted = false
	row := fmt.Sprintf("%s. | %s. |", remote.Describe(&plain), remote.Advise(&plain))
	if t.cases == nil {
		t.cases = map[string][]string{}
	}
	if len(t.cases[row]) == 0 {
		t.rows = append(t.rows, row)
	}
	if !slices.Contains(t.cases[row], name) {
		t.cases[row] = append(t.cases[row], name)
	}
}

// String is the table in Markdown.
func (t *table) String(what string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n| %s | what happened | what to do |\n|---|---|---|\n", what)
	for _, row := range t.rows {
		name := strings.Join(t.cases[row], ", ")
		if what == "code" {
			name = "`" + strings.Join(t.cases[row], "`, `") + "`"
		}
		fmt.Fprintf(&b, "| %s | %s\n", name, strings.ReplaceAll(row, ". | . |", ". | |"))
	}
	b.WriteString("\n")
	return b.String()
}
