package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	entrypoint = "/access-notifier"
	user       = "65532:65532"
)

// labels are the image's, in its configuration and as annotations.
func (o options) labels() map[string]string {
	labels := map[string]string{
		"org.opencontainers.image.title":         "access-notifier",
		"org.opencontainers.image.description":   "Tells reviewers about Teleport access requests in chat, by e-mail and by webhook",
		"org.opencontainers.image.source":        "https://github.com/accessnotifier/accessnotifier",
		"org.opencontainers.image.documentation": "https://github.com/accessnotifier/accessnotifier/tree/main/docs",
		"org.opencontainers.image.licenses":      "Apache-2.0",
		"org.opencontainers.image.version":       o.version,
	}
	if o.revision != "" {
		labels["org.opencontainers.image.revision"] = o.revision
	}
	if o.base != "" {
		labels["org.opencontainers.image.base.name"] = o.base
	}
	return labels
}

// assemble makes the index of all architectures.
func assemble(ctx context.Context, o options) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, architecture := range architectures {
		image, err := assembleImage(ctx, o, architecture)
		if err != nil {
			return nil, fmt.Errorf("making the image for %s: %w", architecture, err)
		}
		platform := platformOf(architecture)
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: image, Descriptor: v1.Descriptor{Platform: &platform},
		})
	}
	annotated, ok := mutate.Annotations(index, o.labels()).(v1.ImageIndex)
	if !ok {
		return nil, errors.New("annotating the index gave no index")
	}
	return annotated, nil
}

func platformOf(architecture string) v1.Platform {
	return v1.Platform{OS: "linux", Architecture: architecture}
}

func assembleImage(ctx context.Context, o options, architecture string) (v1.Image, error) {
	base, err := o.baseImage(ctx, architecture)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(o.binary(architecture))
	if err != nil {
		return nil, err
	}
	files, err := o.licenseFiles()
	if err != nil {
		return nil, err
	}
	program, err := layerOf(append([]file{{name: "access-notifier", mode: 0o555, content: content}}, files...)...)
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(base, program)
	if err != nil {
		return nil, err
	}
	if image, err = o.configure(image, architecture); err != nil {
		return nil, err
	}
	annotated, ok := mutate.Annotations(image, o.labels()).(v1.Image)
	if !ok {
		return nil, errors.New("annotating the image gave no image")
	}
	return annotated, nil
}

// configure says how the image runs. What the base says of its own making stays.
func (o options) configure(image v1.Image, architecture string) (v1.Image, error) {
	current, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config := current.DeepCopy()
	config.OS, config.Architecture, config.Variant = "linux", architecture, ""
	config.Created = v1.Time{Time: o.date}
	for i := range config.History {
		config.History[i].Created = v1.Time{Time: o.date}
	}
	config.Config.User = user
	config.Config.Entrypoint = []string{entrypoint}
	config.Config.Cmd = nil
	config.Config.WorkingDir = "/"
	config.Config.Labels = o.labels()
	if len(config.Config.Env) == 0 {
		config.Config.Env = []string{"PATH=/"}
	}
	return mutate.ConfigFile(image, config)
}

// baseImage is the image of -base, or that of our own.
func (o options) baseImage(ctx context.Context, architecture string) (v1.Image, error) {
	if o.base == "" {
		return ownBase()
	}
	reference, err := name.ParseReference(o.base)
	if err != nil {
		return nil, fmt.Errorf("reading -base: %w", err)
	}
	image, err := remote.Image(reference, remoteOptions(ctx, remote.WithPlatform(platformOf(architecture)))...)
	if err != nil {
		return nil, fmt.Errorf("getting the base: %w", err)
	}
	// An image of a single platform is taken for any.
	config, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("getting the base: %w", err)
	}
	if has := cmp.Or(config.Architecture, "none"); has != architecture {
		return nil, fmt.Errorf("the base %s is for %s", o.base, has)
	}
	return image, nil
}

func ownBase() (v1.Image, error) {
	files, err := baseFiles()
	if err != nil {
		return nil, err
	}
	layer, err := layerOf(files...)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	return mutate.AppendLayers(image, layer)
}

// push sends the image to the registry in its name, and prints it with its digest.
func push(ctx context.Context, to string, index v1.ImageIndex) error {
	tag, err := name.NewTag(to)
	if err != nil {
		return fmt.Errorf("reading -name: %w", err)
	}
	if err := remote.WriteIndex(tag, index, remoteOptions(ctx)...); err != nil {
		return fmt.Errorf("pushing the image: %w", err)
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	fmt.Printf("pushed %s@%s\n", tag.Context(), digest)
	return nil
}

func remoteOptions(ctx context.Context, more ...remote.Option) []remote.Option {
	return append(more, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
}
