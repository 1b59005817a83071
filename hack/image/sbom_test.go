package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sbom returns the SBOM of the test's binaries as it is written.
func sbom(t *testing.T) spdxDocument {
	t.Helper()
	o := prepared(t)
	file := filepath.Join(o.binaries, "sbom.spdx.json")
	if err := writeSBOM(file, o); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var d spdxDocument
	decoder := json.NewDecoder(strings.NewReader(string(content)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		t.Fatal(err)
	}
	return d
}

// The rules are those of SPDX 2.3, sections 6, 7 and 11.
func TestSBOMIsValid(t *testing.T) {
	d := sbom(t)
	if d.Version != "SPDX-2.3" || d.License != "CC0-1.0" || d.ID != "SPDXRef-DOCUMENT" || d.Name == "" {
		t.Errorf("the head is %q %q %q %q", d.Version, d.License, d.ID, d.Name)
	}
	if !strings.HasPrefix(d.Namespace, "https://") || strings.Contains(d.Namespace, "#") {
		t.Errorf("the namespace is %q", d.Namespace)
	}
	if d.Creation.Created != "1970-01-01T00:00:00Z" || len(d.Creation.Creators) == 0 {
		t.Errorf("the creation is %+v", d.Creation)
	}
	known := map[string]bool{d.ID: true}
	valid := regexp.MustCompile(`^SPDXRef-[a-zA-Z0-9.-]+$`)
	for _, p := range d.Packages {
		if !valid.MatchString(p.ID) || known[p.ID] {
			t.Errorf("the id %q is not valid, or there twice", p.ID)
		}
		known[p.ID] = true
		if p.Name == "" || p.Download == "" || p.Concluded == "" || p.Declared == "" || p.Copyright == "" || p.FilesAnalyzed {
			t.Errorf("package %+v lacks something", p)
		}
		for _, r := range p.References {
			if r.Category != "PACKAGE-MANAGER" || r.Type != "purl" || !strings.HasPrefix(r.Locator, "pkg:golang/") {
				t.Errorf("package %s has the reference %+v", p.ID, r)
			}
		}
	}
	described := 0
	for _, r := range d.Relationships {
		if !known[r.From] || !known[r.To] {
			t.Errorf("relationship %+v leads nowhere", r)
		}
		if r.Type == "DESCRIBES" {
			described++
		}
	}
	if described != 1 {
		t.Errorf("the document describes %d things, want 1", described)
	}
}

func TestSBOMNamesWhatIsInTheImage(t *testing.T) {
	d := sbom(t)
	versions := map[string]string{}
	for _, p := range d.Packages {
		versions[p.Name] = p.Version
	}
	for _, name := range []string{
		"registry.test/access-notifier:1.2.3",
		"github.com/google/go-containerregistry",
		"golang.org/x/crypto/x509roots/fallback",
		"stdlib",
	} {
		if versions[name] == "" {
			t.Errorf("there is no %s, or it has no version", name)
		}
	}
	checksums := 0
	for _, p := range d.Packages {
		checksums += len(p.Checksums)
	}
	if checksums != len(architectures) {
		t.Errorf("there are %d checksums, want one for each binary", checksums)
	}
}

func TestModulesAreNamedAsTheProxyDoes(t *testing.T) {
	p := modulePackage("github.com/Masterminds/semver/v3", "v3.4.0+incompatible")
	if want := "https://proxy.golang.org/github.com/!masterminds/semver/v3/@v/v3.4.0+incompatible.zip"; p.Download != want {
		t.Errorf("the download is %s, want %s", p.Download, want)
	}
	if want := "pkg:golang/github.com/masterminds/semver/v3@v3.4.0%2Bincompatible"; p.References[0].Locator != want {
		t.Errorf("the package URL is %s, want %s", p.References[0].Locator, want)
	}
}
