package main

import (
	"cmp"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spdx/tools-golang/spdx/v2/common"
	spdx "github.com/spdx/tools-golang/spdx/v2/v2_3"
)

const (
	spdxNone = "NOASSERTION"
	// documentID is the document's own id. The library puts "SPDXRef-" before ids.
	documentID = "DOCUMENT"
	repository = "https://github.com/accessnotifier/accessnotifier"
)

// document is an SPDX document that is being made.
type document struct {
	spdx.Document
	licenses map[debug.Module]string
}

// writeSBOM describes the image: a binary for each architecture, the modules that
// it was built from, Go's library, and the base.
func writeSBOM(path string, o options) error {
	described, err := describe(o)
	if err != nil {
		return fmt.Errorf("making the SBOM: %w", err)
	}
	encoded, err := json.MarshalIndent(described.Document, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(encoded, '\n'), 0o644)
}

func describe(o options) (*document, error) {
	licenses, err := o.moduleLicenses()
	if err != nil {
		return nil, err
	}
	d := &document{licenses: licenses, Document: spdx.Document{
		SPDXVersion: spdx.Version, DataLicense: spdx.DataLicense, SPDXIdentifier: documentID, DocumentName: o.name,
		CreationInfo: &spdx.CreationInfo{
			Created: o.date.UTC().Format(time.RFC3339),
			Creators: []common.Creator{
				{CreatorType: "Organization", Creator: "Access Notifier"},
				{CreatorType: "Tool", Creator: repository + "/tree/main/hack/image"},
			},
		},
	}}
	const image = "image"
	d.add(documentID, common.TypeRelationshipDescribe, &spdx.Package{
		PackageSPDXIdentifier: image, PackageName: o.name, PackageVersion: o.version,
		PackageDownloadLocation: spdxNone, PackageLicenseDeclared: "Apache-2.0", PrimaryPackagePurpose: "CONTAINER",
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
	base, err := d.basePackage(o)
	if err != nil {
		return nil, err
	}
	d.add(image, common.TypeRelationshipContains, base)
	d.DocumentNamespace = fmt.Sprintf("%s/spdx/%s-%x", repository, o.version, content.Sum(nil))
	return d, nil
}

// addBinary adds a binary with what is in it, and returns its digest.
func (d *document) addBinary(image common.ElementID, o options, architecture string) (digest string, err error) {
	content, err := os.ReadFile(o.binary(architecture))
	if err != nil {
		return "", err
	}
	info, err := buildinfo.ReadFile(o.binary(architecture))
	if err != nil {
		return "", err
	}
	digest = fmt.Sprintf("%x", sha256.Sum256(content))
	binary := &spdx.Package{
		PackageSPDXIdentifier: common.ElementID("binary-" + architecture),
		PackageName:           info.Main.Path, PackageVersion: o.version,
		PackageDownloadLocation: repository, PackageLicenseDeclared: "Apache-2.0", PrimaryPackagePurpose: "APPLICATION",
		PackageExternalReferences: packageURL(info.Main.Path, o.version),
		PackageChecksums:          []common.Checksum{{Algorithm: common.SHA256, Value: digest}},
	}
	if o.revision != "" {
		binary.PackageDownloadLocation = "git+" + repository + "@" + o.revision
	}
	d.add(image, common.TypeRelationshipContains, binary)
	for _, module := range modulesOf(info) {
		described, err := d.modulePackage(module)
		if err != nil {
			return "", err
		}
		d.add(binary.PackageSPDXIdentifier, common.TypeRelationshipContains, described)
	}
	return digest, nil
}

// add adds a package, unless it is there, and how it relates to another element.
func (d *document) add(from common.ElementID, relation string, p *spdx.Package) {
	p.PackageCopyrightText = spdxNone
	p.PackageLicenseConcluded = cmp.Or(p.PackageLicenseConcluded, spdxNone)
	p.PackageLicenseDeclared = cmp.Or(p.PackageLicenseDeclared, spdxNone)
	id := p.PackageSPDXIdentifier
	if !slices.ContainsFunc(d.Packages, func(known *spdx.Package) bool { return known.PackageSPDXIdentifier == id }) {
		d.Packages = append(d.Packages, p)
	}
	d.Relationships = append(d.Relationships, &spdx.Relationship{
		RefA: common.DocElementID{ElementRefID: from}, RefB: common.DocElementID{ElementRefID: id}, Relationship: relation,
	})
}

// modulePackage describes a Go module. Its package URL says what it is; where it was
// downloaded from depends on the builder. Scanners know Go's library by the name stdlib,
// and its version without the "go". Its licence is what its texts say, see hack/licenses.
// The checksum is that of go.sum, a SHA-256 of the names and digests of all files.
func (d *document) modulePackage(m *debug.Module) (*spdx.Package, error) {
	license := d.licenses[debug.Module{Path: m.Path, Version: m.Version}]
	if license == "" {
		return nil, fmt.Errorf("the licence of %s %s is not known", m.Path, m.Version)
	}
	p := &spdx.Package{
		PackageSPDXIdentifier: common.ElementID("go-" + spdxID(m.Path+"-"+m.Version)),
		PackageName:           m.Path, PackageVersion: m.Version, PrimaryPackagePurpose: "LIBRARY",
		PackageExternalReferences: packageURL(m.Path, m.Version), PackageDownloadLocation: spdxNone,
		PackageLicenseConcluded: license,
	}
	if m.Sum == "" {
		return p, nil
	}
	digest, err := directoryHash(m.Sum)
	if err != nil {
		return nil, err
	}
	p.PackageChecksums = []common.Checksum{{Algorithm: common.SHA256, Value: digest}}
	return p, nil
}

// directoryHash returns a checksum of go.sum in hexadecimal.
func directoryHash(sum string) (string, error) {
	encoded, ok := strings.CutPrefix(sum, "h1:")
	if !ok {
		return "", fmt.Errorf("the checksum %q is of an unknown kind", sum)
	}
	digest, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(digest) != sha256.Size {
		return "", fmt.Errorf("the checksum %q cannot be read", sum)
	}
	return hex.EncodeToString(digest), nil
}

// basePackage is what the image is built on.
func (d *document) basePackage(o options) (*spdx.Package, error) {
	if o.base != "" {
		return &spdx.Package{
			PackageSPDXIdentifier: "base", PackageName: o.base, PackageDownloadLocation: spdxNone, PrimaryPackagePurpose: "CONTAINER",
		}, nil
	}
	roots, err := rootsModule()
	if err != nil {
		return nil, err
	}
	return d.modulePackage(roots)
}

// rootsModule is the module with the authorities of our own base.
func rootsModule() (*debug.Module, error) {
	const roots = "golang.org/x/crypto/x509roots/fallback"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nil, errors.New("this program does not know its modules")
	}
	for _, module := range info.Deps {
		if module.Path == roots {
			return module, nil
		}
	}
	return nil, fmt.Errorf("this program does not know its version of %s", roots)
}

// packageURL names a Go module, see https://github.com/package-url/purl-spec.
func packageURL(path, version string) []*spdx.PackageExternalReference {
	return []*spdx.PackageExternalReference{{
		Category: common.CategoryPackageManager, RefType: common.TypePackageManagerPURL, Locator: purl(path, version),
	}}
}

func purl(path, version string) string {
	return "pkg:golang/" + strings.ToLower(path) + "@" + strings.ReplaceAll(version, "+", "%2B")
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
