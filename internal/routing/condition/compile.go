package condition

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"

	"github.com/accessnotifier/accessnotifier/internal/status"
)

// kind is the type of a part of a condition.
type kind int

const (
	boolean kind = iota
	text
	set
)

// String names the kind in a sentence.
func (k kind) String() string {
	switch k {
	case boolean:
		return "true or false"
	case text:
		return "a text"
	default:
		return "a set"
	}
}

// value is what a part of a condition is for a request. Its node's kind tells which
// field counts.
type value struct {
	truth bool
	text  string
	set   []string
}

// node is a compiled part of a condition.
type node struct {
	kind kind
	// literal is set for a text that stands in the condition itself.
	literal bool
	eval    func(*judgement) value
}

// asSet returns a text as the set of that text.
func (n node) asSet() node {
	if n.kind != text {
		return n
	}
	return node{kind: set, eval: func(j *judgement) value { return value{set: []string{n.eval(j).text}} }}
}

// compiler compiles one condition.
type compiler struct {
	files *token.FileSet
	needs Needs
}

func (c *compiler) errorf(at ast.Node, format string, args ...any) *Error {
	where := c.files.Position(at.Pos())
	return &Error{Line: where.Line, Column: where.Column, Message: status.Printable(fmt.Sprintf(format, args...), maxMessage)}
}

func (c *compiler) compile(tree ast.Expr, depth int) (node, error) {
	if depth > maxDepth {
		return node{}, c.errorf(tree, "the condition is nested too deep")
	}
	switch tree := tree.(type) {
	case *ast.ParenExpr:
		return c.compile(tree.X, depth+1)
	case *ast.UnaryExpr:
		return c.not(tree, depth)
	case *ast.BinaryExpr:
		return c.binary(tree, depth)
	case *ast.CallExpr:
		return c.call(tree, depth)
	case *ast.IndexExpr:
		return c.index(tree)
	case *ast.BasicLit:
		return c.literal(tree)
	case *ast.Ident, *ast.SelectorExpr:
		return c.name(tree)
	default:
		return node{}, c.errorf(tree, "this is no part of the language of conditions")
	}
}

func (c *compiler) literal(tree *ast.BasicLit) (node, error) {
	if tree.Kind != token.STRING {
		return node{}, c.errorf(tree, "%s is no text in double quotes", tree.Value)
	}
	content, err := strconv.Unquote(tree.Value)
	if err != nil {
		return node{}, c.errorf(tree, "the text is malformed")
	}
	return node{kind: text, literal: true, eval: func(*judgement) value { return value{text: content} }}, nil
}

func (c *compiler) not(tree *ast.UnaryExpr, depth int) (node, error) {
	if tree.Op != token.NOT {
		return node{}, c.errorf(tree, "unknown operator %s", tree.Op)
	}
	operand, err := c.boolean(tree.X, depth)
	if err != nil {
		return node{}, err
	}
	return truth(func(j *judgement) bool { return !operand.eval(j).truth }), nil
}

// truth is a node that is true or false. Each costs one.
func truth(f func(*judgement) bool) node {
	return node{kind: boolean, eval: func(j *judgement) value { return value{truth: j.spend(1) && f(j)} }}
}

func (c *compiler) boolean(tree ast.Expr, depth int) (node, error) {
	n, err := c.compile(tree, depth+1)
	if err == nil && n.kind != boolean {
		err = c.errorf(tree, "this is %s, and must be true or false", n.kind)
	}
	return n, err
}

func (c *compiler) binary(tree *ast.BinaryExpr, depth int) (node, error) {
	switch tree.Op {
	case token.LAND, token.LOR:
		return c.junction(tree, depth)
	case token.EQL, token.NEQ:
		a, err := c.compile(tree.X, depth+1)
		if err != nil {
			return node{}, err
		}
		b, err := c.compile(tree.Y, depth+1)
		if err != nil {
			return node{}, err
		}
		same, err := c.equal(tree, a, b)
		if err != nil || tree.Op == token.EQL {
			return same, err
		}
		return truth(func(j *judgement) bool { return !same.eval(j).truth }), nil
	default:
		return node{}, c.errorf(tree, "unknown operator %s", tree.Op)
	}
}

