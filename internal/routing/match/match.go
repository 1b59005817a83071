// Package match tells which access requests a route of an AccessNotifier is for.
//
// A route names roles, with * for any run of characters, and a condition in CEL, the
// language of Kubernetes' own policies, over what language.go declares. It is compiled once.
// What it costs to judge a request is bounded, whatever the author of the route and the
// requester have written.
package match

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
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
	// ast and program are the condition, nil if there is none.
	ast     *cel.Ast
	program cel.Program
	traits  bool
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
	if n := len(s.Condition); n > MaxCondition {
		return nil, &Error{Message: fmt.Sprintf("it has %d bytes, and at most %d are read: shorten it", n, MaxCondition)}
	}
	return m, m.compile(s.Condition)
}

func (m *matcher) compile(condition string) error {
	env, err := language()
	if err != nil {
		return &Error{Message: "the language of conditions is broken: " + status.Printable(err.Error(), maxMessage)}
	}
	parsed, issues := env.Parse(condition)
	if err := compileError(issues); err != nil {
		return err
	}
	if err := checkShape(parsed.NativeRep()); err != nil {
		return err
	}
	ast, issues := env.Check(parsed)
	if err := compileError(issues); err != nil {
		return err
	}
	if ast.OutputType() != cel.BoolType {
		return &Error{Line: 1, Column: 1, Message: "it must be true or false, and is " + status.Printable(ast.OutputType().String(), maxMessage)}
	}
	written := patterns{}
	if err := written.checkSteps(ast.NativeRep()); err != nil {
		return err
	}
	m.ast = ast
	options := append(written.options(), cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost))
	if m.program, err = env.Program(ast, options...); err != nil {
		return &Error{Message: status.Printable(err.Error(), maxMessage)}
	}
	for _, reference := range ast.NativeRep().ReferenceMap() {
		m.traits = m.traits || reference.Name == varUser
	}
	return nil
}

// NeedsTraits implements routing.Matcher.
func (m *matcher) NeedsTraits() bool {
	return m.traits
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
func (m *matcher) Fulfils(r accessrequest.Request, traits map[string][]string) (bool, error) {
	if m.program == nil {
		return true, nil
	}
	out, _, err := m.program.Eval(variables(r, traits))
	if err != nil {
		return false, m.evalError(err)
	}
	matched, ok := out.Value().(bool)
	if !ok {
		return false, m.evalError(errors.New("no truth"))
	}
	return matched, nil
}
