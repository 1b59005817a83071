package match

import (
	"errors"

	"github.com/google/cel-go/cel"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// Holds is an expression in the language of conditions that is true of some requests. As a
// Text, it is judged without a call to Teleport: it must ask neither for traits nor for labels.
type Holds string

// Compile implements review.Expression. An error is an *Error.
func (h Holds) Compile() (review.Condition, error) {
	p, err := compileOfRequest(string(h), "true or false", cel.BoolType)
	if err != nil {
		return nil, err
	}
	return holds{p}, nil
}

// holds is a compiled Holds.
type holds struct{ *program }

// Holds implements review.Condition. An error is an *Error.
func (h holds) Holds(r accessrequest.Request) (bool, error) {
	return h.judge(&routing.Facts{Request: r})
}

// judge evaluates a program that is true or false. An error is an *Error.
func (p *program) judge(facts *routing.Facts) (bool, error) {
	out, err := p.eval(variables(facts))
	if err != nil {
		return false, err
	}
	truth, ok := out.Value().(bool)
	if !ok {
		return false, p.evalError(errors.New("no truth"))
	}
	return truth, nil
}
