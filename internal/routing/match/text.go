package match

import (
	"errors"
	"reflect"

	"github.com/google/cel-go/cel"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/wording"
)

// Text is an expression in the language of conditions that is a text, or a list of texts.
// Without a call to Teleport there are no traits, so that it must not ask for them.
type Text string

// Compile implements wording.Expression. An error is an *Error.
func (t Text) Compile() (wording.Value, error) {
	p, err := compileOfRequest(string(t), "a text or a list of texts", cel.StringType, cel.ListType(cel.StringType))
	if err != nil {
		return nil, err
	}
	return text{p}, nil
}

// compileOfRequest is compile for what knows the request and no more.
func compileOfRequest(source, must string, types ...*cel.Type) (*program, error) {
	p, err := compile(source, must, types...)
	switch {
	case err != nil:
		return nil, err
	case p.needs.Traits:
		return nil, &Error{Message: "it must not ask for the user: only the request is known here"}
	case p.needs.Labels:
		return nil, &Error{Message: "it must not ask for labels: only the request is known here"}
	default:
		return p, nil
	}
}

// text is a compiled Text.
type text struct{ *program }

// Of implements wording.Value. An error is an *Error.
func (t text) Of(r accessrequest.Request) ([]string, error) {
	out, err := t.eval(variables(&routing.Facts{Request: r}))
	if err != nil {
		return nil, err
	}
	if one, ok := out.Value().(string); ok {
		return []string{one}, nil
	}
	native, err := out.ConvertToNative(reflect.TypeFor[[]string]())
	if err != nil {
		return nil, t.evalError(err)
	}
	list, ok := native.([]string)
	if !ok {
		return nil, t.evalError(errors.New("no list"))
	}
	return list, nil
}
