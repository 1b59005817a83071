package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Main runs all tests of a package against one control plane and returns the
// exit status, for use in TestMain:
//
//	var plane *controlplane.ControlPlane
//
//	func TestMain(m *testing.M) {
//		os.Exit(controlplane.Main(m, controlplane.Options{}, &plane))
//	}
//
// Without binaries it fails, and says what to do: tests that are skipped
// unnoticed protect nothing.
func Main(tests interface{ Run() int }, options Options, plane **ControlPlane) (status int) {
	started, err := Start(options)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := started.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}()
	*plane = started
	return tests.Run()
}

// RepositoryRoot is the directory of this repository's go.mod, looked for from
// the working directory upwards.
func RepositoryRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the working directory: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("looking for go.mod: %w", err)
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod in %s or above", start)
		}
	}
}
