package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const testVersion = "v1.2.3"

// programs is the directory of binaries that all tests use.
var programs string

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	var err error
	if programs, err = os.MkdirTemp("", "image-test-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(programs)
	for _, architecture := range architectures {
		if err := compile(programs, architecture, "CGO_ENABLED=0"); err != nil {
			panic(err)
		}
	}
	return m.Run()
}

// compile builds the program of testdata as the Makefile builds the operator.
func compile(directory, architecture string, environment ...string) error {
	build := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w -X main.version="+testVersion,
		"-o", options{binaries: directory}.binary(architecture), "./testdata/program")
	build.Env = append(append(os.Environ(), "GOOS=linux", "GOARCH="+architecture, "GOWORK=off"), environment...)
	build.Stderr = os.Stderr
	return build.Run()
}

// prepared returns options for an image in a directory of its own.
func prepared(t *testing.T) options {
	t.Helper()
	o := options{
		binaries: t.TempDir(), name: "registry.test/access-notifier:1.2.3", version: testVersion, revision: "0123abcd",
		date: time.Unix(0, 0).UTC(),
	}
	if err := os.CopyFS(o.binaries, os.DirFS(programs)); err != nil {
		t.Fatal(err)
	}
	o.licenses = filepath.Join(o.binaries, "licenses")
	o.builder = "https://builder.test/1"
	writeLicenses(t, o)
	return o
}

// linkedModules are those of the test's binaries and of the base, by path, as "go version -m" says.
func linkedModules(t *testing.T, o options) map[string]string {
	t.Helper()
	versions := map[string]string{}
	for _, architecture := range architectures {
		output, err := exec.CommandContext(t.Context(), "go", "version", "-m", o.binary(architecture)).Output()
		if err != nil {
			t.Fatal(err)
		}
		head, rest, _ := strings.Cut(string(output), "\n")
		versions[stdlib] = strings.TrimPrefix(head[strings.LastIndex(head, " ")+1:], "go")
		for line := range strings.Lines(rest) {
			if fields := strings.Fields(line); len(fields) >= 3 && fields[0] == "dep" {
				versions[fields[1]] = fields[2]
			}
		}
	}
	roots, err := rootsModule()
	if err != nil {
		t.Fatal(err)
	}
	versions[roots.Path] = roots.Version
	return versions
}

