package slack

import (
	"bufio"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

func TestSocketsAreSlacks(t *testing.T) {
	tests := []struct {
		api, address string
		want         bool
	}{
		{"https://slack.com/api", "wss://wss-primary.slack.com/link/?ticket=1", true},
		{"https://slack.com/api", "wss://slack.com/link/", true},
		{"https://slack.com/api", "wss://WSS-Backup.Slack.com:443/link/", true},
		{"https://slack-gov.com/api", "wss://wss.slack-gov.com/", true},
		{"https://proxy.internal/api", "wss://wss-primary.slack.com/", true},
		{"https://proxy.internal/api", "wss://proxy.internal/", true},
		{"http://127.0.0.1:8080/api", "ws://127.0.0.1:8080/link/", true},
		{"https://slack.com/api", "ws://wss-primary.slack.com/", false},
		{"https://slack.com/api", "https://slack.com/", false},
		{"https://slack.com/api", "wss://slack.com.evil.example/", false},
		{"https://slack.com/api", "wss://evilslack.com/", false},
		{"https://slack.com/api", "wss://user:x@slack.com/", false},
		{"https://slack.com/api", "wss://slack.com@evil.example/", false},
		{"https://slack.com/api", "wss:///link", false},
		{"https://slack.com/api", "wss://169.254.169.254/", false},
		{"https://slack.com/api", "", false},
		{"https://slack.com/api", "%", false},
		{"http://127.0.0.1:8080/api", "ws://127.0.0.1:9090/", false},
		{"http://127.0.0.1:8080/api", "ws://evil.example/", false},
	}
	for _, tt := range tests {
		api, err := url.Parse(tt.api)
		if err != nil {
			t.Fatal(err)
		}
		if got := isOwnSocket(api, tt.address); got != tt.want {
			t.Errorf("with the API at %s, a connection to %s = %t, want %t", tt.api, tt.address, got, tt.want)
		}
	}
}

// botOf returns a bot that connects by a client.
func botOf(t *testing.T, client *http.Client, address string) *Slack {
	t.Helper()
	t.Cleanup(client.CloseIdleConnections)
	bot, err := New(messenger.Config{
		Secrets: messenger.Secrets{messenger.SecretToken: messengertest.DefaultToken, messenger.SecretAppToken: messengertest.DefaultAppToken},
		URL:     address + "/api/", HTTPClient: client,
	})
	if err != nil {
		t.Fatal(err)
	}
	return bot
}

// TestConnectionsAreGuarded: they lead where calls may lead, and nowhere else.
func TestConnectionsAreGuarded(t *testing.T) {
	bot := botOf(t, messenger.NewHTTPClient(messenger.TransportConfig{}), "https://slack.com")
	for _, address := range []string{"wss://127.0.0.1:1/", "ws://169.254.169.254/latest/meta-data", "wss://[::1]/"} {
		conn, err := bot.dial(t.Context(), address)
		if err == nil {
			_ = conn.Close()
		}
		if !messenger.HasCode(err, "loopback_address", "link_local_address", "metadata_address") {
			t.Errorf("a connection to %s = %v, want it refused", address, err)
		}
	}
}

// served returns a simulator behind a server, and the address of a connection there.
func served(t *testing.T, secure bool) (server *httptest.Server, socketAddress func(bot *Slack) string) {
	t.Helper()
	workspace := messengertest.NewSlack(messengertest.Options{})
	server = httptest.NewUnstartedServer(workspace)
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server, func(bot *Slack) string {
		_, address, err := bot.apiOf(bot.appToken, callConnect, methodBucket(callConnect)).StartSocketModeContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if secure {
			address = strings.Replace(address, "ws://", "wss://", 1)
		}
		return address
	}
}

// TestConnectionsTrustTheOperatorsAuthorities, and no others.
func TestConnectionsTrustTheOperatorsAuthorities(t *testing.T) {
	server, address := served(t, true)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	trusting := botOf(t, messenger.NewHTTPClient(messenger.TransportConfig{AllowLoopback: true, Roots: roots}), server.URL)
	ticket := address(trusting)
	doubting := botOf(t, messenger.NewHTTPClient(messenger.TransportConfig{AllowLoopback: true}), server.URL)
	if _, err := doubting.dial(t.Context(), ticket); !messenger.HasCode(err, "tls_failed") {
		t.Errorf("a connection to an unknown authority = %v", err)
	}
	conn, err := trusting.dial(t.Context(), ticket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if hello, err := readHello(conn); err != nil || hello.ConnectionInfo.AppID == "" {
		t.Errorf("hello = %+v, %v", hello, err)
	}
	if _, err := trusting.dial(t.Context(), ticket); !messenger.HasCode(err, "http_403") {
		t.Errorf("a second connection to one address = %v", err)
	}
	if _, err := trusting.socketAddress(t.Context()); !messenger.HasCode(err, "bad_response") {
		t.Errorf("an address without TLS, where calls have it = %v", err)
	}
}

// TestConnectionsTakeTheProxy that calls take.
func TestConnectionsTakeTheProxy(t *testing.T) {
	server, address := served(t, false)
	client := messenger.NewHTTPClient(messenger.TransportConfig{AllowLoopback: true})
	bot := botOf(t, client, server.URL)
	ticket := address(bot)
	proxy, connected := connectProxy(t)
	client.Transport.(*http.Transport).Proxy = http.ProxyURL(proxy)
	conn, err := bot.dial(t.Context(), ticket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := readHello(conn); err != nil {
		t.Error(err)
	}
	if got := <-connected; got != strings.TrimPrefix(server.URL, "http://") {
		t.Errorf("the proxy was asked for %s, want %s", got, server.URL)
	}
}

// connectProxy is a proxy that leads where it is asked to.
func connectProxy(t *testing.T) (address *url.URL, connected <-chan string) {
	t.Helper()
	asked := make(chan string, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		client, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = client.Close() }()
		request, err := http.ReadRequest(bufio.NewReader(client))
		if err != nil || request.Method != http.MethodConnect {
			return
		}
		asked <- request.Host
		server, err := net.Dial("tcp", request.Host)
		if err != nil {
			return
		}
		defer func() { _ = server.Close() }()
		_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			_, _ = io.Copy(server, client)
			_ = server.Close()
		}()
		_, _ = io.Copy(client, server)
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return &url.URL{Scheme: "http", Host: listener.Addr().String()}, asked
}

// TestReadAccountInAnOrganization covers what the simulator has none of.
func TestReadAccountInAnOrganization(t *testing.T) {
	const id = "U0ALICE00"
	for what, tt := range map[string]struct {
		self, user string
		external   bool
	}{
		"home":                                  {`"team_id":"T1"`, `"team_id":"T1"`, false},
		"elsewhere":                             {`"team_id":"T1"`, `"team_id":"T2"`, true},
		"a stranger":                            {`"team_id":"T1"`, `"team_id":"T1","is_stranger":true`, true},
		"nowhere":                               {`"team_id":"T1"`, `"name":"x"`, true},
		"a workspace of the same organization":  {`"team_id":"T1"`, `"team_id":"T2","enterprise_user":{"enterprise_id":"E1","teams":["T2","T1"]}`, false},
		"other workspaces of that organization": {`"team_id":"T1","enterprise_id":"E1"`, `"team_id":"T2","enterprise_user":{"enterprise_id":"E1","teams":["T2"]}`, true},
		"an organization's token":               {`"team_id":"E1","enterprise_id":"E1"`, `"team_id":"T2","enterprise_user":{"enterprise_id":"E1"}`, false},
		"another organization":                  {`"team_id":"E1","enterprise_id":"E1"`, `"team_id":"T2","enterprise_user":{"enterprise_id":"E2"}`, true},
	} {
		s, _ := newSlack(t, map[string][]answer{
			callCheck: {ok(`"user_id":"U0BOT0000",` + tt.self)},
			callUser:  {ok(`"user":{"id":"` + id + `",` + tt.user + `}`)},
		})
		if got, err := s.ReadAccount(t.Context(), id); err != nil || got.External != tt.external {
			t.Errorf("%s: %+v, %v; want external %t", what, got, err, tt.external)
		}
	}
}

func TestReadAccountRefusals(t *testing.T) {
	const id = "U0ALICE00"
	self := ok(`"user_id":"U0BOT0000","team_id":"T1"`)
	for what, tt := range map[string]struct {
		answer answer
		want   messenger.Class
	}{
		"no such user": {refusal("user_not_found"), messenger.RecipientPermanent},
		"hidden":       {refusal("user_not_visible"), messenger.RecipientPermanent},
		"no scope":     {refusal("missing_scope"), messenger.PermissionMissing},
		"another user": {ok(`"user":{"id":"U0BOB0000","team_id":"T1"}`), messenger.Transient},
		"no user":      {ok(""), messenger.Transient},
	} {
		s, _ := newSlack(t, map[string][]answer{callCheck: {self}, callUser: {tt.answer}})
		got, err := s.ReadAccount(t.Context(), id)
		if e := messenger.AsError(err); err == nil || e.Class != tt.want || got != (messenger.Person{}) {
			t.Errorf("%s: %+v, %v; want class %s", what, got, err, tt.want)
		}
	}
	s, a := newSlack(t, map[string][]answer{callCheck: {self}, callUser: {ok(`"user":{"id":"` + id + `","team_id":"T1","is_restricted":true,
		"is_email_confirmed":true,"profile":{"email":"a@example.com"}}`)}})
	got, err := s.ReadAccount(t.Context(), id)
	if want := (messenger.Person{Email: "a@example.com", EmailConfirmed: true, Guest: true}); err != nil || got != want {
		t.Errorf("ReadAccount = %+v, %v; want %+v", got, err, want)
	}
	a.CheckRoutes(t, callCheck, callUser)
}
