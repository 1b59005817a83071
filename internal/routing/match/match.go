// Package match tells which access requests a route of an AccessNotifier is for.
//
// A route names roles, with * for any run of characters, and a condition in CEL, the
// language of Kubernetes' own policies, over what language.go declares. It is compiled once.
// What it costs to judge a request is bounded, whatever the author of the route and the
// requester have written.
package match

import (
	"slices"
	"strings"

	"github.com/google/cel-go/cel"

	"github.com/accessnotifier/accessnotifier/internal/routing"
)

const (
	// MaxCondition bounds a condition, in bytes.
	MaxCondition = 16 << 10
	// maxCost bounds what it takes to judge one request, in the units of CEL: some
	// milliseconds.
	maxCost = 100_000
)

// Source is what a route says of the requests that it is for. A request matches if one of its
// roles is among Roles and it fulfils Condition. Without Roles any is, and without a
// Condition any does.
type Source struct {
	Roles     []string
	Condition string
}

// matcher is a compiled Source.
type matcher struct {
	// roles are split at each *.
	roles [][]string
	// condition is nil if there is none.
	condition *program
}

// Compile implements routing.Match. An error is an *Error about the condition.
func (s Source) Compile() (routing.Matcher, error) {
	m := &matcher{}
	for _, glob := range s.Roles {
		m.roles = append(m.roles, strings.Split(glob, "*"))
	}
	if s.Condition == "" {
		return m, nil
	}
	var err error
	m.condition, err = compile(s.Condition, "true or false", cel.BoolType)
	return m, err
}

// Needs implements routing.Matcher.
func (m *matcher) Needs() routing.Needs {
	if m.condition == nil {
		return routing.Needs{}
	}
	return m.condition.needs
}

// NamesAny implements routing.Matcher.
func (m *matcher) NamesAny(roles []string) bool {
	return len(m.roles) == 0 || slices.ContainsFunc(roles, func(role string) bool {
		return slices.ContainsFunc(m.roles, func(parts []string) bool { return consistsOf(parts, role) })
	})
}

// consistsOf reports whether a text is the parts in this order, with anything between them.
func consistsOf(parts []string, text string) bool {
	last := len(parts) - 1
	text, found := strings.CutPrefix(text, parts[0])
	if last == 0 {
		return found && text == ""
	}
	if found {
		text, found = strings.CutSuffix(text, parts[last])
	}
	for _, part := range parts[1:last] {
		if found {
			_, text, found = strings.Cut(text, part)
		}
	}
	return found
}

// Fulfils implements routing.Matcher. An error is an *Error.
func (m *matcher) Fulfils(facts *routing.Facts) (bool, error) {
	if m.condition == nil {
		return true, nil
	}
	return m.condition.judge(facts)
}
