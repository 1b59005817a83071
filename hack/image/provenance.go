package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// source is where our sources are, as SLSA names them.
const source = "git+" + repository

// statement is an in-toto statement of version 1 with a provenance of SLSA 1.0, see
// https://slsa.dev/spec/v1.0/provenance. It says from what the image was built, so that it
// can be built again; who built it is signed by who signs the statement.
type statement struct {
	Type          string     `json:"_type"`
	Subject       []resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     provenance `json:"predicate"`
}

type provenance struct {
	BuildDefinition buildDefinition `json:"buildDefinition"`
	RunDetails      runDetails      `json:"runDetails"`
}

type buildDefinition struct {
	BuildType string `json:"buildType"`
	// ExternalParameters are what who builds chooses.
	ExternalParameters externalParameters `json:"externalParameters"`
	// InternalParameters are the settings of Go's that the Makefile chooses, by architecture.
	InternalParameters   map[string]map[string]string `json:"internalParameters"`
	ResolvedDependencies []resource                   `json:"resolvedDependencies"`
}

type externalParameters struct {
	Source  string `json:"source"`
	Version string `json:"version"`
	Base    string `json:"base,omitempty"`
	// SourceDateEpoch is in seconds.
	SourceDateEpoch int64 `json:"sourceDateEpoch"`
}

type runDetails struct {
	Builder struct {
		ID string `json:"id"`
	} `json:"builder"`
	Metadata struct {
		InvocationID string `json:"invocationId,omitempty"`
	} `json:"metadata"`
}

// resource is something with a digest, see the ResourceDescriptor of in-toto.
type resource struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

// writeProvenance writes from what the image was built.
func writeProvenance(path string, o options, index v1.ImageIndex) error {
	made, err := o.provenanceOf(index)
	if err != nil {
		return fmt.Errorf("making the provenance: %w", err)
	}
	encoded, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(encoded, '\n'), 0o644)
}

func (o options) provenanceOf(index v1.ImageIndex) (*statement, error) {
	digest, err := index.Digest()
	if err != nil {
		return nil, err
	}
	tag, err := name.NewTag(o.name)
	if err != nil {
		return nil, fmt.Errorf("reading -name: %w", err)
	}
	definition := buildDefinition{
		BuildType: repository + "/tree/main/hack/image",
		ExternalParameters: externalParameters{
			Source: source, Version: o.version, Base: o.base, SourceDateEpoch: o.date.Unix(),
		},
		InternalParameters: map[string]map[string]string{},
	}
	if definition.ResolvedDependencies, err = o.materials(); err != nil {
		return nil, err
	}
	for _, architecture := range architectures {
		info, err := buildinfo.ReadFile(o.binary(architecture))
		if err != nil {
			return nil, err
		}
		definition.InternalParameters[architecture] = settingsOf(info)
	}
	made := &statement{
		Type: "https://in-toto.io/Statement/v1", PredicateType: "https://slsa.dev/provenance/v1",
		Subject: []resource{{Name: tag.Context().Name(), Digest: map[string]string{digest.Algorithm: digest.Hex}}},
	}
	made.Predicate.BuildDefinition = definition
	made.Predicate.RunDetails.Builder.ID = o.builder
	made.Predicate.RunDetails.Metadata.InvocationID = o.invocation
	return made, nil
}

// materials are all that goes into the image: the commit, and modules by their names.
func (o options) materials() ([]resource, error) {
	var modules []*debug.Module
	for _, architecture := range architectures {
		info, err := buildinfo.ReadFile(o.binary(architecture))
		if err != nil {
			return nil, err
		}
		modules = append(modules, modulesOf(info)...)
	}
	if o.base == "" {
		roots, err := rootsModule()
		if err != nil {
			return nil, err
		}
		modules = append(modules, roots)
	}
	var all []resource
	if o.revision != "" {
		all = append(all, resource{URI: source, Digest: map[string]string{"gitCommit": o.revision}})
	}
	if o.base != "" {
		all = append(all, resource{URI: "oci://" + o.base})
	}
	slices.SortFunc(modules, func(a, b *debug.Module) int { return strings.Compare(a.Path, b.Path) })
	modules = slices.CompactFunc(modules, func(a, b *debug.Module) bool { return a.Path == b.Path && a.Version == b.Version })
	for _, m := range modules {
		one, err := material(m)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// material is a module with its checksum of go.sum. Go's library has none.
func material(m *debug.Module) (resource, error) {
	named := resource{URI: purl(m.Path, m.Version)}
	if m.Sum == "" {
		return named, nil
	}
	digest, err := directoryHash(m.Sum)
	named.Digest = map[string]string{"dirHash": digest}
	return named, err
}

// settingsOf returns how a binary was built.
func settingsOf(info *buildinfo.BuildInfo) map[string]string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	return settings
}
