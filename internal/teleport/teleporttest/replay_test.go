package teleporttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// step is one line of a recording: what was done with a real server and what
// came of it. A step without an error succeeded.
type step struct {
	Step    string          `json:"step"`
	Value   json.RawMessage `json:"value"`
	Err     string          `json:"err"`
	ErrKind string          `json:"errKind"`
}

func recording(t *testing.T, name string) []step {
	t.Helper()
	raw := must(os.ReadFile("testdata/" + name))(t)
	var steps []step
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s step
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		steps = append(steps, s)
	}
	if lines.Err() != nil || len(steps) == 0 {
		t.Fatalf("%s: %d steps, error %v", name, len(steps), lines.Err())
	}
	return steps
}

var address = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// check compares an error with the recorded one. Identifiers and addresses are
// those of the run.
func (s step) check(t *testing.T, err error) {
	t.Helper()
	if s.Err == "" {
		if err != nil {
			t.Errorf("%s: error %q, recorded none", s.Step, err)
		}
		return
	}
	if err == nil {
		t.Errorf("%s: no error, recorded %q", s.Step, s.Err)
		return
	}
	normal := func(text string) string {
		return uuids.ReplaceAllString(address.ReplaceAllString(text, "ADDR"), "ID")
	}
	if diff := cmp.Diff(normal(s.Err), normal(err.Error())); diff != "" {
		t.Errorf("%s: error differs from the recorded one (-recorded +simulated):\n%s", s.Step, diff)
	}
	if got := errKind(err); got != s.ErrKind {
		t.Errorf("%s: error kind %q, recorded %q", s.Step, got, s.ErrKind)
	}
}

// value decodes the recorded value.
func value[T any](t *testing.T, s step) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(s.Value, &v); err != nil {
		t.Fatalf("%s: value: %v", s.Step, err)
	}
	return v
}

var (
	uuids       = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	abbreviated = regexp.MustCompile(`\.\.\. \((\d+) characters\)$`)
)

// normalize makes a resource of one run comparable with that of another:
// identifiers lose their value, times become their distance from the request's
// creation, long reasons their length.
func normalize(t *testing.T, resource any) any {
	t.Helper()
	raw := must(json.Marshal(resource))(t)
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	spec, _ := m["spec"].(map[string]any)
	text, _ := spec["created"].(string)
	created, _ := time.Parse(time.RFC3339Nano, text)
	return normalizeValue(m, created)
}

func normalizeValue(v any, created time.Time) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = normalizeValue(v[k], created)
		}
	case []any:
		for i := range v {
			v[i] = normalizeValue(v[i], created)
		}
	case string:
		return normalizeText(v, created)
	}
	return v
}

func normalizeText(v string, created time.Time) string {
	if uuids.MatchString(v) {
		return "ID"
	}
	if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
		return "created + " + at.Sub(created).Round(time.Second).String()
	}
	if m := abbreviated.FindStringSubmatch(v); m != nil {
		return m[1] + " characters"
	}
	if n := utf8.RuneCountInString(v); n > 1000 {
		return fmt.Sprintf("%d characters", n)
	}
	return v
}

func compare(t *testing.T, name string, recorded, simulated any) {
	t.Helper()
	if diff := cmp.Diff(normalize(t, recorded), normalize(t, simulated)); diff != "" {
		t.Errorf("%s differs (-recorded +simulated):\n%s", name, diff)
	}
}

func TestNormalizeSeesDifferences(t *testing.T) {
	request := func(expires, reason string) map[string]any {
		return map[string]any{
			"metadata": map[string]any{"expires": expires},
			"spec":     map[string]any{"created": "2026-01-01T00:00:00Z", "reason": reason},
		}
	}
	base := normalize(t, request("2026-01-01T01:00:00Z", strings.Repeat("x", 2048)))
	for name, other := range map[string]map[string]any{
		"expiry": request("2026-01-01T02:00:00Z", strings.Repeat("x", 2048)),
		"reason": request("2026-01-01T01:00:00Z", strings.Repeat("x", 2047)),
	} {
		if cmp.Equal(base, normalize(t, other)) {
			t.Errorf("another %s is not seen", name)
		}
	}
	if diff := cmp.Diff(base, normalize(t, request("2026-01-01T01:00:00.2Z", "x... (2048 characters)"))); diff != "" {
		t.Errorf("equal requests differ:\n%s", diff)
	}
}
