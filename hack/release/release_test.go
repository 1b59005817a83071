package release

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func TestRelease(t *testing.T) {
	s := newSite(t)
	s.release(t)
	binaries := map[string][]byte{}
	t.Run("image", func(t *testing.T) { binaries = s.checkImage(t) })
	t.Run("chart", s.checkChart)
	t.Run("signatures", s.checkSignatures)
	t.Run("SBOM", func(t *testing.T) { s.checkSBOM(t, binaries) })
	t.Run("provenance", s.checkProvenance)
	t.Run("files", s.checkFiles)
	t.Run("archives", func(t *testing.T) { s.checkArchives(t, binaries) })
	t.Run("sources", func(t *testing.T) {
		if changed := s.run(t, "git", "status", "--porcelain", "--untracked-files=no"); changed != "" {
			t.Errorf("the release changed its sources:\n%s", changed)
		}
	})
}

// checkImage pulls the image by its tag, and returns the programs in it by architecture.
func (s *site) checkImage(t *testing.T) map[string][]byte {
	tag, err := name.NewTag(s.registry + "/access-notifier:" + version[1:])
	if err != nil {
		t.Fatal(err)
	}
	index, err := remote.Index(tag)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	if digest, err := index.Digest(); err != nil || digest.String() != s.digests["image"] {
		t.Errorf("the digest is %s, %v, the script says %s", digest, err, s.digests["image"])
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"version": version, "revision": s.commit, "licenses": "Apache-2.0"} {
		if got := manifest.Annotations["org.opencontainers.image."+key]; got != want {
			t.Errorf("the annotation %s is %q, want %q", key, got, want)
		}
	}
	binaries := map[string][]byte{}
	for _, descriptor := range manifest.Manifests {
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		files := filesOf(t, image)
		binaries[descriptor.Platform.Architecture] = files["access-notifier"]
		if descriptor.Platform.OS != "linux" || len(files["access-notifier"]) == 0 {
			t.Errorf("the image for %s has no program", descriptor.Platform)
		}
		for file, want := range map[string]string{
			"licenses/LICENSE":     "Apache License",
			"licenses/NOTICES.txt": "\ngithub.com/gravitational/teleport/api/LICENSE\n",
		} {
			if !strings.Contains(string(files[file]), want) {
				t.Errorf("%s of the image for %s lacks %q", file, descriptor.Platform, want)
			}
		}
	}
	if len(binaries) != 2 || binaries["amd64"] == nil || binaries["arm64"] == nil {
		t.Errorf("the image is for %d architectures", len(binaries))
	}
	return binaries
}

func filesOf(t *testing.T, image v1.Image) map[string][]byte {
	t.Helper()
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, layer := range layers {
		content, err := layer.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		archive := tar.NewReader(content)
		for {
			header, err := archive.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if files[header.Name], err = io.ReadAll(archive); err != nil {
				t.Fatal(err)
			}
		}
	}
	return files
}

