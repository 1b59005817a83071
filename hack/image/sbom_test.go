package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
)

// sbom returns the SBOM of the test's binaries as it is written.
func sbom(t *testing.T) spdx.Document {
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
	var d spdx.Document
	if err := json.Unmarshal(content, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// The rules are those of SPDX 2.3, sections 6, 7 and 11.
func TestSBOMIsValid(t *testing.T) {
	d := sbom(t)
	if d.SPDXVersion != "SPDX-2.3" || d.DataLicense != "CC0-1.0" || d.SPDXIdentifier != "DOCUMENT" || d.DocumentName == "" {
		t.Errorf("the head is %q %q %q %q", d.SPDXVersion, d.DataLicense, d.SPDXIdentifier, d.DocumentName)
	}
	if !strings.HasPrefix(d.DocumentNamespace, "https://") || strings.Contains(d.DocumentNamespace, "#") {
		t.Errorf("the namespace is %q", d.DocumentNamespace)
	}
	if d.CreationInfo.Created != "1970-01-01T00:00:00Z" || len(d.CreationInfo.Creators) == 0 {
		t.Errorf("the creation is %+v", d.CreationInfo)
	}
	known := map[common.ElementID]bool{d.SPDXIdentifier: true}
	valid := regexp.MustCompile(`^[a-zA-Z0-9.-]+$`)
	for _, p := range d.Packages {
		id := p.PackageSPDXIdentifier
		if !valid.MatchString(string(id)) || known[id] {
			t.Errorf("the id %q is not valid, or there twice", id)
		}
		known[id] = true
		if p.PackageName == "" || p.PackageDownloadLocation == "" || p.PackageLicenseConcluded == "" ||
			p.PackageLicenseDeclared == "" || p.PackageCopyrightText == "" || p.FilesAnalyzed {
			t.Errorf("package %+v lacks something", p)
		}
		for _, r := range p.PackageExternalReferences {
			if r.Category != "PACKAGE-MANAGER" || r.RefType != "purl" || !strings.HasPrefix(r.Locator, "pkg:golang/") {
				t.Errorf("package %s has the reference %+v", id, r)
			}
		}
	}
	described := 0
	for _, r := range d.Relationships {
		if !known[r.RefA.ElementRefID] || !known[r.RefB.ElementRefID] {
			t.Errorf("relationship %+v leads nowhere", r)
		}
		if r.Relationship == "DESCRIBES" {
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
		versions[p.PackageName] = p.PackageVersion
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
		checksums += len(p.PackageChecksums)
	}
	if checksums != len(architectures) {
		t.Errorf("there are %d checksums, want one for each binary", checksums)
	}
}

func TestModulesAreNamedByTheirPackageURL(t *testing.T) {
	p := modulePackage(&debug.Module{Path: "github.com/Masterminds/semver/v3", Version: "v3.4.0+incompatible"})
	if p.PackageDownloadLocation != spdxNone {
		t.Errorf("the download is %s, which depends on the builder", p.PackageDownloadLocation)
	}
	if want := "pkg:golang/github.com/masterminds/semver/v3@v3.4.0%2Bincompatible"; p.PackageExternalReferences[0].Locator != want {
		t.Errorf("the package URL is %s, want %s", p.PackageExternalReferences[0].Locator, want)
	}
}
