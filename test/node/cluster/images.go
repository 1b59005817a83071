package cluster

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// PauseImage is the image of each pod's first process, as containerd.toml has it.
const PauseImage = "docker.io/library/node-pause:1"

// ImportImage takes an image from an archive, as `docker save` or `make image`
// writes it, under the names in the archive, and as `kind load image-archive` does.
func (c *Cluster) ImportImage(ctx context.Context, archive string) error {
	return c.images(ctx, "import", "--all-platforms", "--digests", archive)
}

// TagImage gives an image that is there another name.
func (c *Cluster) TagImage(ctx context.Context, image, name string) error {
	return c.images(ctx, "tag", image, name)
}

func (c *Cluster) images(ctx context.Context, arguments ...string) error {
	arguments = append([]string{"--address=/run/containerd/containerd.sock", "--namespace=k8s.io", "images"}, arguments...)
	return run(ctx, "ctr", arguments...)
}

// importPause makes the image of a static binary, in the form of `docker save`.
func (c *Cluster) importPause(ctx context.Context, binary string) error {
	program, err := os.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("reading the binary of pauses: %w", err)
	}
	layer, err := archive(entry{"pause", 0o755, program})
	if err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       map[string]any{"Entrypoint": []string{"/pause"}, "User": "65535:65535"},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(layer))}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal([]map[string]any{{
		"Config": "config.json", "RepoTags": []string{PauseImage}, "Layers": []string{"layer.tar"},
	}})
	if err != nil {
		return err
	}
	image, err := archive(entry{"config.json", 0o644, config}, entry{"layer.tar", 0o644, layer}, entry{"manifest.json", 0o644, manifest})
	if err != nil {
		return err
	}
	file := filepath.Join(state, "pause.tar")
	if err := os.WriteFile(file, image, 0o600); err != nil {
		return err
	}
	return c.ImportImage(ctx, file)
}

type entry struct {
	name    string
	mode    int64
	content []byte
}

func archive(entries ...entry) ([]byte, error) {
	var buffer bytes.Buffer
	out := tar.NewWriter(&buffer)
	for _, e := range entries {
		if err := out.WriteHeader(&tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.content))}); err != nil {
			return nil, err
		}
		if _, err := out.Write(e.content); err != nil {
			return nil, err
		}
	}
	return buffer.Bytes(), out.Close()
}
