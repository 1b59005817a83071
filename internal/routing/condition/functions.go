package condition

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/routing/pattern"
)

// function is a function of the language.
type function struct {
	// args is how many arguments it takes, -1 for any number.
	args int
	// method is set if it can be written as a method of its first argument.
	method  bool
	compile func(c *compiler, at *ast.CallExpr, args []node) (node, error)
}

// functions are those that there are, by name.
var functions = map[string]function{
	"set":          {args: -1, compile: makeSet},
	"contains":     {args: 2, method: true, compile: contains},
	"contains_any": {args: 2, method: true, compile: comparing(containsAny)},
	"contains_all": {args: 2, method: true, compile: comparing(containsAll)},
	"is_empty":     {args: 1, method: true, compile: isEmpty},
	"equals":       {args: 2, method: true, compile: equals},
	"regexp.match": {args: 2, compile: match},
}

// makeSet makes a set of texts. Of sets it makes their union.
func makeSet(c *compiler, at *ast.CallExpr, args []node) (node, error) {
	for i := range args {
		if args[i].kind == boolean {
			return node{}, c.errorf(at.Args[i], "this is %s, and must be a text", boolean)
		}
		args[i] = args[i].asSet()
	}
	return node{kind: set, eval: func(j *judgement) value {
		var all []string
		for _, arg := range args {
			items := arg.eval(j).set
			if !j.spend(len(items)) {
				break
			}
			all = append(all, items...)
		}
		return value{set: all}
	}}, nil
}

// contains reports whether a text is in a set.
func contains(c *compiler, at *ast.CallExpr, args []node) (node, error) {
	if args[1].kind != text {
		return node{}, c.errorf(at, "contains looks for a text, and this is %s: say contains_any or contains_all", args[1].kind)
	}
	return comparing(containsAll)(c, at, args)
}

// comparing is a function of two sets that is true or false. A text is the set of that
// text.
func comparing(compare func(j *judgement, in, items []string) bool) func(*compiler, *ast.CallExpr, []node) (node, error) {
	return func(c *compiler, at *ast.CallExpr, args []node) (node, error) {
		if slices.ContainsFunc(args, func(n node) bool { return n.kind == boolean }) {
			return node{}, c.errorf(at, "an argument is %s, and must be a set", boolean)
		}
		in, items := args[0].asSet(), args[1].asSet()
		return truth(func(j *judgement) bool { return compare(j, in.eval(j).set, items.eval(j).set) }), nil
	}
}

// containsAll reports whether all items are in a set. That no item is missing is true of
// none as well.
func containsAll(j *judgement, in, items []string) bool {
	for _, item := range items {
		if !j.compare(in, item) || !slices.Contains(in, item) {
			return false
		}
	}
	return true
}

func containsAny(j *judgement, in, items []string) bool {
	for _, item := range items {
		if !j.compare(in, item) {
			return false
		}
		if slices.Contains(in, item) {
			return true
		}
	}
	return false
}

// isEmpty reports whether a set has no elements, or a text no characters.
func isEmpty(c *compiler, at *ast.CallExpr, args []node) (node, error) {
	arg := args[0]
	switch arg.kind {
	case set:
		return truth(func(j *judgement) bool { return len(arg.eval(j).set) == 0 }), nil
	case text:
		return truth(func(j *judgement) bool { return arg.eval(j).text == "" }), nil
	default:
		return node{}, c.errorf(at, "this is %s, and must be a set", boolean)
	}
}

func equals(c *compiler, at *ast.CallExpr, args []node) (node, error) {
	return c.equal(at, args[0], args[1])
}

// match reports whether a pattern, which stands in the condition itself, matches any text
// of a set.
func match(c *compiler, at *ast.CallExpr, args []node) (node, error) {
	switch {
	case args[0].kind == boolean:
		return node{}, c.errorf(at.Args[0], "this is %s, and must be a set", boolean)
	case !args[1].literal:
		return node{}, c.errorf(at.Args[1], "the pattern must be a text in double quotes")
	}
	p, err := pattern.Compile(expression(args[1].eval(nil).text))
	if err != nil {
		return node{}, c.errorf(at.Args[1], "%s", err)
	}
	in := args[0].asSet()
	return truth(func(j *judgement) bool {
		return slices.ContainsFunc(in.eval(j).set, func(item string) bool {
			return j.spend(p.Cost(len(item))) && p.Match(item)
		})
	}), nil
}

// expression is the regular expression of a pattern: the pattern itself if it begins with ^
// and ends with $. In any other, * stands for any run of characters, and the rest for itself.
func expression(written string) string {
	if strings.HasPrefix(written, "^") && strings.HasSuffix(written, "$") {
		return written
	}
	return "(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(written), `\*`, ".*") + "$"
}
