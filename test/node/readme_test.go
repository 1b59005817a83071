package main

import (
	"slices"
	"testing"
)

// TestTheReadmeSaysHowToInstallFromAClone keeps what the check on a node reads of it.
func TestTheReadmeSaysHowToInstallFromAClone(t *testing.T) {
	image, helm, err := fromClone()
	want := []string{"install", release, "charts/access-notifier", "--set", "image.tag=clone", "--namespace", release, "--create-namespace"}
	if err != nil || image != "ghcr.io/accessnotifier/access-notifier:clone" || !slices.Equal(helm, want) {
		t.Errorf("%q, %q, %v", image, helm, err)
	}
}
