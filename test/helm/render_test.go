package helm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// kindKnown tells Helm that the cluster knows AccessNotifiers.
const kindKnown = "--api-versions=accessnotifier.dev/v1alpha1/AccessNotifier"

func TestLint(t *testing.T) {
	for _, file := range valueFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			if _, err := runHelm(t, "", "lint", "--strict", "--values="+file, chart()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestGolden shows in a review what a change of the chart does. The CRD and the
// dashboard are left out, as other tests compare them with their sources.
func TestGolden(t *testing.T) {
	for _, file := range valueFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := render(t, readFile(t, file), "--set=crds.enabled=false,metrics.dashboard.enabled=false", kindKnown)
			// A template's source is its file; blank lines mean nothing.
			got = strings.ReplaceAll(got, "\n\n", "\n")
			golden := filepath.Join("testdata", "golden", filepath.Base(file))
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(readFile(t, golden), got); diff != "" {
				t.Errorf("the output is not that of %s; run `make helm-test UPDATE=1` if it should be (-want +got):\n%s", golden, diff)
			}
		})
	}
}

func TestCRD(t *testing.T) {
	source := one[apiextensionsv1.CustomResourceDefinition](t,
		objects(t, readFile(t, root, "config", "crd", "bases", "accessnotifier.dev_accessnotifiers.yaml")), "CustomResourceDefinition")
	const keep = "helm.sh/resource-policy"
	for _, test := range []struct {
		values, policy string
	}{
		{"", "keep"},
		{"crds: {keep: false}", ""},
	} {
		got := one[apiextensionsv1.CustomResourceDefinition](t, objects(t, render(t, test.values)), "CustomResourceDefinition")
		if diff := cmp.Diff(source.Spec, got.Spec); diff != "" {
			t.Errorf("with %q the CRD is not that of config/crd (-want +got):\n%s", test.values, diff)
		}
		if got.Annotations[keep] != test.policy {
			t.Errorf("with %q annotation %s = %q, want %q", test.values, keep, got.Annotations[keep], test.policy)
		}
	}
	if found := find[apiextensionsv1.CustomResourceDefinition](t, objects(t, render(t, "crds: {enabled: false}")), "CustomResourceDefinition"); len(found) > 0 {
		t.Error("there is a CRD though crds.enabled is false")
	}
}

// TestNotifiersWait shows that AccessNotifiers come after everything else when
// their kind comes with the same release, and only then.
func TestNotifiersWait(t *testing.T) {
	values := readFile(t, "testdata", "values", "namespaced.yaml")
	for _, test := range []struct {
		name string
		args []string
		hook string
	}{
		{"the kind comes with the release", nil, "post-install,post-upgrade"},
		{"the cluster knows the kind", []string{kindKnown}, ""},
		{"another release installs the CRD", []string{"--set=crds.enabled=false"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			notifiers := find[v1alpha1.AccessNotifier](t, objects(t, render(t, values, test.args...)), v1alpha1.Kind)
			if len(notifiers) != 2 {
				t.Fatalf("there are %d AccessNotifiers, want 2", len(notifiers))
			}
			for _, notifier := range notifiers {
				if hook := notifier.Annotations["helm.sh/hook"]; hook != test.hook {
					t.Errorf("%s: helm.sh/hook = %q, want %q", notifier.Name, hook, test.hook)
				}
			}
		})
	}
}

func valueFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "values", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no values in testdata: %v", err)
	}
	return files
}
