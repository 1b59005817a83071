package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// Where the image has the licences.
const (
	licensesDirectory = "licenses/"
	licenseFile       = licensesDirectory + "LICENSE"
	noticesFile       = licensesDirectory + "NOTICES.txt"
)

// stdlib is what scanners call Go's own library.
const stdlib = "stdlib"

// licenseFiles are our own licence, and those of all that is in the image.
func (o options) licenseFiles() ([]file, error) {
	files := []file{{name: licensesDirectory, mode: 0o755}}
	for _, name := range []string{licenseFile, noticesFile} {
		content, err := os.ReadFile(filepath.Join(o.licenses, filepath.Base(name)))
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: name, mode: 0o444, content: content})
	}
	return files, nil
}

// licensed is a module in the list of hack/licenses.
type licensed struct{ Path, Version, License string }

// moduleLicenses returns the licences of modules, as SPDX expressions.
func (o options) moduleLicenses() (map[debug.Module]string, error) {
	content, err := os.ReadFile(filepath.Join(o.licenses, "modules.json"))
	if err != nil {
		return nil, err
	}
	var list []licensed
	if err := json.Unmarshal(content, &list); err != nil {
		return nil, fmt.Errorf("reading the list of licences: %w", err)
	}
	found := map[debug.Module]string{}
	for _, m := range list {
		found[debug.Module{Path: m.Path, Version: m.Version}] = m.License
	}
	return found, nil
}

// modulesOf returns what is linked into a binary: Go's library, and the modules that were
// taken, in place of those that they replace.
func modulesOf(info *buildinfo.BuildInfo) []*debug.Module {
	modules := []*debug.Module{{Path: stdlib, Version: strings.TrimPrefix(info.GoVersion, "go")}}
	for _, m := range info.Deps {
		modules = append(modules, cmp.Or(m.Replace, m))
	}
	return modules
}

// checkNotices makes sure that the licence of each module in the binary goes along.
func (c *imageCheck) checkNotices(info *buildinfo.BuildInfo) error {
	for _, m := range modulesOf(info) {
		if !bytes.Contains(c.notices, []byte("\n"+m.Path+" "+m.Version+": ")) || !bytes.Contains(c.notices, []byte("\n"+m.Path+"/")) {
			return fmt.Errorf("its notices lack the licence of %s %s", m.Path, m.Version)
		}
	}
	return nil
}