// writeLicenses writes what hack/licenses would write.
func writeLicenses(t *testing.T, o options) {
	t.Helper()
	var list []licensed
	notices := "Modules:\n\n"
	for path, version := range linkedModules(t, o) {
		list = append(list, licensed{Path: path, Version: version, License: "BSD-3-Clause"})
		notices += path + " " + version + ": BSD-3-Clause\n" + path + "/LICENSE\n"
	}
	encoded, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(o.licenses, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"LICENSE": "Apache", "NOTICES.txt": notices, "modules.json": string(encoded)} {
		if err := os.WriteFile(filepath.Join(o.licenses, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// write writes the image of index, or that of the options if index is nil.
func write(t *testing.T, o options, index v1.ImageIndex) (archive string) {
	t.Helper()
	if index == nil {
		var err error
		if index, err = assemble(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	archive = filepath.Join(o.binaries, "image.tar")
	if err := writeArchive(archive, index, o.name); err != nil {
		t.Fatal(err)
	}
	return archive
}

func TestImagePassesItsCheck(t *testing.T) {
	o := prepared(t)
	found, err := check(t.Context(), write(t, o, nil), o)
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for i, image := range found.images {
		if image.architecture != architectures[i] || image.files != 10 {
			t.Errorf("image %d is for %s with %d files, want %s with 10", i, image.architecture, image.files, architectures[i])
		}
		if image.ran != "" {
			ran++
		}
	}
	if want := runtime.GOOS == "linux"; want != (ran == 1) {
		t.Errorf("%d of the binaries ran", ran)
	}
	var printed bytes.Buffer
	found.print(&printed)
	if lines := strings.Count(printed.String(), "\n"); lines != 1+len(architectures) {
		t.Errorf("the report has %d lines:\n%s", lines, &printed)
	}
}

// Two builds in different places at different times are equal to the byte.
func TestImageIsReproducible(t *testing.T) {
	licenses := prepared(t).licenses
	read := func() (contents [3][]byte) {
		o := prepared(t)
		t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
		err := run(t.Context(), []string{"-binaries", o.binaries, "-licenses", licenses, "-name", o.name, "-version", o.version})
		if err != nil {
			t.Fatal(err)
		}
		for i, file := range []string{"image.tar", "sbom.spdx.json", "provenance.slsa.json"} {
			if contents[i], err = os.ReadFile(filepath.Join(o.binaries, file)); err != nil {
				t.Fatal(err)
			}
		}
		return contents
	}
	first, second := read(), read()
	for i := range first {
		if len(first[i]) == 0 || !bytes.Equal(first[i], second[i]) {
			t.Errorf("file %d differs from one build to the next", i)
		}
	}
}

func TestDateComesFromTheEnvironment(t *testing.T) {
	for epoch, want := range map[string]string{"": "1970-01-01T00:00:00Z", "1700000000": "2023-11-14T22:13:20Z"} {
		date, err := sourceDate(epoch)
		if got := date.Format(time.RFC3339); err != nil || got != want {
			t.Errorf("sourceDate(%q) = %s, %v, want %s", epoch, got, err, want)
		}
	}
	if _, err := sourceDate("yesterday"); err == nil {
		t.Error("any date is taken")
	}
}

func TestAuthoritiesCanBeRead(t *testing.T) {
	files, err := baseFiles()
	if err != nil {
		t.Fatal(err)
	}
	content := files[len(files)-1].content
	count := 0
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			t.Error(err)
		}
		count++
	}
	if count < 100 {
		t.Errorf("there are %d authorities; Mozilla trusts more", count)
	}
}

// registryHost serves a registry in memory.
func registryHost(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(registry.New())
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestImageOnAnotherBase(t *testing.T) {
	o := prepared(t)
	o.base = registryHost(t) + "/base:1"
	upload(t, o.base, baseIndex(t, architectures...))
	found, err := check(t.Context(), write(t, o, nil), o)
	if err != nil {
		t.Fatal(err)
	}
	if files := found.images[0].files; files != 10 {
		t.Errorf("the image has %d files, want 10", files)
	}

	o.base = registryHost(t) + "/base:amd64-only"
	upload(t, o.base, baseIndex(t, "amd64"))
	if _, err := assemble(t.Context(), o); err == nil {
		t.Error("a base for another architecture is taken")
	}
}

// baseIndex is an image with the files of our own base.
func baseIndex(t *testing.T, architectures ...string) v1.ImageIndex {
	t.Helper()
	var index v1.ImageIndex = empty.Index
	for _, architecture := range architectures {
		image, err := ownBase()
		if err != nil {
			t.Fatal(err)
		}
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		config = config.DeepCopy()
		config.OS, config.Architecture = "linux", architecture
		if image, err = mutate.ConfigFile(image, config); err != nil {
			t.Fatal(err)
		}
		platform := platformOf(architecture)
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &platform}})
	}
	return index
}

func upload(t *testing.T, to string, index v1.ImageIndex) {
	t.Helper()
	tag, err := name.NewTag(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(tag, index); err != nil {
		t.Fatal(err)
	}
}

func TestImageIsPushed(t *testing.T) {
	o := prepared(t)
	o.name = registryHost(t) + "/access-notifier:1.2.3"
	args := []string{"-binaries", o.binaries, "-licenses", o.licenses, "-name", o.name, "-version", o.version, "-push"}
	if err := run(t.Context(), args); err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(o.name)
	if err != nil {
		t.Fatal(err)
	}
	pushed, err := remote.Index(tag)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pushed.Digest()
	if err != nil {
		t.Fatal(err)
	}
	o.revision = ""
	want, err := check(t.Context(), filepath.Join(o.binaries, "image.tar"), o)
	if err != nil || got != want.digest {
		t.Errorf("pushed %s, checked %s, %v", got, want.digest, err)
	}
}

func TestArchiveHasItsName(t *testing.T) {
	o := prepared(t)
	content, err := os.ReadFile(write(t, o, nil))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte(`"io.containerd.image.name":"registry.test/access-notifier:1.2.3"`)) &&
		!bytes.Contains(content, []byte(`"io.containerd.image.name": "registry.test/access-notifier:1.2.3"`)) {
		t.Error("containerd would not know the name of the image")
	}
}
