// Package pattern compiles regular expressions of which it is known what they cost. A short
// one may repeat so much that a text of a requester takes hours.
package pattern

import (
	"errors"
	"regexp"
	"regexp/syntax"
)

// maxSize bounds the states of a pattern's machine. The time to match is at most their
// product with the length of the text.
const maxSize = 1000

var (
	errPattern = errors.New("the pattern is no regular expression")
	errTooLong = errors.New("the pattern is too long, or repeats too much")
)

// Pattern is a compiled regular expression. It is safe for concurrent use.
type Pattern struct {
	machine *regexp.Regexp
	size    int
}

// Compile reads a regular expression.
func Compile(source string) (Pattern, error) {
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return Pattern{}, errPattern
	}
	size := sizeOf(tree)
	if size > maxSize {
		return Pattern{}, errTooLong
	}
	machine, err := regexp.Compile(source)
	if err != nil {
		return Pattern{}, errPattern
	}
	return Pattern{machine: machine, size: size}, nil
}

// Cost is in proportion to the longest time that it takes to match a text of n bytes.
func (p Pattern) Cost(n int) int {
	return 1 + n*p.size/16
}

// Match reports whether a text matches.
func (p Pattern) Match(text string) bool {
	return p.machine.MatchString(text)
}

// sizeOf returns about how many states a regular expression has, or more than maxSize.
func sizeOf(tree *syntax.Regexp) int {
	size := 1
	if tree.Op == syntax.OpLiteral {
		size += len(tree.Rune)
	}
	for _, sub := range tree.Sub {
		size += sizeOf(sub)
		if size > maxSize {
			return size
		}
	}
	if tree.Op == syntax.OpRepeat {
		size *= max(tree.Min, tree.Max, 1)
	}
	return size
}
