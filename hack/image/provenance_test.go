package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// The rules are those of https://slsa.dev/spec/v1.0/provenance and in-toto's statement of version 1.
func TestProvenance(t *testing.T) {
	o := prepared(t)
	o.invocation = "https://builder.test/runs/7"
	index, err := assemble(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(o.binaries, "provenance.slsa.json")
	if err := writeProvenance(file, o, index); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got statement
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatal(err)
	}
	found, err := check(t.Context(), write(t, o, index), o)
	if err != nil {
		t.Fatal(err)
	}
	definition := got.Predicate.BuildDefinition
	for what, pair := range map[string][2]string{
		"type":             {got.Type, "https://in-toto.io/Statement/v1"},
		"predicate's type": {got.PredicateType, "https://slsa.dev/provenance/v1"},
		"subject":          {got.Subject[0].Name, "registry.test/access-notifier"},
		"digest":           {"sha256:" + got.Subject[0].Digest["sha256"], found.digest.String()},
		"builder":          {got.Predicate.RunDetails.Builder.ID, "https://builder.test/1"},
		"run":              {got.Predicate.RunDetails.Metadata.InvocationID, "https://builder.test/runs/7"},
		"type of build":    {definition.BuildType, "https://github.com/accessnotifier/accessnotifier/tree/main/hack/image"},
		"source":           {definition.ExternalParameters.Source, definition.ResolvedDependencies[0].URI},
		"version":          {definition.ExternalParameters.Version, testVersion},
		"commit":           {definition.ResolvedDependencies[0].Digest["gitCommit"], "0123abcd"},
		"architecture":     {definition.InternalParameters["arm64"]["GOARCH"], "arm64"},
		"paths":            {definition.InternalParameters["amd64"]["-trimpath"], "true"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("the %s is %q, want %q", what, pair[0], pair[1])
		}
	}
	checkMaterials(t, o, definition.ResolvedDependencies[1:])
}

// checkMaterials compares them with what "go version -m" says.
func checkMaterials(t *testing.T, o options, materials []resource) {
	t.Helper()
	want := map[string]bool{}
	for path, version := range linkedModules(t, o) {
		want[purl(path, version)] = path != stdlib
	}
	for _, m := range materials {
		hashed, ok := want[m.URI]
		if !ok || hashed != (len(m.Digest["dirHash"]) == 64) {
			t.Errorf("the material %+v is not linked, there twice, or lacks its checksum", m)
		}
		delete(want, m.URI)
	}
	if len(want) > 0 {
		t.Errorf("these materials are missing: %v", want)
	}
}

func TestProvenanceOnAnotherBaseNamesIt(t *testing.T) {
	o := prepared(t)
	o.base, o.revision = "registry.test/base@sha256:0", ""
	materials, err := o.materials()
	if err != nil {
		t.Fatal(err)
	}
	if materials[0].URI != "oci://registry.test/base@sha256:0" {
		t.Errorf("the first material is %+v", materials[0])
	}
}
