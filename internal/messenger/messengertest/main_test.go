package messengertest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	mt "github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that a test moves.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

// answer is what came back.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
	list   []map[string]any
}

// code returns the service's own error code, whichever service it is.
func (a answer) code() string {
	for _, name := range []string{"error", "code", "id"} {
		if value, ok := a.body[name]; ok && (name != "id" || a.body["status_code"] != nil) {
			encoded, _ := json.Marshal(value)
			return strings.Trim(string(encoded), `"`)
		}
	}
	return ""
}

// client calls a simulator in memory.
type client struct {
	t      *testing.T
	sim    mt.Simulator
	base   string
	header http.Header
}

func newClient(t *testing.T, sim mt.Simulator) client {
	c := client{t: t, sim: sim, header: http.Header{}}
	scheme := "Bearer "
	switch sim.Name() {
	case "slack":
		c.base = "http://simulated/api/"
	case "discord":
		c.base = "http://simulated/api/v10"
		scheme = "Bot "
		c.header.Set("User-Agent", "DiscordBot (https://example.com, 1.0)")
	default:
		c.base = "http://simulated/api/v4"
	}
	c.header.Set("Authorization", scheme+mt.DefaultToken)
	c.header.Set("Content-Type", "application/json; charset=utf-8")
	return c
}

func (c client) with(name, value string) client {
	c.header = c.header.Clone()
	c.header.Set(name, value)
	if value == "" {
		c.header.Del(name)
	}
	return c
}

// do sends a body: a string as it is, anything else as JSON.
func (c client) do(verb, path string, body any) answer {
	c.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		reader = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), verb, c.base+path, reader)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header = c.header.Clone()
	resp, err := c.sim.Transport().RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	return readAnswer(c.t, resp)
}

func readAnswer(t *testing.T, resp *http.Response) answer {
	t.Helper()
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, text: string(text)}
	if strings.HasPrefix(a.text, "[") {
		err = json.Unmarshal(text, &a.list)
	} else if strings.HasPrefix(a.text, "{") {
		err = json.Unmarshal(text, &a.body)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// want fails unless the answer has the status and the code.
func (c client) want(a answer, status int, code string) {
	c.t.Helper()
	if a.status != status || a.code() != code {
		c.t.Fatalf("got status %d, code %q, want %d, %q; body %s", a.status, a.code(), status, code, a.text)
	}
}

type fields = map[string]any
