// Package condition reads the conditions of Teleport's Access Monitoring Rules, and tells
// whether an access request fulfils one.
//
// A condition is a boolean expression over the fields in fields.go, with the functions in
// functions.go, which are methods of their first argument as well. All documented ones
// are expressions of Go, so that go/parser reads them; what is not in those two files is
// refused. A condition is compiled once, and costs no more than MaxCost when it is judged,
// whatever its author and the requester have written.
package condition

import (
	"errors"
	"fmt"
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

const (
	// MaxSource bounds a condition, in bytes.
	MaxSource = 16 << 10
	// MaxCost bounds what one condition may take to be judged for one request: about
	// one for each text that is compared, and more for patterns.
	MaxCost = 1 << 20
	// maxDepth bounds how deep a condition is nested.
	maxDepth = 500
	// maxMessage bounds what is repeated of a condition in an error.
	maxMessage = 120
)

// ErrTooCostly is the error of a condition that takes more than MaxCost.
var ErrTooCostly = errors.New("the condition takes too long to be judged for this request: shorten it")

// Error says why a text is no condition, and where.
type Error struct {
	// Line and Column count from 1; 0 if the whole text is meant.
	Line, Column int
	Message      string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Facts is what conditions are about. A list or map that is not known is empty.
type Facts struct {
	accessrequest.Request
	// Traits are the requester's.
	Traits map[string][]string
	// Labels are those of the requested resources, in their order.
	Labels []map[string]string
}

// union returns the values that any of the resources has under a label.
func (f *Facts) union(label string) (values []string) {
	for _, labels := range f.Labels {
		if value, ok := labels[label]; ok && !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	return values
}

// intersection returns the values that all of the resources have under a label: one or none.
func (f *Facts) intersection(label string) []string {
	values := f.union(label)
	lacks := func(labels map[string]string) bool { _, ok := labels[label]; return !ok }
	if len(values) != 1 || slices.ContainsFunc(f.Labels, lacks) {
		return nil
	}
	return values
}

// Needs is what a condition refers to beyond the request itself.
type Needs struct {
	Traits, Labels bool
}

// Condition is a compiled condition. It is safe for concurrent use.
type Condition struct {
	root  node
	needs Needs
}

// Compile reads a condition. An error is an *Error.
func Compile(source string) (*Condition, error) {
	if len(source) > MaxSource {
		return nil, &Error{Message: fmt.Sprintf("the condition has %d bytes, and at most %d are read: shorten it", len(source), MaxSource)}
	}
	if strings.TrimSpace(source) == "" {
		return nil, &Error{Message: "the condition is empty"}
	}
	files := token.NewFileSet()
	tree, err := parser.ParseExprFrom(files, "", source, parser.SkipObjectResolution)
	if err != nil {
		return nil, syntaxError(err)
	}
	c := compiler{files: files}
	root, err := c.compile(tree, 0)
	if err == nil && root.kind != boolean {
		err = c.errorf(tree, "the condition is %s, and must be true or false", root.kind)
	}
	if err != nil {
		return nil, err
	}
	return &Condition{root: root, needs: c.needs}, nil
}

// syntaxError is the first error of the parser.
func syntaxError(err error) *Error {
	var list scanner.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return &Error{Message: status.Printable(err.Error(), maxMessage)}
	}
	return &Error{Line: list[0].Pos.Line, Column: list[0].Pos.Column, Message: status.Printable(list[0].Msg, maxMessage)}
}

// Needs tells what the condition refers to beyond the request itself.
func (c *Condition) Needs() Needs {
	return c.needs
}

// Match reports whether a request fulfils the condition, and what it took to find out:
// no more than limit or MaxCost, or the error is ErrTooCostly.
func (c *Condition) Match(facts *Facts, limit int) (matched bool, cost int, err error) {
	limit = min(limit, MaxCost)
	j := judgement{facts: facts, left: limit}
	matched = c.root.eval(&j).truth
	if j.left < 0 {
		return false, limit, ErrTooCostly
	}
	return matched, limit - j.left, nil
}

// judgement is one evaluation of a condition.
type judgement struct {
	facts *Facts
	// left is what may still be spent; below 0 the result does not count.
	left int
}

// spend reports whether n more may be spent.
func (j *judgement) spend(n int) bool {
	j.left -= n
	return j.left >= 0
}

// compare spends what it takes to look for an item in a set.
func (j *judgement) compare(in []string, item string) bool {
	return j.spend((1 + len(in)) * (1 + len(item)/64))
}
