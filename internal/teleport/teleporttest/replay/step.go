package replay

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/gravitational/trace"
)

// Step is one line of a recording: what was done with a server and what came of
// it. A step without an error succeeded.
type Step struct {
	Step    string          `json:"step"`
	Value   json.RawMessage `json:"value,omitempty"`
	Err     string          `json:"err,omitempty"`
	ErrKind string          `json:"errKind,omitempty"`
}

// Read reads a recording.
func Read(path string) ([]Step, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var steps []Step
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s Step
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, len(steps)+1, err)
		}
		steps = append(steps, s)
	}
	if lines.Err() == nil && len(steps) == 0 {
		return nil, fmt.Errorf("%s has no steps", path)
	}
	return steps, lines.Err()
}

// Value decodes what a step gave.
func Value[T any](s Step) (v T, err error) {
	if err := json.Unmarshal(s.Value, &v); err != nil {
		return v, fmt.Errorf("step %q: value: %w", s.Step, err)
	}
	return v, nil
}

// answer returns a step with what came of it.
func answer(step string, value any, err error) (Step, error) {
	s := Step{Step: step}
	if err != nil {
		s.Err, s.ErrKind = err.Error(), ErrKind(err)
	}
	if value == nil {
		return s, nil
	}
	raw, err := json.Marshal(value)
	s.Value = raw
	return s, err
}

// ErrKind names the kind of a trace error as recordings do.
func ErrKind(err error) string {
	kinds := []struct {
		name string
		is   func(error) bool
	}{
		{"AccessDenied", trace.IsAccessDenied},
		{"BadParameter", trace.IsBadParameter},
		{"CompareFailed", trace.IsCompareFailed},
		{"ConnectionProblem", trace.IsConnectionProblem},
		{"LimitExceeded", trace.IsLimitExceeded},
		{"NotFound", trace.IsNotFound},
		{"NotImplemented", trace.IsNotImplemented},
	}
	for _, k := range kinds {
		if k.is(err) {
			return k.name
		}
	}
	return ""
}
