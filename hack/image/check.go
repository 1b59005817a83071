package main

import (
	"archive/tar"
	"context"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// report is what a check found in an archive that passed.
type report struct {
	archive string
	digest  v1.Hash
	images  []imageReport
}

type imageReport struct {
	architecture string
	digest       v1.Hash
	// files is how many files the layers hold, compressed their size as pulled,
	// and program that of the binary, in bytes.
	files               int
	compressed, program int64
	// ran is what the binary said, "" if this machine cannot run it.
	ran string
}

func (r report) print(to io.Writer) {
	fmt.Fprintf(to, "image %s %s\n", r.archive, r.digest)
	for _, i := range r.images {
		fmt.Fprintf(to, "image linux/%s %s files=%d pull_mb=%.1f binary_mb=%.1f %s\n", i.architecture, i.digest,
			i.files, float64(i.compressed)/1e6, float64(i.program)/1e6, i.verdict())
	}
}

func (i imageReport) verdict() string {
	if i.ran == "" {
		return "not run: this machine is " + runtime.GOOS + "/" + runtime.GOARCH
	}
	return "says: " + i.ran
}

// check reads an archive as a reader does who does not trust its maker: digests,
// configuration, every file of every layer, and the binary.
func check(ctx context.Context, archive string, o options) (r report, err error) {
	scratch, err := os.MkdirTemp("", "image-check-")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	index, err := readArchive(archive, scratch)
	if err != nil {
		return r, err
	}
	if err := validate.Index(index); err != nil {
		return r, fmt.Errorf("checking the digests: %w", err)
	}
	r.archive = archive
	if r.digest, err = index.Digest(); err != nil {
		return r, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return r, err
	}
	var found []string
	for _, descriptor := range manifest.Manifests {
		found = append(found, descriptor.Platform.String())
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			return r, err
		}
		c := imageCheck{options: o, architecture: descriptor.Platform.Architecture, scratch: scratch}
		one, err := c.check(ctx, image)
		if err != nil {
			return r, fmt.Errorf("checking the image for %s: %w", descriptor.Platform, err)
		}
		r.images = append(r.images, one)
	}
	if want := []string{"linux/amd64", "linux/arm64"}; !slices.Equal(found, want) {
		return r, fmt.Errorf("the image is for %v, want %v", found, want)
	}
	return r, nil
}

// imageCheck checks the image of one architecture.
type imageCheck struct {
	options
	architecture string
	scratch      string
	seen         []string
	notices      []byte
}

func (c *imageCheck) check(ctx context.Context, image v1.Image) (r imageReport, err error) {
	r.architecture = c.architecture
	if r.digest, err = image.Digest(); err != nil {
		return r, err
	}
	if err := c.checkConfig(image); err != nil {
		return r, err
	}
	layers, err := image.Layers()
	if err != nil {
		return r, err
	}
	for i, layer := range layers {
		size, err := layer.Size()
		if err != nil {
			return r, err
		}
		r.compressed += size
		if err := c.checkLayer(layer, i == len(layers)-1); err != nil {
			return r, err
		}
	}
	r.files = len(c.seen)
	if err := c.checkNames(); err != nil {
		return r, err
	}
	info, err := os.Stat(c.program())
	if err != nil {
		return r, err
	}
	r.program = info.Size()
	r.ran, err = c.checkProgram(ctx)
	return r, err
}

func (c *imageCheck) checkConfig(image v1.Image) error {
	config, err := image.ConfigFile()
	if err != nil {
		return err
	}
	labels := config.Config.Labels
	for _, want := range []struct{ what, got, want string }{
		{"platform", config.OS + "/" + config.Architecture, "linux/" + c.architecture},
		{"user", config.Config.User, user},
		{"entry point", strings.Join(config.Config.Entrypoint, " "), entrypoint},
		{"command", strings.Join(config.Config.Cmd, " "), ""},
		{"licence", labels["org.opencontainers.image.licenses"], "Apache-2.0"},
		{"version", labels["org.opencontainers.image.version"], c.version},
		{"revision", labels["org.opencontainers.image.revision"], c.revision},
	} {
		if want.got != want.want {
			return fmt.Errorf("its %s is %q, want %q", want.what, want.got, want.want)
		}
	}
	return nil
}

// program is where the binary is unpacked.
func (c *imageCheck) program() string {
	return filepath.Join(c.scratch, "access-notifier-"+c.architecture)
}

