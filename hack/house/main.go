// Command house measures the packages of the engine: how much there is to read in each, and
// how much one type, or the state behind one mutex, asks of a reader at once. It prints a
// table, and fails if something is over its target.
//
//	go run ./hack/house
package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// The targets. They hold for code without tests, blank lines and comments.
const (
	maxLines    = 900
	maxFields   = 12
	maxMethods  = 20
	maxBooleans = 6
)

const (
	root       = "internal/notifier"
	simulation = root + "/simulation"
)

func main() {
	packages, err := measure(root, simulation)
	if err != nil {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(2)
	}
	table(packages)
	over := findings(packages)
	for _, f := range over {
		fmt.Fprintf(os.Stdout, "over: %s\n", f)
	}
	if len(over) > 0 {
		os.Exit(1)
	}
}

// finding is something that is over its target.
type finding struct {
	what    string
	is, may int
}

func (f finding) String() string { return fmt.Sprintf("%s: %d, at most %d", f.what, f.is, f.may) }

func findings(packages []pkg) []finding {
	var over []finding
	add := func(what string, is, may int) {
		if is > may {
			over = append(over, finding{what, is, may})
		}
	}
	for _, p := range packages {
		add(p.path+" lines", p.lines, maxLines)
		for _, t := range p.types {
			add(p.path+"."+t.name+" fields", t.fields, maxFields)
			add(p.path+"."+t.name+" methods", t.methods, maxMethods)
			add(p.path+"."+t.name+" mutexes", t.mutexes, 1)
		}
	}
	add("booleans in the state", len(booleans(packages)), maxBooleans)
	return over
}

// table prints a line for each package.
func table(packages []pkg) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "package\tlines\ttypes\tmost fields\tmost methods\tmutexes\tbooleans")
	inState := booleans(packages)
	for _, p := range packages {
		mutexes := 0
		for _, t := range p.types {
			mutexes += t.mutexes
		}
		bools := 0
		for _, name := range inState {
			if strings.HasPrefix(name, p.path+".") {
				bools++
			}
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%d\t%d\n", p.path, p.lines, len(p.types),
			p.most(func(t typ) int { return t.fields }), p.most(func(t typ) int { return t.methods }), mutexes, bools)
	}
	_ = w.Flush()
	fmt.Fprintf(os.Stdout, "booleans in the state: %d: %s\n", len(inState), strings.Join(inState, ", "))
}

// most names the type of which there is most.
func (p pkg) most(of func(typ) int) string {
	if len(p.types) == 0 {
		return "-"
	}
	t := slices.MaxFunc(p.types, func(a, b typ) int { return cmp.Compare(of(a), of(b)) })
	return fmt.Sprintf("%d (%s)", of(t), t.name)
}
