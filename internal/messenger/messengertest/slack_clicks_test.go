package messengertest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ask calls a method of a simulator with a token and JSON, and returns its answer.
func ask(t *testing.T, s *Slack, method, token string, body any) map[string]any {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://slack.simulated/api/"+method, strings.NewReader(string(encodeJSON(body))))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	response, err := s.Transport().RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestSlackTokensAreForTheirMethods(t *testing.T) {
	s := NewSlack(Options{})
	for _, tt := range []struct{ method, token, want string }{
		{"apps.connections.open", DefaultToken, "not_allowed_token_type"},
		{"apps.connections.open", "xapp-wrong", "invalid_auth"},
		{"auth.test", DefaultAppToken, "not_allowed_token_type"},
	} {
		if got := ask(t, s, tt.method, tt.token, map[string]any{}); got["error"] != tt.want {
			t.Errorf("%s with %s = %v, want %s", tt.method, tt.token, got, tt.want)
		}
	}
}

// connect asks for a connection at an address, and returns the status and the reader of what follows.
func connect(t *testing.T, s *Slack, address string, header string) (int, *bufio.Reader, io.WriteCloser) {
	t.Helper()
	conn, err := s.Transport().(slackTransport).DialContext(t.Context(), "tcp", "slack.simulated")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, path, _ := strings.Cut(strings.TrimPrefix(address, "ws://"), "/")
	if _, err := fmt.Fprintf(conn, "GET /%s HTTP/1.1\r\nHost: slack.simulated\r\n%s\r\n", path, header); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode, reader, conn
}

const handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"

// TestSlackTicketsAreGoodOnce, and for a while.
func TestSlackTicketsAreGoodOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlack(Options{})
		open := func() string {
			return ask(t, s, "apps.connections.open", DefaultAppToken, map[string]any{})["url"].(string)
		}
		address := open()
		for what, header := range map[string]string{
			"no upgrade": "", "a short key": strings.Replace(handshake, "AAAA", "", 1), "an old version": strings.Replace(handshake, "13", "8", 1),
		} {
			if status, _, _ := connect(t, s, address, header); status != http.StatusBadRequest && status != http.StatusUpgradeRequired {
				t.Errorf("%s: status %d", what, status)
			}
		}
		if status, _, _ := connect(t, s, address, handshake); status != http.StatusSwitchingProtocols {
			t.Errorf("the first use: status %d", status)
		}
		if status, _, _ := connect(t, s, address, handshake); status != http.StatusForbidden {
			t.Errorf("the second use: status %d", status)
		}
		late := open()
		time.Sleep(slackTicket + time.Second)
		if status, _, _ := connect(t, s, late, handshake); status != http.StatusForbidden {
			t.Errorf("a late use: status %d", status)
		}
	})
}

// TestSlackComplains of clients that break the protocol.
func TestSlackComplains(t *testing.T) {
	for what, frame := range map[string]string{
		"a frame that is not masked": "\x81\x02{}",
		"half a message":             "\x01\x80\x00\x00\x00\x00",
		"no acknowledgement":         "\x81\x82\x00\x00\x00\x00{}",
		"an unknown envelope":        "\x81\x93\x00\x00\x00\x00" + `{"envelope_id":"x"}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := NewSlack(Options{})
			address := ask(t, s, "apps.connections.open", DefaultAppToken, map[string]any{})["url"].(string)
			_, reader, conn := connect(t, s, address, handshake)
			go func() { _, _ = io.Copy(io.Discard, reader) }()
			if _, err := io.WriteString(conn, frame); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if len(s.SocketProblems()) != 1 {
				t.Errorf("%s: the problems are %q", what, s.SocketProblems())
			}
			_ = conn.Close()
		})
	}
}

// TestSlackPressesWhatIsThere: without a button, or a client, there is no press.
func TestSlackPressesWhatIsThere(t *testing.T) {
	s := NewSlack(Options{})
	channel, user := s.AddChannel("ops"), s.AddUser("alice@example.com")
	post := func(blocks ...any) string {
		answer := ask(t, s, "chat.postMessage", DefaultToken, map[string]any{"channel": channel, "text": "x", "blocks": blocks})
		ts, _ := answer["ts"].(string)
		return ts
	}
	button := map[string]any{"type": "button", "action_id": "deny", "value": "v", "text": map[string]any{"type": "plain_text", "text": "Deny"}}
	with := post(map[string]any{"type": "actions", "block_id": "review", "elements": []any{button}})
	for what, tt := range map[string]struct {
		ts      string
		approve bool
		user    string
		want    error
	}{
		"no client":     {with, false, user, ErrNotTaken},
		"no such":       {with, true, user, ErrNoButton},
		"no buttons":    {post(), false, user, ErrNoButton},
		"no message":    {"1.000001", false, user, ErrNoButton},
		"no account":    {with, false, "U0ABSENT00", ErrNoButton},
		"ended account": {with, false, s.AddUser("gone@example.com", Deactivated()), ErrNoButton},
	} {
		if err := s.Press(channel, tt.ts, tt.approve, tt.user); !errors.Is(err, tt.want) {
			t.Errorf("%s: Press = %v, want %v", what, err, tt.want)
		}
	}
}

// TestSlackTriggersOpenOneForm, in three seconds.
func TestSlackTriggersOpenOneForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlack(Options{})
		user := s.AddUser("alice@example.com")
		s.clicks.triggers["t"] = slackTriggered{user: user, ends: time.Now().Add(slackTrigger)}
		s.clicks.triggers["late"] = slackTriggered{user: user, ends: time.Now().Add(slackTrigger)}
		text := func(s string) map[string]any { return map[string]any{"type": "plain_text", "text": s} }
		view := map[string]any{
			"type": "modal", "title": text("Deny"), "submit": text("Send"), "callback_id": "c", "private_metadata": "m",
			"blocks": []any{map[string]any{"type": "input", "block_id": "b", "label": text("Why"), "element": map[string]any{
				"type": "plain_text_input", "action_id": "a", "max_length": 5, "min_length": 1,
			}}},
		}
		open := func(trigger string, view map[string]any) any {
			return ask(t, s, "views.open", DefaultToken, map[string]any{"trigger_id": trigger, "view": view})["error"]
		}
		wrong := map[string]any{"type": "modal", "title": text(strings.Repeat("x", 25)), "submit": text("Send"), "blocks": view["blocks"]}
		for _, tt := range []struct {
			trigger string
			view    map[string]any
			want    any
		}{
			{"", view, "invalid_arguments"}, {"other", view, "invalid_trigger_id"}, {"t", wrong, "invalid_arguments"},
			{"t", view, nil}, {"t", view, "exchanged_trigger_id"},
		} {
			if got := open(tt.trigger, tt.view); got != tt.want {
				t.Errorf("views.open with %q = %v, want %v", tt.trigger, got, tt.want)
			}
		}
		if err := s.SendForm(user, "longer"); !errors.Is(err, errReason) {
			t.Errorf("a reason that is too long = %v", err)
		}
		if err := s.SendForm(user, " "); !errors.Is(err, errReason) {
			t.Errorf("no reason = %v", err)
		}
		time.Sleep(slackTrigger + time.Second)
		if got := open("late", view); got != "expired_trigger_id" {
			t.Errorf("a late form = %v", got)
		}
	})
}
