package config

import (
	"cmp"
	"fmt"
	"slices"
)

// Problem is something that is wrong with a file, or that has no effect in it.
type Problem struct {
	// File is the file as the user named it, Line the line in it; 0 where the problem
	// is not in one line.
	File string
	Line int
	// Message says what is wrong and what to do. It repeats no secret.
	Message string
	// Warning is true for what does not keep the file from being used.
	Warning bool
}

// String gives the problem as "FILE:LINE: message", the form that editors read.
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// Usable reports whether all problems are warnings.
func Usable(problems []Problem) bool {
	return !slices.ContainsFunc(problems, func(p Problem) bool { return !p.Warning })
}

// sorted returns problems in the order of their lines, each once.
func sorted(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return slices.Compact(problems)
}
