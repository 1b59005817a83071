package condition

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// maxPattern bounds the states of a pattern's machine. The time to match is at most their
// product with the length of the text.
const maxPattern = 1000

var (
	errPattern = errors.New("the pattern is no regular expression")
	errTooLong = errors.New("the pattern is too long, or repeats too much")
)

// pattern is the second argument of regexp.match.
type pattern struct {
	machine *regexp.Regexp
	size    int
}

// newPattern reads a regular expression if the text begins with ^ and ends with $. In any
// other, * stands for any run of characters, and the rest for itself.
func newPattern(source string) (pattern, error) {
	if !strings.HasPrefix(source, "^") || !strings.HasSuffix(source, "$") {
		source = "(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(source), `\*`, ".*") + "$"
	}
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return pattern{}, errPattern
	}
	size := sizeOf(tree)
	if size > maxPattern {
		return pattern{}, errTooLong
	}
	machine, err := regexp.Compile(source)
	if err != nil {
		return pattern{}, errPattern
	}
	return pattern{machine: machine, size: size}, nil
}

// match reports whether a text matches. It costs in proportion to the longest time that
// this takes.
func (p pattern) match(j *judgement, item string) bool {
	return j.spend(1+len(item)*p.size/16) && p.machine.MatchString(item)
}

// sizeOf returns about how many states a regular expression has, or more than maxPattern.
func sizeOf(tree *syntax.Regexp) int {
	size := 1
	if tree.Op == syntax.OpLiteral {
		size += len(tree.Rune)
	}
	for _, sub := range tree.Sub {
		size += sizeOf(sub)
		if size > maxPattern {
			return size
		}
	}
	if tree.Op == syntax.OpRepeat {
		size *= max(tree.Min, tree.Max, 1)
	}
	return size
}