// checkChart installs from the registry, as far as Helm does without a cluster.
func (s *site) checkChart(t *testing.T) {
	reference := "oci://" + s.registry + "/charts/access-notifier"
	template := func(values ...string) string {
		return s.run(t, "bin/helm", append([]string{"template", "x", reference, "--version", version[1:], "--plain-http"}, values...)...)
	}
	byDigest := "image: ghcr.io/accessnotifier/access-notifier:" + version[1:] + "@" + s.digests["image"]
	if got := template(); !strings.Contains(got, byDigest+"\n") {
		t.Errorf("the chart does not pull %s", byDigest)
	}
	if got := template("--set", "image.registry=mirror.test"); !strings.Contains(got, strings.Replace(byDigest, "ghcr.io", "mirror.test", 1)+"\n") {
		t.Error("from a mirror, the chart does not pull by digest")
	}
	// Who says what to pull gets that.
	for value, want := range map[string]string{
		"image.tag=1.2.3":                    "image: ghcr.io/accessnotifier/access-notifier:1.2.3\n",
		"image.repository=registry.test/own": "image: registry.test/own:" + version[1:] + "\n",
	} {
		if got := template("--set", value); !strings.Contains(got, want) || strings.Contains(got, s.digests["image"]) {
			t.Errorf("with %s, the chart does not pull %q", value, want)
		}
	}
	tag, err := name.NewTag(s.registry + "/charts/access-notifier:" + version[1:])
	if err != nil {
		t.Fatal(err)
	}
	descriptor, err := remote.Head(tag)
	if err != nil || descriptor.Digest.String() != s.digests["chart"] {
		t.Errorf("the chart is %+v, %v, the script says %s", descriptor, err, s.digests["chart"])
	}
	chart := s.run(t, "bin/helm", "show", "chart", reference, "--version", version[1:], "--plain-http")
	for _, want := range []string{`artifacthub.io/prerelease: "true"`, byDigest, "appVersion: " + version[1:], "version: " + version[1:]} {
		if !strings.Contains(chart, want) {
			t.Errorf("the chart does not say %q", want)
		}
	}
}

