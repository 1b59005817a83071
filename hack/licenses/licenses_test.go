package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// license texts of the modules in tests; each is known to be what it is.
var samples = map[string]string{
	"MIT": `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`,
	"AGPL-3.0": `This program is free software: you can redistribute it and/or modify it under the terms of the GNU Affero General
Public License as published by the Free Software Foundation, either version 3 of the License, or (at your option) any
later version.

This program is distributed in the hope that it will be useful, but WITHOUT ANY WARRANTY; without even the implied
warranty of MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the GNU Affero General Public License for more
details.

You should have received a copy of the GNU Affero General Public License along with this program.  If not, see
<https://www.gnu.org/licenses/>.
`,
	"MPL-2.0": `This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was not
distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.
`,
}

// madeUp makes a module of files, with one linked package in "pkg".
func madeUp(t *testing.T, path string, files map[string]string) *module {
	t.Helper()
	m := &module{
		Path: path, Version: "v1.0.0", directory: t.TempDir(), packages: map[string]bool{}, sources: map[string]bool{},
	}
	m.packages[filepath.Join(m.directory, "pkg")] = true
	files["pkg/pkg.go"] += "package pkg\n"
	for name, content := range files {
		file := filepath.Join(m.directory, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	m.sources[filepath.Join(m.directory, "pkg", "pkg.go")] = true
	return m
}

func TestLicensesOfModules(t *testing.T) {
	known, err := newClassify()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		path    string
		files   map[string]string
		license string
		refused string // "" for not at all
	}{
		"permissive":         {"example.com/m", map[string]string{"LICENSE": samples["MIT"]}, "MIT", ""},
		"British":            {"example.com/m", map[string]string{"LICENCE.md": samples["MIT"]}, "MIT", ""},
		"beside the package": {"example.com/m", map[string]string{"LICENSE": samples["MIT"], "pkg/LICENSE": samples["AGPL-3.0"]}, "AGPL-3.0 AND MIT", "AGPL-3.0"},
		"of another package": {"example.com/m", map[string]string{"LICENSE": samples["MIT"], "other/LICENSE": samples["AGPL-3.0"]}, "MIT", ""},
		"copyleft":           {"example.com/m", map[string]string{"COPYING": samples["AGPL-3.0"]}, "AGPL-3.0", "AGPL-3.0"},
		"weak copyleft":      {"example.com/m", map[string]string{"LICENSE": samples["MPL-2.0"]}, "MPL-2.0", "MPL-2.0"},
		"none":               {"example.com/m", map[string]string{"NOTICE": "by us"}, "", "has no licence"},
		"unknown":            {"example.com/m", map[string]string{"LICENSE": "Ask first."}, "", "no known licence"},
		"header":             {"example.com/m", map[string]string{"LICENSE": samples["MIT"], "pkg/pkg.go": comment("AGPL-3.0")}, "MIT", "pkg/pkg.go of example.com/m begins"},
		"SPDX header":        {"example.com/m", map[string]string{"LICENSE": samples["MIT"], "pkg/pkg.go": "// SPDX-License-Identifier: LGPL-2.1\n"}, "MIT", "begins"},
		"Teleport":           {"github.com/gravitational/teleport", map[string]string{"LICENSE": samples["MIT"]}, "MIT", "is part of Teleport"},
		"more of Teleport":   {"github.com/gravitational/teleport/lib", map[string]string{"LICENSE": samples["MIT"]}, "MIT", "is part of Teleport"},
		"Teleport's API":     {teleportAPI, map[string]string{"LICENSE": samples["MIT"]}, "MIT", ""},
		"file of the API":    {teleportAPI, map[string]string{"LICENSE": samples["MIT"], "pkg/pkg.go": comment("AGPL-3.0")}, "MIT", "begins"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := madeUp(t, tt.path, tt.files)
			err := license([]*module{m}, known)
			if (err == nil) != (tt.refused == "") || err != nil && !strings.Contains(err.Error(), tt.refused) {
				t.Errorf("license() = %v, want %q", err, tt.refused)
			}
			if m.License != tt.license {
				t.Errorf("the licence is %q, want %q", m.License, tt.license)
			}
		})
	}
}

// comment makes a header of a licence.
func comment(license string) string {
	return "// " + strings.ReplaceAll(strings.TrimSpace(samples[license]), "\n", "\n// ") + "\n\n"
}

func TestNoticesCarryEachTextOnce(t *testing.T) {
	first := madeUp(t, "example.com/a", map[string]string{"LICENSE": samples["MIT"], "NOTICE": "By the authors of a.", "license.go": "package a"})
	second := madeUp(t, "example.com/b", map[string]string{"LICENSE": strings.ReplaceAll(samples["MIT"], "\n", " \r\n")})
	for _, m := range []*module{first, second} {
		if err := m.readTexts(); err != nil {
			t.Fatal(err)
		}
	}
	got := string(notices([]*module{first, second}))
	for text, want := range map[string]int{
		"Permission is hereby granted": 1, "By the authors of a.": 1, "package a": 0,
		"example.com/a/LICENSE\nexample.com/b/LICENSE\n": 1, "example.com/a/NOTICE\n": 1,
	} {
		if count := strings.Count(got, text); count != want {
			t.Errorf("%q is there %d times, want %d", text, count, want)
		}
	}
}

// What is linked today, of which some is known.
func TestLicensesOfOurPrograms(t *testing.T) {
	directory := t.TempDir()
	if err := run(t.Context(), []string{"-tags", "grpcnotrace", "-output", directory}); err != nil {
		t.Fatal(err)
	}
	for program, absent := range map[string]string{"operator": "", "host": "sigs.k8s.io/controller-runtime"} {
		var modules []module
		content, err := os.ReadFile(filepath.Join(directory, program, "modules.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(content, &modules); err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for _, m := range modules {
			found[m.Path] = m.License
		}
		for path, want := range map[string]string{stdlib: "BSD-3-Clause", teleportAPI: "Apache-2.0", "google.golang.org/grpc": "Apache-2.0"} {
			if found[path] != want {
				t.Errorf("%s: %s is under %q, want %q", program, path, found[path], want)
			}
		}
		if _, ok := found[absent]; ok {
			t.Errorf("%s: %s is linked", program, absent)
		}
	}
	notices, err := os.ReadFile(filepath.Join(directory, "operator", "NOTICES.txt"))
	if err != nil {
		t.Fatal(err)
	}
	// Apache-2.0, section 4(d): NOTICE files go along.
	for _, want := range []string{"google.golang.org/grpc/NOTICE.txt", "github.com/prometheus/client_golang/NOTICE", "golang.org/x/crypto/x509roots/fallback/LICENSE"} {
		if !strings.Contains(string(notices), "\n"+want+"\n") {
			t.Errorf("the notices lack %s", want)
		}
	}
}

// An exception that no file needs any more goes.
func TestEachMislabelledFileIsLinked(t *testing.T) {
	modules, err := programs("../..", "grpcnotrace")[0].linked(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		marked, err := m.copyleftHeaders()
		if err != nil {
			t.Fatal(err)
		}
		if want := mislabelled[m.Path]; !slices.Equal(marked, want) {
			t.Errorf("%s: files with copyleft headers are %q, want %q", m.Path, marked, want)
		}
	}
}