// checkLayer checks the files of a layer; ours is the last.
func (c *imageCheck) checkLayer(layer v1.Layer, ours bool) (err error) {
	content, err := layer.Uncompressed()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	archive := tar.NewReader(content)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := checkHeader(header, ours || c.base == ""); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
		c.seen = append(c.seen, strings.TrimPrefix(header.Name, "./"))
		if !ours {
			continue
		}
		if err := c.keep(header.Name, archive); err != nil {
			return err
		}
	}
}

// keep keeps what is looked into later.
func (c *imageCheck) keep(name string, content io.Reader) (err error) {
	switch name {
	case strings.TrimPrefix(entrypoint, "/"):
		binary, err := io.ReadAll(content)
		if err != nil {
			return err
		}
		return os.WriteFile(c.program(), binary, 0o755)
	case noticesFile:
		c.notices, err = io.ReadAll(content)
		return err
	default:
		return nil
	}
}

// checkHeader checks a file. A base from elsewhere may have files of others, links
// and times, but nothing that lends rights.
func checkHeader(header *tar.Header, strict bool) error {
	const lendsRights, othersWrite = 0o6000, 0o022
	regular := header.Typeflag == tar.TypeReg || header.Typeflag == tar.TypeDir
	switch {
	case header.Mode&lendsRights != 0:
		return fmt.Errorf("it lends the rights of its owner or group, mode %o", header.Mode)
	case len(header.PAXRecords) > 0 && strict:
		return errors.New("it has extended attributes")
	case !strict:
		return nil
	case !regular:
		return fmt.Errorf("it is neither a file nor a directory, but of type %q", header.Typeflag)
	case header.Mode&othersWrite != 0:
		return fmt.Errorf("others than its owner may write, mode %o", header.Mode)
	case header.Typeflag == tar.TypeReg && header.Mode&0o200 != 0:
		return fmt.Errorf("it is writable, mode %o", header.Mode)
	case header.Uid != 0 || header.Gid != 0:
		return fmt.Errorf("it is owned by %d:%d, not by root", header.Uid, header.Gid)
	case header.ModTime.Unix() != 0:
		return fmt.Errorf("it carries the time %s", header.ModTime)
	default:
		return nil
	}
}

// checkNames compares the files with those that belong there.
func (c *imageCheck) checkNames() error {
	program := strings.TrimPrefix(entrypoint, "/")
	if c.base != "" {
		for _, name := range []string{program, certificates, licenseFile, noticesFile} {
			if !slices.Contains(c.seen, name) {
				return fmt.Errorf("it lacks %s", name)
			}
		}
		return nil
	}
	want := []string{
		"etc/", "etc/group", "etc/passwd", "etc/ssl/", "etc/ssl/certs/", certificates,
		program, licensesDirectory, licenseFile, noticesFile,
	}
	if !slices.Equal(c.seen, want) {
		return fmt.Errorf("its files are %q, want %q", c.seen, want)
	}
	return nil
}

// checkProgram checks how the binary was built, and runs it where that is possible.
func (c *imageCheck) checkProgram(ctx context.Context) (said string, err error) {
	if err := c.checkLinking(); err != nil {
		return "", err
	}
	info, err := buildinfo.ReadFile(c.program())
	if err != nil {
		return "", fmt.Errorf("reading how the binary was built: %w", err)
	}
	settings := settingsOf(info)
	for key, want := range map[string]string{
		"GOOS": "linux", "GOARCH": c.architecture, "CGO_ENABLED": "0", "-trimpath": "true",
	} {
		if settings[key] != want {
			return "", fmt.Errorf("the binary was built with %s=%q, want %q", key, settings[key], want)
		}
	}
	if err := c.checkNotices(info); err != nil {
		return "", err
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != c.architecture {
		return "", nil
	}
	output, err := exec.CommandContext(ctx, c.program(), "version").Output()
	if err != nil {
		return "", fmt.Errorf("running the binary: %w", err)
	}
	said = strings.TrimSpace(string(output))
	if want := "access-notifier " + c.version + " "; !strings.HasPrefix(said, want) {
		return "", fmt.Errorf("the binary says %q, want %q", said, want)
	}
	return said, nil
}

// checkLinking makes sure that the binary needs no loader and no libraries, as
// there are none.
func (c *imageCheck) checkLinking() (err error) {
	binary, err := elf.Open(c.program())
	if err != nil {
		return fmt.Errorf("reading the binary: %w", err)
	}
	defer func() { err = errors.Join(err, binary.Close()) }()
	for _, segment := range binary.Progs {
		if segment.Type == elf.PT_INTERP || segment.Type == elf.PT_DYNAMIC {
			return errors.New("the binary is linked dynamically")
		}
	}
	return nil
}
