package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// pkg is a package without its tests.
type pkg struct {
	path  string
	lines int
	types []typ
}

// typ is a type of a package.
type typ struct {
	name                     string
	fields, methods, mutexes int
	// booleans are its fields that are one, parts the types of its fields, as written.
	booleans []string
	parts    []string
	// state are the types of its fields beside a mutex.
	state []string
}

// measure measures all packages below a folder but one.
func measure(root, except string) ([]pkg, error) {
	var packages []pkg
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			return nil
		case path == except || entry.Name() == "testdata":
			return fs.SkipDir
		}
		p, err := measurePackage(path)
		if p.lines > 0 {
			packages = append(packages, p)
		}
		return err
	})
	return packages, err
}

func measurePackage(path string) (pkg, error) {
	p := pkg{path: path}
	files, err := filepath.Glob(filepath.Join(path, "*.go"))
	if err != nil {
		return p, err
	}
	methods := map[string]int{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return p, err
		}
		p.lines += codeLines(source)
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		if err != nil {
			return p, err
		}
		p.read(file, methods)
	}
	for i, t := range p.types {
		p.types[i].methods = methods[t.name]
	}
	return p, nil
}

// codeLines counts the lines that hold a token.
func codeLines(source []byte) int {
	files := token.NewFileSet()
	file := files.AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, 0)
	lines := map[int]bool{}
	for {
		at, kind, text := s.Scan()
		if kind == token.EOF {
			return len(lines)
		}
		if kind == token.SEMICOLON && text == "\n" {
			continue
		}
		first := file.Line(at)
		for n := range 1 + strings.Count(text, "\n") {
			lines[first+n] = true
		}
	}
}

// read notes the types of a file, and counts the methods of each.
func (p *pkg) read(file *ast.File, methods map[string]int) {
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv != nil {
				methods[nameOf(decl.Recv.List[0].Type)]++
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok {
					p.types = append(p.types, p.typeOf(spec))
				}
			}
		}
	}
}

func (p *pkg) typeOf(spec *ast.TypeSpec) typ {
	t := typ{name: spec.Name.Name}
	body, ok := spec.Type.(*ast.StructType)
	if !ok {
		return t
	}
	for _, field := range body.Fields.List {
		n := max(len(field.Names), 1)
		t.fields += n
		written := typesIn(field.Type)
		if len(written) == 1 && strings.HasSuffix(written[0], "Mutex") {
			t.mutexes += n
			continue
		}
		for _, name := range written {
			if name != "bool" {
				t.parts = append(t.parts, p.qualified(name))
				continue
			}
			if _, plain := field.Type.(*ast.Ident); plain {
				for _, id := range field.Names {
					t.booleans = append(t.booleans, id.Name)
				}
			}
		}
	}
	if t.mutexes > 0 {
		t.state = t.parts
	}
	return t
}

// qualified names a type with its package's folder.
func (p *pkg) qualified(name string) string {
	if from, rest, ok := strings.Cut(name, "."); ok {
		return filepath.Join(root, from) + "." + rest
	}
	return p.path + "." + name
}

// typesIn lists the names of types in an expression.
func typesIn(e ast.Expr) []string {
	var names []string
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncType:
			return false
		case *ast.SelectorExpr:
			names = append(names, fmt.Sprintf("%s.%s", n.X, n.Sel.Name))
			return false
		case *ast.Ident:
			names = append(names, n.Name)
		}
		return true
	})
	return names
}

// nameOf is the name of a receiver's type.
func nameOf(e ast.Expr) string {
	names := typesIn(e)
	return names[0]
}

// booleans lists the fields that are one, in all types that are part of what a mutex
// guards.
func booleans(packages []pkg) []string {
	types := map[string]typ{}
	var queue []string
	for _, p := range packages {
		for _, t := range p.types {
			types[p.path+"."+t.name] = t
			queue = append(queue, t.state...)
			if t.mutexes > 0 {
				queue = append(queue, p.path+"."+t.name)
			}
		}
	}
	seen := map[string]bool{}
	var found []string
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		t, ok := types[name]
		if !ok || seen[name] {
			continue
		}
		seen[name] = true
		for _, field := range t.booleans {
			found = append(found, name+"."+field)
		}
		queue = append(queue, t.parts...)
	}
	slices.Sort(found)
	return found
}
