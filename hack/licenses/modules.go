package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// stdlib is what scanners call Go's own library.
const stdlib = "stdlib"

// architectures are those of the programs, each for Linux.
var architectures = []string{"amd64", "arm64"}

// program is something of ours that is handed out, with all that is linked into it.
type program struct {
	name   string
	builds []build
}

// build is what is compiled, for each architecture: a package, as seen from a directory.
type build struct{ directory, target, tags string }

// module is a Go module of which packages are linked.
type module struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	// License is an SPDX expression of all licences that hold for what is linked.
	License string `json:"license"`

	directory string
	// packages and sources are the linked ones, as directories and files.
	packages, sources map[string]bool
	texts             []text
}

// listed is what "go list" says of a package.
type listed struct {
	Dir, ImportPath         string
	Standard                bool
	GoFiles, SFiles, HFiles []string
	Module                  *listedModule
}

type listedModule struct {
	Path, Version, Dir string
	Main               bool
	Replace            *listedModule
}

// linked returns the modules of others in a program, in the order of their paths.
func (p program) linked(ctx context.Context) ([]*module, error) {
	standard, err := standardLibrary(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]*module{stdlib: standard}
	for _, b := range p.builds {
		for _, architecture := range architectures {
			packages, err := b.list(ctx, architecture)
			if err != nil {
				return nil, err
			}
			for _, one := range packages {
				if err := add(found, one); err != nil {
					return nil, err
				}
			}
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *module) int { return strings.Compare(a.Path, b.Path) }), nil
}

// list asks the go command for all packages of a build.
func (b build) list(ctx context.Context, architecture string) ([]listed, error) {
	output, err := command(ctx, b.directory, []string{"GOOS=linux", "GOARCH=" + architecture, "CGO_ENABLED=0", "GOWORK=off"},
		"list", "-deps", "-tags", b.tags, "-json=Dir,ImportPath,Standard,GoFiles,SFiles,HFiles,Module", b.target)
	if err != nil {
		return nil, err
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var one listed
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return packages, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the list of packages: %w", err)
		}
		packages = append(packages, one)
	}
}

// add adds a package to its module.
func add(found map[string]*module, one listed) error {
	from := one.Module
	switch {
	case one.Standard:
		return nil
	case from == nil:
		return fmt.Errorf("the package %s belongs to no module", one.ImportPath)
	case from.Main:
		return nil
	case from.Replace != nil:
		from = from.Replace
	}
	known, ok := found[from.Path]
	if !ok {
		known = &module{
			Path: from.Path, Version: from.Version, directory: from.Dir, packages: map[string]bool{}, sources: map[string]bool{},
		}
		found[from.Path] = known
	}
	if known.Version != from.Version {
		return fmt.Errorf("%s is linked as %s and as %s", from.Path, known.Version, from.Version)
	}
	known.packages[one.Dir] = true
	for _, name := range slices.Concat(one.GoFiles, one.SFiles, one.HFiles) {
		known.sources[filepath.Join(one.Dir, name)] = true
	}
	return nil
}

// standardLibrary is Go's, whose licence lies beside its sources. What it holds of others
// is of the Go project, under the same.
func standardLibrary(ctx context.Context) (*module, error) {
	output, err := command(ctx, ".", nil, "env", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	root, version, _ := strings.Cut(strings.TrimSpace(string(output)), "\n")
	return &module{
		Path: stdlib, Version: strings.TrimPrefix(version, "go"), directory: root, packages: map[string]bool{root: true},
	}, nil
}

// command runs the go command in a directory.
func command(ctx context.Context, directory string, environment []string, args ...string) ([]byte, error) {
	run := exec.CommandContext(ctx, "go", args...)
	run.Dir = directory
	run.Env = append(os.Environ(), environment...)
	run.Stderr = os.Stderr
	output, err := run.Output()
	if err != nil {
		return nil, fmt.Errorf("running go %s: %w", args[0], err)
	}
	return output, nil
}
