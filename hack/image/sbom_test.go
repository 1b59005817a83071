package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// The modules are those that "go version -m" says of the binaries, and that of the base.
func TestSBOMNamesWhatIsInTheImage(t *testing.T) {
	d, want := sbom(t), linkedModules(t, prepared(t))
	found := map[string]bool{}
	for _, p := range d.Packages {
		if p.PrimaryPackagePurpose != "LIBRARY" {
			continue
		}
		found[p.PackageName] = true
		if version, ok := want[p.PackageName]; !ok || version != p.PackageVersion {
			t.Errorf("there is %s %s, linked is %q", p.PackageName, p.PackageVersion, version)
		}
		if p.PackageLicenseConcluded != "BSD-3-Clause" {
			t.Errorf("%s is under %s", p.PackageName, p.PackageLicenseConcluded)
		}
		if len(p.PackageExternalReferences) != 1 || p.PackageExternalReferences[0].Locator != purl(p.PackageName, p.PackageVersion) {
			t.Errorf("%s has the references %+v", p.PackageName, p.PackageExternalReferences)
		}
		if sums := len(p.PackageChecksums); p.PackageName != stdlib && (sums != 1 || len(p.PackageChecksums[0].Value) != 64) {
			t.Errorf("%s has the checksums %+v", p.PackageName, p.PackageChecksums)
		}
	}
	for path := range want {
		if !found[path] {
			t.Errorf("there is no %s", path)
		}
	}
	for _, path := range []string{"github.com/google/go-containerregistry", "golang.org/x/crypto/x509roots/fallback", stdlib} {
		if !found[path] {
			t.Errorf("%s is linked, and not listed", path)
		}
	}
}

func TestSBOMHasTheDigestsOfTheBinaries(t *testing.T) {
	d, o := sbom(t), prepared(t)
	for _, architecture := range architectures {
		content, err := os.ReadFile(o.binary(architecture))
		if err != nil {
			t.Fatal(err)
		}
		id := common.ElementID("binary-" + architecture)
		i := slices.IndexFunc(d.Packages, func(p *spdx.Package) bool { return p.PackageSPDXIdentifier == id })
		if i < 0 || len(d.Packages[i].PackageChecksums) != 1 ||
			d.Packages[i].PackageChecksums[0].Value != fmt.Sprintf("%x", sha256.Sum256(content)) {
			t.Errorf("there is no binary for %s with its checksum", architecture)
		}
	}
}

func TestSBOMNeedsTheLicenceOfEachModule(t *testing.T) {
	o := prepared(t)
	if err := os.WriteFile(filepath.Join(o.licenses, "modules.json"), []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := writeSBOM(filepath.Join(o.binaries, "sbom.spdx.json"), o)
	if err == nil || !strings.Contains(err.Error(), "the licence of stdlib") {
		t.Errorf("writeSBOM() = %v", err)
	}
}

func TestModulesAreNamedByTheirPackageURL(t *testing.T) {
	got := purl("github.com/Masterminds/semver/v3", "v3.4.0+incompatible")
	if want := "pkg:golang/github.com/masterminds/semver/v3@v3.4.0%2Bincompatible"; got != want {
		t.Errorf("the package URL is %s, want %s", got, want)
	}
}

// The example is that of in-toto's specification of dirHash.
func TestChecksumsOfModules(t *testing.T) {
	got, err := directoryHash("h1:Khu2En+0gcYPZ2kuIihfswbzxv/mIHXgzPZ018Oty48=")
	if want := "2a1bb6127fb481c60f67692e22285fb306f3c6ffe62075e0ccf674d7c3adcb8f"; err != nil || got != want {
		t.Errorf("directoryHash() = %s, %v, want %s", got, err, want)
	}
	for _, sum := range []string{"h2:Khu2En+0gcYPZ2kuIihfswbzxv/mIHXgzPZ018Oty48=", "h1:Khu2", "h1:?"} {
		if got, err := directoryHash(sum); err == nil {
			t.Errorf("directoryHash(%q) = %s", sum, got)
		}
	}
}
