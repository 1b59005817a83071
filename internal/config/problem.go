package config

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/status"
)

// maxShown bounds what is shown of a Problem, in characters.
const maxShown = 1000

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

// String gives the problem as "FILE:LINE: message" in one line, the form that editors read. A
// key in the file may hold whatever a terminal would act on.
func (p Problem) String() string {
	message := status.Printable(p.Message, maxShown)
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, message)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, message)
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