// checkSignatures expects all that is published to be signed, by digest.
func (s *site) checkSignatures(t *testing.T) {
	image := s.registry + "/access-notifier@" + s.digests["image"]
	want := []string{
		"cosign sign --yes " + image,
		"cosign attest --yes --type spdxjson --predicate dist/sbom.spdx.json " + image,
		"cosign attest --yes --type slsaprovenance1 --predicate dist/predicate.json " + image,
		"cosign sign --yes " + s.registry + "/charts/access-notifier@" + s.digests["chart"],
		"cosign sign-blob --yes --bundle checksums.txt.sigstore.json checksums.txt",
		"gh release create " + version + " --verify-tag --generate-notes --prerelease",
	}
	if got := s.calls(t); !slices.Equal(got, want) {
		t.Errorf("the calls are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// checkSBOM expects the SBOM that is attached to be of the programs that were pulled.
func (s *site) checkSBOM(t *testing.T, binaries map[string][]byte) {
	var document struct {
		Packages []struct {
			SPDXID, Name, LicenseConcluded string
			Checksums                      []struct{ ChecksumValue string }
		}
	}
	if err := json.Unmarshal(s.read(t, "sbom.spdx.json"), &document); err != nil {
		t.Fatal(err)
	}
	digests := map[string]string{}
	licences := map[string]string{}
	for _, p := range document.Packages {
		licences[p.Name] = p.LicenseConcluded
		if architecture, ok := strings.CutPrefix(p.SPDXID, "SPDXRef-binary-"); ok && len(p.Checksums) == 1 {
			digests[architecture] = p.Checksums[0].ChecksumValue
		}
	}
	for architecture, binary := range binaries {
		if want := fmt.Sprintf("%x", sha256.Sum256(binary)); digests[architecture] != want {
			t.Errorf("the program for %s has %s, the SBOM says %s", architecture, want, digests[architecture])
		}
	}
	for module, want := range map[string]string{"github.com/gravitational/teleport/api": "Apache-2.0", "stdlib": "BSD-3-Clause"} {
		if licences[module] != want {
			t.Errorf("%s is under %q, want %q", module, licences[module], want)
		}
	}
}

// checkProvenance expects it to lead from what was pulled to the commit that was tagged.
func (s *site) checkProvenance(t *testing.T) {
	type predicate struct {
		BuildDefinition struct {
			ExternalParameters   struct{ Version, Source string }
			ResolvedDependencies []struct {
				URI    string
				Digest map[string]string
			}
		}
		RunDetails struct{ Builder struct{ ID string } }
	}
	var attached predicate
	if err := json.Unmarshal(s.read(t, "predicate.json"), &attached); err != nil {
		t.Fatal(err)
	}
	var published struct {
		Subject   []struct{ Digest map[string]string }
		Predicate predicate
	}
	if err := json.Unmarshal(s.read(t, "published/provenance.slsa.json"), &published); err != nil {
		t.Fatal(err)
	}
	if got := "sha256:" + published.Subject[0].Digest["sha256"]; got != s.digests["image"] {
		t.Errorf("the provenance is of %s, the image is %s", got, s.digests["image"])
	}
	for what, p := range map[string]predicate{"attached": attached, "published": published.Predicate} {
		definition := p.BuildDefinition
		if definition.ExternalParameters.Version != version || p.RunDetails.Builder.ID != builder {
			t.Errorf("what is %s is of %s, by %s", what, definition.ExternalParameters.Version, p.RunDetails.Builder.ID)
		}
		if got := definition.ResolvedDependencies[0]; got.URI != definition.ExternalParameters.Source || got.Digest["gitCommit"] != s.commit {
			t.Errorf("what is %s is made of %+v, not of %s", what, got, s.commit)
		}
	}
}

// checkFiles expects the files of the release's page, each with its checksum.
func (s *site) checkFiles(t *testing.T) {
	want := []string{
		"access-notifier-" + version[1:] + ".tgz", "access-notifier-host_linux_amd64.tar.gz", "access-notifier-host_linux_arm64.tar.gz",
		"access-notifier_linux_amd64.tar.gz", "access-notifier_linux_arm64.tar.gz", "checksums.txt", "checksums.txt.sigstore.json",
		"install.yaml", "provenance.slsa.json", "sbom.spdx.json",
	}
	slices.Sort(want)
	if got := s.published(t); !slices.Equal(got, want) {
		t.Errorf("the files are %q, want %q", got, want)
	}
	checksums := map[string]string{}
	for line := range strings.Lines(string(s.read(t, "published/checksums.txt"))) {
		digest, file, _ := strings.Cut(strings.TrimSpace(line), "  ")
		checksums[file] = digest
	}
	for _, file := range want {
		if strings.HasPrefix(file, "checksums.txt") {
			continue
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(s.read(t, "published/"+file))); checksums[file] != got {
			t.Errorf("%s has %s, checksums.txt says %q", file, got, checksums[file])
		}
	}
	manifests := string(s.read(t, "published/install.yaml"))
	if image := s.registry + "/access-notifier:" + version[1:] + "@" + s.digests["image"]; !strings.Contains(manifests, "image: "+image+"\n") {
		t.Errorf("install.yaml does not pull %s", image)
	}
}

// checkArchives unpacks each archive, and runs the program in it if this machine can.
func (s *site) checkArchives(t *testing.T, binaries map[string][]byte) {
	for architecture, binary := range binaries {
		for kind, file := range map[string]string{"": "NOTICES.txt", "-host": "licenses/NOTICES.txt"} {
			directory := t.TempDir()
			s.run(t, "tar", "-xzf", filepath.Join(s.record, "published", "access-notifier"+kind+"_linux_"+architecture+".tar.gz"), "-C", directory)
			notices, err := os.ReadFile(filepath.Join(directory, file))
			if err != nil || !strings.Contains(string(notices), "google.golang.org/grpc/NOTICE.txt") {
				t.Errorf("the archive access-notifier%s for %s has no notices: %v", kind, architecture, err)
			}
			program, err := os.ReadFile(filepath.Join(directory, "access-notifier"))
			if err != nil || kind == "" && !slices.Equal(program, binary) {
				t.Errorf("the program of access-notifier%s for %s is not that of the image: %v", kind, architecture, err)
			}
			if runtime.GOOS != "linux" || runtime.GOARCH != architecture {
				continue
			}
			if said := s.run(t, filepath.Join(directory, "access-notifier"), "--version"); !strings.Contains(said, version) {
				t.Errorf("the program says %q", said)
			}
			if kind == "-host" {
				s.run(t, "env", "DESTDIR="+t.TempDir(), filepath.Join(directory, "install.sh"))
			}
		}
	}
}
