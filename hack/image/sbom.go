package main

import (
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// The part of SPDX 2.3 that a list of Go modules needs; see
// https://spdx.github.io/spdx-spec/v2.3/.
type (
	spdxDocument struct {
		Version       string             `json:"spdxVersion"`
		License       string             `json:"dataLicense"`
		ID            string             `json:"SPDXID"`
		Name          string             `json:"name"`
		Namespace     string             `json:"documentNamespace"`
		Creation      spdxCreation       `json:"creationInfo"`
		Packages      []spdxPackage      `json:"packages"`
		Relationships []spdxRelationship `json:"relationships"`
	}
	spdxCreation struct {
		Created  string   `json:"created"`
		Creators []string `json:"creators"`
	}
	spdxPackage struct {
		ID            string          `json:"SPDXID"`
		Name          string          `json:"name"`
		Version       string          `json:"versionInfo,omitempty"`
		Download      string          `json:"downloadLocation"`
		FilesAnalyzed bool            `json:"filesAnalyzed"`
		Concluded     string          `json:"licenseConcluded"`
		Declared      string          `json:"licenseDeclared"`
		Copyright     string          `json:"copyrightText"`
		Purpose       string          `json:"primaryPackagePurpose,omitempty"`
		References    []spdxReference `json:"externalRefs,omitempty"`
		Checksums     []spdxChecksum  `json:"checksums,omitempty"`
	}
	spdxReference struct {
		Category string `json:"referenceCategory"`
		Type     string `json:"referenceType"`
		Locator  string `json:"referenceLocator"`
	}
	spdxChecksum struct {
		Algorithm string `json:"algorithm"`
		Value     string `json:"checksumValue"`
	}
	spdxRelationship struct {
		From string `json:"spdxElementId"`
		Type string `json:"relationshipType"`
		To   string `json:"relatedSpdxElement"`
	}
)

const (
	spdxNone   = "NOASSERTION"
	documentID = "SPDXRef-DOCUMENT"
	repository = "https://github.com/accessnotifier/accessnotifier"
)

// writeSBOM describes the image: a binary for each architecture, the modules that
// it was built from, Go's library, and the base.
func writeSBOM(path string, o options) error {
	document, err := describe(o)
	if err != nil {
		return fmt.Errorf("making the SBOM: %w", err)
	}
	encoded, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(encoded, '\n'), 0o644)
}

func describe(o options) (*spdxDocument, error) {
	d := &spdxDocument{
		Version: "SPDX-2.3", License: "CC0-1.0", ID: documentID, Name: o.name,
		Creation: spdxCreation{
			Created:  o.date.UTC().Format(time.RFC3339),
			Creators: []string{"Organization: Access Notifier", "Tool: " + repository + "/tree/main/hack/image"},
		},
	}
	const image = "SPDXRef-image"
	d.add(documentID, "DESCRIBES", spdxPackage{
		ID: image, Name: o.name, Version: o.version, Download: spdxNone, Declared: "Apache-2.0", Purpose: "CONTAINER",
	})
	// The namespace must be unique to the document's content.
	content := sha256.New()
	for _, architecture := range architectures {
		digest, err := d.addBinary(image, o, architecture)
		if err != nil {
			return nil, err
		}
		_, _ = io.WriteString(content, digest)
	}
	base, err := o.basePackage()
	if err != nil {
		return nil, err
	}
	d.add(image, "CONTAINS", base)
	d.Namespace = fmt.Sprintf("%s/spdx/%s-%x", repository, o.version, content.Sum(nil))
	return d, nil
}

// addBinary adds a binary with what is in it, and returns its digest.
func (d *spdxDocument) addBinary(image string, o options, architecture string) (digest string, err error) {
	content, err := os.ReadFile(o.binary(architecture))
	if err != nil {
		return "", err
	}
	info, err := buildinfo.ReadFile(o.binary(architecture))
	if err != nil {
		return "", err
	}
	digest = fmt.Sprintf("%x", sha256.Sum256(content))
	binary := spdxPackage{
		ID: "SPDXRef-binary-" + architecture, Name: info.Main.Path, Version: o.version,
		Download: repository, Declared: "Apache-2.0", Purpose: "APPLICATION",
		References: []spdxReference{packageURL(info.Main.Path, o.version)},
		Checksums:  []spdxChecksum{{Algorithm: "SHA256", Value: digest}},
	}
	if o.revision != "" {
		binary.Download = "git+" + repository + "@" + o.revision
	}
	d.add(image, "CONTAINS", binary)
	// Scanners know Go's library by this name, and its version without the "go".
	d.add(binary.ID, "CONTAINS", modulePackage("stdlib", strings.TrimPrefix(info.GoVersion, "go")))
	for _, module := range info.Deps {
		used := module
		if module.Replace != nil {
			used = module.Replace
		}
		d.add(binary.ID, "CONTAINS", modulePackage(used.Path, used.Version))
	}
	return digest, nil
}

// add adds a package, unless it is there, and how it relates to another element.
func (d *spdxDocument) add(from, relation string, p spdxPackage) {
	p.Concluded, p.Copyright = spdxNone, spdxNone
	p.Declared = cmp.Or(p.Declared, spdxNone)
	if !slices.ContainsFunc(d.Packages, func(known spdxPackage) bool { return known.ID == p.ID }) {
		d.Packages = append(d.Packages, p)
	}
	d.Relationships = append(d.Relationships, spdxRelationship{From: from, Type: relation, To: p.ID})
}

func modulePackage(path, version string) spdxPackage {
	p := spdxPackage{
		ID:       "SPDXRef-go-" + spdxID(path+"-"+version),
		Name:     path,
		Version:  version,
		Download: "https://proxy.golang.org/" + escapeModule(path) + "/@v/" + escapeModule(version) + ".zip",
		Purpose:  "LIBRARY",
	}
	if path == "stdlib" {
		p.Download = "https://go.dev/dl/go" + version + ".src.tar.gz"
		p.Declared = "BSD-3-Clause"
	}
	p.References = []spdxReference{packageURL(path, version)}
	return p
}

// basePackage is what the image is built on.
func (o options) basePackage() (spdxPackage, error) {
	if o.base != "" {
		return spdxPackage{ID: "SPDXRef-base", Name: o.base, Download: spdxNone, Purpose: "CONTAINER"}, nil
	}
	const roots = "golang.org/x/crypto/x509roots/fallback"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return spdxPackage{}, fmt.Errorf("this program does not know its modules")
	}
	for _, module := range info.Deps {
		if module.Path == roots {
			return modulePackage(roots, module.Version), nil
		}
	}
	return spdxPackage{}, fmt.Errorf("this program does not know its version of %s", roots)
}

// packageURL names a Go module, see https://github.com/package-url/purl-spec.
func packageURL(path, version string) spdxReference {
	escaped := strings.ReplaceAll(version, "+", "%2B")
	return spdxReference{Category: "PACKAGE-MANAGER", Type: "purl", Locator: "pkg:golang/" + strings.ToLower(path) + "@" + escaped}
}

// spdxID replaces what an SPDX id may not hold.
func spdxID(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-':
			return r
		default:
			return '-'
		}
	}, text)
}

// escapeModule writes a path or version as the module proxy's protocol does: an
// upper-case letter as "!" and its lower case.
func escapeModule(path string) string {
	var out strings.Builder
	for _, r := range path {
		if r >= 'A' && r <= 'Z' {
			out.WriteByte('!')
			r += 'a' - 'A'
		}
		out.WriteRune(r)
	}
	return out.String()
}
