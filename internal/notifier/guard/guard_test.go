package guard

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryGoroutineOfAnEngineIsGuarded reads the engine: a goroutine that is started in
// another way than by a Guard ends the process when it panics.
func TestEveryGoroutineOfAnEngineIsGuarded(t *testing.T) {
	files := token.NewFileSet()
	read := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "simulation" || entry.Name() == "guard"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		tree, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		read++
		for _, at := range unguarded(tree) {
			t.Errorf("%s: start it with guard.Guard", files.Position(at))
		}
		return nil
	})
	if err != nil || read < 50 {
		t.Errorf("read %d files, %v", read, err)
	}
}

// unguarded returns where goroutines are started by a statement, or by a group alone.
func unguarded(tree *ast.File) (found []token.Pos) {
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = append(found, n.Pos())
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Go" && len(n.Args) == 1 {
				found = append(found, n.Pos())
			}
		}
		return true
	})
	return found
}

func TestUnguardedGoroutinesAreFound(t *testing.T) {
	for statement, want := range map[string]int{
		"go f()": 1, "go func() {}()": 1, "group.Go(f)": 1, "if x { defer func() { go f() }() }": 1,
		"g.Go(&group, f)": 0, "g.After(time.Second, f)": 0, "f()": 0,
	} {
		tree, err := parser.ParseFile(token.NewFileSet(), "", fmt.Sprintf("package p\nfunc _() { %s }", statement), 0)
		if err != nil || len(unguarded(tree)) != want {
			t.Errorf("%s: %v, want %d (%v)", statement, unguarded(tree), want, err)
		}
	}
}
