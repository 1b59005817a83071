package replay

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// Diff tells what another server answered differently, "" if nothing. Values are
// compared if that server's answer has one. Identifiers, addresses and times are
// those of the run.
func (s Step) Diff(other Step) string {
	if diff := s.DiffError(other); diff != "" {
		return diff
	}
	if other.Value == nil {
		return ""
	}
	want, err := normalize(s.Value)
	if err != nil {
		return fmt.Sprintf("%s: %v", s.Step, err)
	}
	got, err := normalize(other.Value)
	if err != nil {
		return fmt.Sprintf("%s: %v", s.Step, err)
	}
	if diff := cmp.Diff(want, got, lifetimes); diff != "" {
		return fmt.Sprintf("%s: the answer differs (-the first server +the other):\n%s", s.Step, diff)
	}
	return ""
}

// DiffError compares the errors alone.
func (s Step) DiffError(other Step) string {
	if s.ErrKind == other.ErrKind && normalizeError(s.Err) == normalizeError(other.Err) {
		return ""
	}
	return fmt.Sprintf("%s: the error differs:\n- %s %q\n+ %s %q", s.Step, s.ErrKind, s.Err, other.ErrKind, other.Err)
}

var (
	uuids       = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	address     = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	abbreviated = regexp.MustCompile(`\.\.\. \((\d+) characters\)$`)
)

func normalizeError(text string) string {
	return uuids.ReplaceAllString(address.ReplaceAllString(text, "ADDR"), "ID")
}

// ofTheRun are the parts of answers that say how a run went, or from where.
var ofTheRun = []string{"ms", "took_ms", "remote_addr"}

// lifetimes compares how long things live, which a run's own duration shortens.
var lifetimes = cmp.FilterPath(func(p cmp.Path) bool {
	key, ok := p.Last().(cmp.MapIndex)
	return ok && key.Key().String() == "expires_in_s"
}, cmp.Comparer(func(x, y any) bool {
	a, isNumber := x.(float64)
	b, isNumberToo := y.(float64)
	return isNumber && isNumberToo && a-b < 60 && b-a < 60
}))

// normalize makes an answer of one run comparable with that of another:
// identifiers lose their value, times become their distance from the request's
// creation, long reasons their length.
func normalize(raw json.RawMessage) (any, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("decoding %q: %w", raw, err)
	}
	return normalizeValue(v, createdIn(v)), nil
}

// createdIn returns when the request was made that an answer is about.
func createdIn(v any) time.Time {
	m, _ := v.(map[string]any)
	if resource, ok := m["resource"]; ok {
		return createdIn(resource)
	}
	spec, _ := m["spec"].(map[string]any)
	text, _ := spec["created"].(string)
	created, _ := time.Parse(time.RFC3339Nano, text)
	return created
}

func normalizeValue(v any, created time.Time) any {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range ofTheRun {
			delete(v, key)
		}
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
