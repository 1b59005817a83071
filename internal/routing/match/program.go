package match

import (
	"fmt"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// program is a compiled expression.
type program struct {
	ast     *cel.Ast
	program cel.Program
	needs   routing.Needs
}

// compile reads an expression that has to be one of the types, which must calls by name. An
// error is an *Error.
func compile(source, must string, types ...*cel.Type) (*program, error) {
	if n := len(source); n > MaxCondition {
		return nil, &Error{Message: fmt.Sprintf("it has %d bytes, and at most %d are read: shorten it", n, MaxCondition)}
	}
	env, err := language()
	if err != nil {
		return nil, &Error{Message: "the language of conditions is broken: " + status.Printable(err.Error(), maxMessage)}
	}
	parsed, issues := env.Parse(source)
	if err := compileError(issues); err != nil {
		return nil, err
	}
	if err := checkShape(parsed.NativeRep()); err != nil {
		return nil, err
	}
	ast, issues := env.Check(parsed)
	if err := compileError(issues); err != nil {
		return nil, err
	}
	if !isOneOf(ast.OutputType(), types) {
		return nil, &Error{Line: 1, Column: 1, Message: "it must be " + must + ", and is " + status.Printable(ast.OutputType().String(), maxMessage)}
	}
	written := patterns{}
	if err := written.checkSteps(ast.NativeRep()); err != nil {
		return nil, err
	}
	p := &program{ast: ast, needs: routing.Needs{Labels: asksForLabels(ast.NativeRep())}}
	options := append(written.options(), cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost))
	if p.program, err = env.Program(ast, options...); err != nil {
		return nil, &Error{Message: status.Printable(err.Error(), maxMessage)}
	}
	for _, reference := range ast.NativeRep().ReferenceMap() {
		p.needs.Traits = p.needs.Traits || reference.Name == varUser
	}
	return p, nil
}

// fieldLabels is the field of a resource that Teleport has to be asked for.
const fieldLabels = "labels"

// asksForLabels reports whether an expression reads the labels of a resource. What may be one
// counts as one.
func asksForLabels(checked *ast.AST) (asks bool) {
	ast.PreOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.SelectKind:
			s := e.AsSelect()
			asks = asks || s.FieldName() == fieldLabels && checked.GetType(s.Operand().ID()).Kind() != types.MapKind
		case ast.CallKind:
			for _, arg := range e.AsCall().Args() {
				asks = asks || e.AsCall().FunctionName() == operators.OptSelect &&
					arg.Kind() == ast.LiteralKind && arg.AsLiteral() == types.String(fieldLabels)
			}
		default:
		}
	}))
	return asks
}

func isOneOf(t *cel.Type, types []*cel.Type) bool {
	for _, one := range types {
		if t.IsExactType(one) {
			return true
		}
	}
	return false
}

// eval evaluates the expression. An error is an *Error.
func (p *program) eval(variables map[string]any) (ref.Val, error) {
	out, _, err := p.program.Eval(variables)
	if err != nil {
		return nil, p.evalError(err)
	}
	return out, nil
}
