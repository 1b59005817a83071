package docs

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A document names what proves a promise: tests and fuzz tests by their name, and what a suite
// plays by the suite's folder and the name there, such as faults/flooder.
var (
	namedTest = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]+)`")
	namedPlay = regexp.MustCompile("`((?:faults|node)/[a-z0-9-]+)`")
	// played finds in a suite's source what it plays. The suites leave out what is open.
	played = regexp.MustCompile(`\{name: "([a-z0-9-]+)"(.*)`)
)

// TestNamedTestsExist: what documents name as proof is there, is run by the commands that a pull
// request must pass or by the suite that is named, and is not skipped.
func TestNamedTestsExist(t *testing.T) {
	proofs, err := proofsIn(root(t))
	if err != nil || len(proofs) < 100 {
		t.Fatalf("%d tests, %v", len(proofs), err)
	}
	for name, text := range documents(t) {
		for _, proof := range proofsOf(text) {
			if err, found := proofs[proof]; !found {
				t.Errorf("%s names %s, which is not there", name, proof)
			} else if err != nil {
				t.Errorf("%s names %s, which proves nothing: %v", name, proof, err)
			}
		}
	}
}

// TestEveryLineOfAThreatModelIsProven, unless its page says in bold that it is accepted.
func TestEveryLineOfAThreatModelIsProven(t *testing.T) {
	tables := 0
	for name, text := range documents(t) {
		proven := false
		for _, line := range strings.Split(text, "\n") {
			if !strings.HasPrefix(line, "|") {
				proven = false
				continue
			}
			if last := lastCell(line); last == "test" || last == "tests" {
				proven = true
				tables++
			} else if proven && !strings.Contains(last, "---") && len(proofsOf(last)) == 0 {
				t.Errorf("%s names nothing that proves: %s", name, line)
			}
		}
	}
	if tables < 5 {
		t.Errorf("%d tables name tests", tables)
	}
}

func lastCell(row string) string {
	cells := strings.Split(strings.Trim(strings.TrimSpace(row), "|"), "|")
	return strings.TrimSpace(cells[len(cells)-1])
}

func proofsOf(text string) []string {
	var found []string
	for _, name := range []*regexp.Regexp{namedTest, namedPlay} {
		for _, match := range name.FindAllStringSubmatch(text, -1) {
			found = append(found, match[1])
		}
	}
	return found
}

// proofsIn has an error for each test, and for what suites play, that proves nothing. Of several
// with one name, one that proves something is enough.
func proofsIn(root string) (map[string]error, error) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		return nil, err
	}
	proofs := map[string]error{}
	add := func(name string, err error) {
		if before, found := proofs[name]; !found || before != nil {
			proofs[name] = err
		}
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		notRun := whyNotRun(root, path, makefile)
		tests, err := testsOf(path)
		for name, skipped := range tests {
			add(name, errors.Join(notRun, skipped))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, suite := range []string{"faults", "node"} {
		names, err := playsOf(filepath.Join(root, "test", suite))
		if err != nil {
			return nil, err
		}
		for name, err := range names {
			add(suite+"/"+name, err)
		}
	}
	return proofs, nil
}

// whyNotRun says why none of the commands of a pull request runs the tests of a file: it takes a
// tag, or is of a module that make does not test.
func whyNotRun(root, path string, makefile []byte) error {
	dir := filepath.Dir(path)
	if matches, err := build.Default.MatchFile(dir, filepath.Base(path)); err != nil || !matches {
		return errors.Join(errors.New("it takes a tag"), err)
	}
	for ; dir != root; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		module := strings.TrimPrefix(dir, root+string(filepath.Separator))
		if !bytes.Contains(makefile, []byte("go test -C "+module+" ")) {
			return fmt.Errorf("make does not test the module %s", module)
		}
		return nil
	}
	return nil
}

// testsOf has an error for each test of a file that skips itself.
func testsOf(path string) (map[string]error, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	tests := map[string]error{}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !namedTest.MatchString("`"+f.Name.Name+"`") {
			continue
		}
		tests[f.Name.Name] = nil
		ast.Inspect(f.Body, func(node ast.Node) bool {
			if call, ok := node.(*ast.SelectorExpr); ok && strings.HasPrefix(call.Sel.Name, "Skip") {
				tests[f.Name.Name] = errors.New("it may be skipped")
			}
			return true
		})
	}
	return tests, nil
}

// playsOf has an error for each of what a suite plays that it leaves out unless asked.
func playsOf(dir string) (map[string]error, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	plays := map[string]error{}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for _, match := range played.FindAllStringSubmatch(string(text), -1) {
			plays[match[1]] = nil
			if strings.Contains(match[2], "open: true") {
				plays[match[1]] = errors.New("the suite leaves it out")
			}
		}
	}
	if len(plays) == 0 {
		return nil, fmt.Errorf("%s plays nothing", dir)
	}
	return plays, nil
}

// TestWhatProvesNothing: a test that takes a tag, skips itself or is of a module that make does
// not test, and what a suite leaves out.
func TestWhatProvesNothing(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"Makefile":                "test:\n\tgo test -C tested .\n",
		"a_test.go":               "package a\nfunc TestRun(t *testing.T) { t.Run(\"\", nil) }\nfunc TestSkipped(t *testing.T) { if true { t.Skip() } }\nfunc TestTwice(t *testing.T) { t.SkipNow() }",
		"b_test.go":               "//go:build e2e\n\npackage a\nfunc TestTagged(t *testing.T) {}",
		"tested/go.mod":           "module tested",
		"tested/c_test.go":        "package c\nfunc TestTwice(t *testing.T) {}",
		"other/go.mod":            "module other",
		"other/d_test.go":         "package d\nfunc FuzzElsewhere(f *testing.F) {}",
		"test/faults/scenario.go": "{name: \"flooder\", requests: 400},\n{name: \"found\", open: true},",
		"test/node/trial.go":      "{name: \"restricted\"},",
	} {
		path := filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	proofs, err := proofsIn(root)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for name, err := range proofs {
		got[name] = err == nil
	}
	want := map[string]bool{
		"TestRun": true, "TestSkipped": false, "TestTagged": false, "TestTwice": true, "FuzzElsewhere": false,
		"faults/flooder": true, "faults/found": false, "node/restricted": true,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
