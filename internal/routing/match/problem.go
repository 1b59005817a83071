package match

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/interpreter"

	"github.com/accessnotifier/accessnotifier/internal/status"
)

// maxMessage bounds what is said of a condition, in characters.
const maxMessage = 200

// Error says what is wrong with a condition, and where.
type Error struct {
	// Line and Column count from 1; 0 if no place is known.
	Line, Column int
	Message      string
}

// Error gives the place and the message as compilers do behind the name of a file.
func (e *Error) Error() string {
	if e.Line == 0 {
		return ": " + e.Message
	}
	return fmt.Sprintf(":%d:%d: %s", e.Line, e.Column, e.Message)
}

// compileError is the first of the issues, nil if there is none.
func compileError(issues *cel.Issues) error {
	if issues == nil || len(issues.Errors()) == 0 {
		return nil
	}
	first := issues.Errors()[0]
	return &Error{Line: first.Location.Line(), Column: first.Location.Column() + 1, Message: status.Printable(first.Message, maxMessage)}
}

// failures are the errors of CEL that a condition can be mended of, by how they begin. What
// follows in CEL's own words may be a requester's.
var failures = []struct{ begins, message string }{
	{"no such key", `there is no such key: ask for it with "in" first`},
	{"index out of bounds", "there is no such element: ask for the size first"},
	{"division by zero", "a division by zero"},
	{"no such overload", "a value is of another type than is needed here"},
}

// evalError says why a request cannot be judged.
func (p *program) evalError(err error) *Error {
	if cancelled, ok := errors.AsType[interpreter.EvalCancelledError](err); ok && cancelled.Cause == interpreter.CostLimitExceeded {
		return &Error{Message: "it takes too long to be judged for some request: shorten it"}
	}
	out := &Error{Message: "it cannot be judged for some request"}
	failed, ok := errors.AsType[*types.Err](err)
	if !ok {
		return out
	}
	for _, failure := range failures {
		if strings.HasPrefix(failed.Error(), failure.begins) {
			out.Message += ": " + failure.message
		}
	}
	if at := p.ast.NativeRep().SourceInfo().GetStartLocation(failed.NodeID()); at.Line() > 0 {
		out.Line, out.Column = at.Line(), at.Column()+1
	}
	return out
}