func (c *compiler) junction(tree *ast.BinaryExpr, depth int) (node, error) {
	a, err := c.boolean(tree.X, depth)
	if err != nil {
		return node{}, err
	}
	b, err := c.boolean(tree.Y, depth)
	if err != nil {
		return node{}, err
	}
	if tree.Op == token.LAND {
		return truth(func(j *judgement) bool { return a.eval(j).truth && b.eval(j).truth }), nil
	}
	return truth(func(j *judgement) bool { return a.eval(j).truth || b.eval(j).truth }), nil
}

// equal compares two parts. A text equals the set of that text.
func (c *compiler) equal(at ast.Node, a, b node) (node, error) {
	switch {
	case a.kind == boolean && b.kind == boolean:
		return truth(func(j *judgement) bool { return a.eval(j).truth == b.eval(j).truth }), nil
	case a.kind == boolean || b.kind == boolean:
		return node{}, c.errorf(at, "%s cannot equal %s", a.kind, b.kind)
	case a.kind == text && b.kind == text:
		return truth(func(j *judgement) bool { return a.eval(j).text == b.eval(j).text }), nil
	default:
		a, b = a.asSet(), b.asSet()
		return truth(func(j *judgement) bool {
			x, y := a.eval(j).set, b.eval(j).set
			return containsAll(j, x, y) && containsAll(j, y, x)
		}), nil
	}
}

// call compiles a function, or a method, which is a function of what it belongs to.
func (c *compiler) call(tree *ast.CallExpr, depth int) (node, error) {
	if tree.Ellipsis.IsValid() {
		return node{}, c.errorf(tree, "this is no part of the language of conditions")
	}
	name, args := path(tree.Fun), slices.Clone(tree.Args)
	f, known := functions[name]
	if selector, ok := tree.Fun.(*ast.SelectorExpr); ok && !known {
		name = selector.Sel.Name
		f, known = functions[name]
		known = known && f.method
		args = slices.Insert(args, 0, selector.X)
	}
	if !known {
		return node{}, c.errorf(tree, "unknown function %q", name)
	}
	if f.args >= 0 && len(args) != f.args {
		return node{}, c.errorf(tree, "%s takes %d arguments, a method one less", name, f.args)
	}
	var operands []node
	for _, arg := range args {
		operand, err := c.compile(arg, depth+1)
		if err != nil {
			return node{}, err
		}
		operands = append(operands, operand)
	}
	return f.compile(c, tree, operands)
}

// name compiles the name of a field.
func (c *compiler) name(tree ast.Expr) (node, error) {
	name := path(tree)
	if is, ok := map[string]bool{"true": true, "false": false}[name]; ok {
		return truth(func(*judgement) bool { return is }), nil
	}
	if _, ok := maps[name]; ok {
		return node{}, c.errorf(tree, `%s needs a key in brackets, such as ["env"]`, name)
	}
	if get, ok := texts[name]; ok {
		return node{kind: text, eval: func(j *judgement) value { return value{text: get(j.facts)} }}, nil
	}
	if get, ok := sets[name]; ok {
		return node{kind: set, eval: func(j *judgement) value { return value{set: get(j.facts)} }}, nil
	}
	if name == "" {
		return node{}, c.errorf(tree, "this is no part of the language of conditions")
	}
	return node{}, c.errorf(tree, "unknown field %q", name)
}

// index compiles the set under a key of a map. A key that is not there has none.
func (c *compiler) index(tree *ast.IndexExpr) (node, error) {
	name := path(tree.X)
	get, ok := maps[name]
	if !ok {
		return node{}, c.errorf(tree, "%q is no field with keys", name)
	}
	literal, ok := tree.Index.(*ast.BasicLit)
	if !ok {
		return node{}, c.errorf(tree, "the key must be a text in double quotes")
	}
	key, err := c.literal(literal)
	if err != nil {
		return node{}, err
	}
	c.note(name)
	at := key.eval(nil).text
	return node{kind: set, eval: func(j *judgement) value { return value{set: get(j.facts, at)} }}, nil
}

// path returns names that are joined by dots, "" for anything else.
func path(tree ast.Expr) string {
	switch tree := tree.(type) {
	case *ast.Ident:
		return tree.Name
	case *ast.SelectorExpr:
		if before := path(tree.X); before != "" {
			return before + "." + tree.Sel.Name
		}
	}
	return ""
}
