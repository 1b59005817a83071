package main

import (
	"archive/tar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

func TestCheckHeader(t *testing.T) {
	tests := map[string]struct {
		change func(*tar.Header)
		want   string // "" for fine
		base   bool   // refused in a base from elsewhere, too
	}{
		"read-only":      {change: func(*tar.Header) {}},
		"directory":      {change: func(h *tar.Header) { h.Typeflag, h.Mode = tar.TypeDir, 0o755 }},
		"setuid":         {change: func(h *tar.Header) { h.Mode = 0o4555 }, want: "lends", base: true},
		"setgid":         {change: func(h *tar.Header) { h.Mode = 0o2555 }, want: "lends", base: true},
		"writable":       {change: func(h *tar.Header) { h.Mode = 0o755 }, want: "writable"},
		"group-writable": {change: func(h *tar.Header) { h.Mode = 0o575 }, want: "others"},
		"open directory": {change: func(h *tar.Header) { h.Typeflag, h.Mode = tar.TypeDir, 0o777 }, want: "others"},
		"owner":          {change: func(h *tar.Header) { h.Uid = 65532 }, want: "owned"},
		"group":          {change: func(h *tar.Header) { h.Gid = 65532 }, want: "owned"},
		"link":           {change: func(h *tar.Header) { h.Typeflag = tar.TypeSymlink }, want: "neither"},
		"device":         {change: func(h *tar.Header) { h.Typeflag = tar.TypeChar }, want: "neither"},
		"time":           {change: func(h *tar.Header) { h.ModTime = time.Unix(1, 0) }, want: "time"},
		"capabilities": {change: func(h *tar.Header) {
			h.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": "x"}
		}, want: "extended"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			header := &tar.Header{Typeflag: tar.TypeReg, Mode: 0o555, ModTime: time.Unix(0, 0)}
			tt.change(header)
			err := checkHeader(header, true)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("checkHeader() = %v, want %q", err, tt.want)
			}
			if err := checkHeader(header, false); (err != nil) != tt.base {
				t.Errorf("in a base: %v, want refused: %t", err, tt.base)
			}
		})
	}
}

// replace changes each image of an index.
func replace(t *testing.T, o options, change func(v1.Image) (v1.Image, error)) v1.ImageIndex {
	t.Helper()
	index, err := assemble(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, descriptor := range manifest.Manifests {
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		if image, err = change(image); err != nil {
			t.Fatal(err)
		}
		index = mutate.RemoveManifests(index, func(d v1.Descriptor) bool { return d.Digest == descriptor.Digest })
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: descriptor.Platform}})
	}
	return index
}

func TestCheckRefusesImages(t *testing.T) {
	with := func(files ...file) func(v1.Image) (v1.Image, error) {
		return func(image v1.Image) (v1.Image, error) {
			layer, err := layerOf(files...)
			if err != nil {
				return nil, err
			}
			return mutate.AppendLayers(image, layer)
		}
	}
	configured := func(change func(*v1.Config)) func(v1.Image) (v1.Image, error) {
		return func(image v1.Image) (v1.Image, error) {
			config, err := image.ConfigFile()
			if err != nil {
				return nil, err
			}
			config = config.DeepCopy()
			change(&config.Config)
			return mutate.ConfigFile(image, config)
		}
	}
	tests := map[string]struct {
		change func(v1.Image) (v1.Image, error)
		want   string
	}{
		"shell":      {with(file{name: "bin/sh", mode: 0o555, content: []byte("#!")}), "its files are"},
		"setuid":     {with(file{name: "su", mode: 0o4555}), "lends"},
		"two of one": {with(file{name: "access-notifier", mode: 0o555}), "its files are"},
		"root":       {configured(func(c *v1.Config) { c.User = "" }), "its user"},
		"command":    {configured(func(c *v1.Config) { c.Cmd = []string{"manager"} }), "its command"},
		"entrypoint": {configured(func(c *v1.Config) { c.Entrypoint = []string{"/bin/sh"} }), "its entry point"},
		"licence":    {configured(func(c *v1.Config) { delete(c.Labels, "org.opencontainers.image.licenses") }), "its licence"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := prepared(t)
			refuses(t, o, replace(t, o, tt.change), tt.want)
		})
	}
}

// refuses expects the check to find what is wrong.
func refuses(t *testing.T, o options, index v1.ImageIndex, want string) {
	t.Helper()
	_, err := check(t.Context(), write(t, o, index), o)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("check() = %v, want %q", err, want)
	}
}

func TestCheckRefusesBinaries(t *testing.T) {
	t.Run("another version", func(t *testing.T) {
		o := prepared(t)
		o.version = "v9.9.9"
		refuses(t, o, nil, `want "access-notifier v9.9.9 "`)
	})
	t.Run("another architecture", func(t *testing.T) {
		o := prepared(t)
		content, err := os.ReadFile(o.binary("amd64"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(o.binary("arm64"), content, 0o755); err != nil {
			t.Fatal(err)
		}
		refuses(t, o, nil, `GOARCH="amd64", want "arm64"`)
	})
	t.Run("no binary", func(t *testing.T) {
		o := prepared(t)
		if err := os.WriteFile(o.binary("arm64"), []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		refuses(t, o, nil, "reading the binary")
	})
	t.Run("module without a licence", func(t *testing.T) {
		o := prepared(t)
		if err := os.WriteFile(filepath.Join(o.licenses, "NOTICES.txt"), []byte("None.\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		refuses(t, o, nil, "its notices lack the licence of stdlib")
	})
	t.Run("dynamic linking", func(t *testing.T) {
		o := prepared(t)
		build := []string{"GOFLAGS=-buildmode=pie", "CGO_ENABLED=0"}
		if err := compile(o.binaries, "amd64", build...); err != nil {
			t.Fatal(err)
		}
		refuses(t, o, nil, "linked dynamically")
	})
}

func TestCheckRefusesOneArchitecture(t *testing.T) {
	o := prepared(t)
	index, err := assemble(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	index = mutate.RemoveManifests(index, func(d v1.Descriptor) bool { return d.Platform.Architecture == "arm64" })
	refuses(t, o, index, "the image is for [linux/amd64]")
}

// What was changed after it was written no longer has its digest.
func TestCheckRefusesChangedBytes(t *testing.T) {
	o := prepared(t)
	archive := write(t, o, nil)
	content, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	// The label is in the plain text of the configuration.
	changed := strings.Replace(string(content), `"User":"65532:65532"`, `"User":"00000:00000"`, 1)
	if changed == string(content) {
		t.Fatal("nothing was changed")
	}
	if err := os.WriteFile(archive, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := check(t.Context(), archive, o); err == nil {
		t.Error("a changed archive is taken")
	}
}
