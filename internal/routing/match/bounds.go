package match

import (
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"

	"github.com/accessnotifier/accessnotifier/internal/routing/pattern"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// A condition may be written by any tenant, and CEL counts what a call costs once it has
// returned. So nothing is let through of which one step has no bound: a list that is joined
// with itself, or holds itself twice, has 2^n elements after n steps, and types that grow in
// the same way keep the compiler busy. What is refused here has no use in a condition about
// a request.

// maxNesting bounds how deep calls, lists and macros are nested, or follow each other.
const maxNesting = 12

// checkShape refuses what would keep the compiler busy. The condition is parsed only.
func checkShape(tree *ast.AST) *Error {
	return shapeOf(tree, ast.NavigateAST(tree), 0)
}

func shapeOf(tree *ast.AST, e ast.NavigableExpr, depth int) *Error {
	if nests(e) {
		depth++
	}
	switch {
	case depth > maxNesting:
		return errorAt(tree, e.ID(), "it is nested too deep")
	case e.Kind() == ast.StructKind:
		return errorAt(tree, e.ID(), "objects cannot be made")
	case e.Kind() == ast.CallKind && e.AsCall().FunctionName() == overloads.TypeConvertDyn:
		return errorAt(tree, e.ID(), "dyn is not there")
	case e.Kind() == ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			if key := entry.AsMapEntry().Key(); key.Kind() != ast.LiteralKind {
				return errorAt(tree, key.ID(), "the keys of a map must be written out")
			}
		}
	default:
	}
	for _, child := range e.Children() {
		if err := shapeOf(tree, child, depth); err != nil {
			return err
		}
	}
	return nil
}

// nests reports whether the type of an expression may be deeper than those in it.
func nests(e ast.NavigableExpr) bool {
	switch e.Kind() {
	case ast.ListKind, ast.MapKind, ast.ComprehensionKind:
		return true
	case ast.CallKind:
		name := e.AsCall().FunctionName()
		_, isOperator := operators.FindReverse(name)
		return !isOperator && name != operators.NotStrictlyFalse
	default:
		return false
	}
}

// checkSteps refuses steps without a bound. The condition is type-checked.
func (p patterns) checkSteps(tree *ast.AST) (found *Error) {
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if found == nil && e.Kind() == ast.CallKind {
			found = p.checkCall(tree, e)
		}
	}))
	return found
}

func (p patterns) checkCall(tree *ast.AST, e ast.Expr) *Error {
	call := e.AsCall()
	switch call.FunctionName() {
	case operators.Equals, operators.NotEquals:
		if !isFlat(tree.GetType(call.Args()[0].ID())) || !isFlat(tree.GetType(call.Args()[1].ID())) {
			return errorAt(tree, e.ID(), "only texts, numbers, times, and lists and maps of them can be compared")
		}
	case operators.In:
		if in := tree.GetType(call.Args()[1].ID()); in.Kind() == types.ListKind && !isFlat(in) {
			return errorAt(tree, e.ID(), "only texts, numbers and times can be looked for in a list: use exists")
		}
	case operators.Add:
		if tree.GetType(e.ID()).Kind() == types.ListKind && !isMacros(call.Args()[0]) {
			return errorAt(tree, e.ID(), `lists cannot be joined: ask each of them, with "||" between`)
		}
	case overloads.Matches:
		return p.read(tree, call)
	default:
	}
	return nil
}

// isMacros reports whether an expression is what a macro gathers its results in: no name
// that can be written begins so.
func isMacros(e ast.Expr) bool {
	return e.Kind() == ast.IdentKind && strings.HasPrefix(e.AsIdent(), "@")
}

// isFlat reports whether a type is a plain one, or a list or map of plain ones.
func isFlat(t *types.Type) bool {
	for _, parameter := range t.Parameters() {
		if !isPlain(parameter) && !(t.Kind() == types.OpaqueKind && isFlat(parameter)) {
			return false
		}
	}
	return t.Kind() != types.StructKind && t.Kind() != types.DynKind
}

func isPlain(t *types.Type) bool {
	switch t.Kind() {
	case types.StructKind, types.ListKind, types.MapKind, types.OpaqueKind:
		return false
	default: // that of the elements of [] is not known
		return true
	}
}

// errorAt is an error about the part of the condition with an id.
func errorAt(tree *ast.AST, id int64, message string) *Error {
	at := tree.SourceInfo().GetStartLocation(id)
	return &Error{Line: at.Line(), Column: at.Column() + 1, Message: status.Printable(message, maxMessage)}
}

// patterns are the regular expressions of a condition, by how they are written.
type patterns map[string]pattern.Pattern

// read reads what a call of matches asks for.
func (p patterns) read(tree *ast.AST, call ast.CallExpr) *Error {
	args := call.Args()
	written := args[len(args)-1]
	if written.Kind() != ast.LiteralKind {
		return errorAt(tree, written.ID(), "the pattern must be written out")
	}
	text, _ := written.AsLiteral().Value().(string)
	compiled, err := pattern.Compile(text)
	if err != nil {
		return errorAt(tree, written.ID(), err.Error())
	}
	p[text] = compiled
	return nil
}

// matching calls a pattern, unless the text takes longer than the whole condition may.
func (p patterns) matching(overload string) *interpreter.RegexOptimization {
	return &interpreter.RegexOptimization{
		Function: overloads.Matches, OverloadID: overload, RegexIndex: 1,
		Factory: func(call interpreter.InterpretableCall, written string) (interpreter.InterpretableCall, error) {
			compiled := p[written]
			return interpreter.NewCall(call.ID(), call.Function(), overload, call.Args(), func(values ...ref.Val) ref.Val {
				text, _ := values[0].Value().(string)
				if compiled.Cost(len(text)) > maxCost {
					return types.NewErr("the text is too long to be matched")
				}
				return types.Bool(compiled.Match(text))
			}), nil
		},
	}
}

// options make calls cost what they take, where CEL's own measure is too small.
func (p patterns) options() (all []cel.ProgramOption) {
	for _, overload := range []string{overloads.Matches, overloads.MatchesString} {
		all = append(all, cel.OptimizeRegex(p.matching(overload)), costs(overload, func(args []ref.Val) int {
			text, _ := args[0].Value().(string)
			written, _ := args[1].Value().(string)
			return p[written].Cost(len(text))
		}))
	}
	for _, overload := range []string{overloads.SizeString, overloads.SizeStringInst, overloads.SizeBytes, overloads.SizeBytesInst} {
		all = append(all, costs(overload, func(args []ref.Val) int { return lengthOf(args[0]) }))
	}
	for _, overload := range []string{overloads.Equals, overloads.NotEquals, overloads.InList} {
		all = append(all, costs(overload, func(args []ref.Val) int { return 1 + max(lengthOf(args[0]), lengthOf(args[1])) }))
	}
	return all
}

// costs says what the calls of an overload cost.
func costs(overload string, of func(args []ref.Val) int) cel.ProgramOption {
	return cel.CostTrackerOptions(interpreter.OverloadCostTracker(overload, func(args []ref.Val, _ ref.Val) *uint64 {
		cost := uint64(max(of(args), 0))
		return &cost
	}))
}

// lengthOf is what it costs to look at all of a value, which is plain or holds plain ones.
func lengthOf(v ref.Val) int {
	n := 0
	switch v := v.(type) {
	case types.String:
		n = len(v) / 10
	case types.Bytes:
		n = len(v) / 10
	case traits.Lister:
		for i := v.Iterator(); i.HasNext() == types.True; {
			n += 1 + lengthOf(i.Next())
		}
	default:
	}
	return n
}
