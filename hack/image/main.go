// Command image makes the container image of Access Notifier from binaries that
// are built already, without a container engine, and an SBOM of what is in it:
//
//	image -binaries dist -name ghcr.io/accessnotifier/access-notifier:1.2.3 -version v1.2.3
//
// It expects DIR/linux_ARCH/access-notifier for each architecture in the
// directory of -binaries, and what hack/licenses wrote in that of -licenses. It
// writes beside the binaries:
//
//	image.tar             an OCI image layout with an index of all architectures, for
//	                      `ctr images import`, `docker load`, skopeo and crane
//	sbom.spdx.json        the Go modules in the binaries, as SPDX 2.3
//	provenance.slsa.json  what the image was built from, as SLSA 1.0
//
// Then it reads the archive again and checks what is in it. -push also sends the
// image to the registry in its name.
//
// The base is empty but for the authorities that Mozilla trusts, as the Go project
// publishes them in a module, and an entry for the user. Like everything else in
// the image it is pinned by go.sum, so that equal sources and an equal Go give an
// equal digest on every machine, without a registry. -base takes an image instead,
// such as gcr.io/distroless/static:nonroot@sha256:...; name it by digest, or the
// result depends on the day.
//
// Files carry no time. The image and the SBOM are dated by SOURCE_DATE_EPOCH, by
// default the epoch itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// architectures are those of the image, each for Linux.
var architectures = []string{"amd64", "arm64"}

// options are what the command line says.
type options struct {
	// binaries is the directory of the binaries and of what is written.
	binaries string
	// licenses is the directory of the licences, see hack/licenses.
	licenses string
	// builder is who builds, as a URI, and invocation which run of it, "" for none.
	builder, invocation string
	// name is the image's, with registry and tag.
	name string
	// version and revision are stamped into labels; the binary must say the same
	// version.
	version, revision string
	// base is the image to build on, "" for the base of our own.
	base string
	// date is when image and SBOM say that they were made.
	date time.Time
	push bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	index, err := assemble(ctx, o)
	if err != nil {
		return err
	}
	archive := filepath.Join(o.binaries, "image.tar")
	if err := writeArchive(archive, index, o.name); err != nil {
		return err
	}
	if err := writeSBOM(filepath.Join(o.binaries, "sbom.spdx.json"), o); err != nil {
		return err
	}
	if err := writeProvenance(filepath.Join(o.binaries, "provenance.slsa.json"), o, index); err != nil {
		return err
	}
	found, err := check(ctx, archive, o)
	if err != nil {
		return err
	}
	found.print(os.Stdout)
	if !o.push {
		return nil
	}
	return push(ctx, o.name, index)
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	flags.StringVar(&o.binaries, "binaries", "dist", "`directory` of the binaries, and of what is written")
	flags.StringVar(&o.licenses, "licenses", "", "`directory` of the licences, as hack/licenses writes it")
	flags.StringVar(&o.builder, "builder", repository+"/tree/main/hack/image", "`URI` of who builds, for the provenance")
	flags.StringVar(&o.invocation, "invocation", "", "`URI` of this run of the builder, for the provenance")
	flags.StringVar(&o.name, "name", "", "`name` of the image, with its registry and tag")
	flags.StringVar(&o.version, "version", "dev", "`version` of the binaries")
	flags.StringVar(&o.revision, "revision", "", "git `commit` of the sources")
	flags.StringVar(&o.base, "base", "", "`image` to build on, best by digest; empty: our own base")
	flags.BoolVar(&o.push, "push", false, "push the image, with the credentials of docker login")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.name == "" {
		return o, errors.New("-name is missing")
	}
	if o.licenses == "" {
		return o, errors.New("-licenses is missing")
	}
	var err error
	o.date, err = sourceDate(os.Getenv("SOURCE_DATE_EPOCH"))
	return o, err
}

// sourceDate reads SOURCE_DATE_EPOCH, see reproducible-builds.org.
func sourceDate(epoch string) (time.Time, error) {
	if epoch == "" {
		return time.Unix(0, 0).UTC(), nil
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// binary is where the binary of an architecture is.
func (o options) binary(architecture string) string {
	return filepath.Join(o.binaries, "linux_"+architecture, "access-notifier")
}
