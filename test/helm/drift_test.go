package helm

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// TestNoDrift applies the chart's objects and the samples as Argo CD does, lets
// the operator work with them, and wants to see no difference afterwards: no field
// that the API server writes in another way, no default in a spec, no field that
// the operator takes away from whoever applied it.
func TestNoDrift(t *testing.T) {
	namespace := newNamespace(t)
	values := notifiers("first", "from-values") + `
networkPolicy: {enabled: true}
metrics: {readers: [{name: prometheus, namespace: monitoring}]}
caCertificates: {configMapName: company-ca}
proxy: {https: "http://proxy.example.com:3128"}
tbot: {enabled: true, image: {tag: 18.2.0}, teleportProxyAddress: "teleport.example.com:443"}
`
	all := objects(t, helm(t, values, "template", release, chart(), "--namespace="+namespace, kindKnown))
	for _, sample := range kustomize(t, "samples") {
		sample.SetNamespace(namespace)
		all = append(all, sample)
	}
	apply(t, all)

	o := runOperator(t, namespace, nil, nil)
	seen := 0
	for _, object := range all {
		if object.GetKind() != v1alpha1.Kind {
			continue
		}
		seen++
		await(t, "the operator has looked at every AccessNotifier", func() error {
			found := notifier(t, namespace, object.GetName())
			if found.Status.ObservedGeneration != found.Generation || len(found.Status.Conditions) == 0 {
				return fmt.Errorf("not at %s", object.GetName())
			}
			return nil
		})
	}
	if seen < 5 {
		t.Errorf("there are %d AccessNotifiers", seen)
	}
	stop(t, o) // so that no status changes while it is compared
	for _, object := range all {
		checkDrift(t, object)
	}
}

// differences returns where an object is not as wanted. It may have more fields.
func differences(want, got any, path string) []string {
	switch want := want.(type) {
	case map[string]any:
		got, _ := got.(map[string]any)
		var all []string
		for name, value := range want {
			all = append(all, differences(value, got[name], path+"."+name)...)
		}
		return all
	case []any:
		got, _ := got.([]any)
		if len(got) != len(want) {
			return []string{fmt.Sprintf("%s has %d items, want %d", path, len(got), len(want))}
		}
		var all []string
		for i := range want {
			all = append(all, differences(want[i], got[i], fmt.Sprintf("%s[%d]", path, i))...)
		}
		return all
	}
	if fmt.Sprint(want) == fmt.Sprint(got) { // numbers have several types
		return nil
	}
	return []string{fmt.Sprintf("%s is %v, want %v", path, got, want)}
}

// TestDifferences shows that a drift would be found.
func TestDifferences(t *testing.T) {
	want := objects(t, "spec: {a: 1, list: [x, y], map: {b: true}}")[0].Object
	for drifted, found := range map[string]int{
		"spec: {a: 1, list: [x, y], map: {b: true}, more: 1}": 0,
		"spec: {a: 2, list: [x, y], map: {b: true}}":          1,
		"spec: {a: 1, list: [x], map: {b: true}}":             1,
		"spec: {a: 1, list: [y, x], map: {b: true}}":          2,
		"spec: {a: 1, list: [x, y]}":                          1,
	} {
		if got := differences(want, objects(t, drifted)[0].Object, ""); len(got) != found {
			t.Errorf("%s: found %q, want %d differences", drifted, got, found)
		}
	}
}

// TestArgoCDExamples has the API server check the examples by Argo CD's own
// schemas.
func TestArgoCDExamples(t *testing.T) {
	definitions := objects(t, readFile(t, "testdata", "argocd", "crds.yaml"))
	apply(t, definitions)
	for _, definition := range definitions {
		await(t, "the API server knows the kind", func() error { return established(t, definition) })
	}
	create(t, namespaceNamed("argocd"))
	for _, file := range []string{"application.yaml", "applicationset.yaml", "argocd-cm.yaml"} {
		for _, example := range objects(t, readFile(t, root, "config", "argocd", file)) {
			createStrictly(t, example)
		}
	}

	application := objects(t, readFile(t, root, "config", "argocd", "application.yaml"))[0]
	values, _, err := unstructured.NestedMap(application.Object, "spec", "source", "helm", "valuesObject")
	if err != nil {
		t.Fatal(err)
	}
	render(t, encode(t, values))
	version, _, err := unstructured.NestedString(application.Object, "spec", "source", "targetRevision")
	if chart := parse(t, readFile(t, chart(), "Chart.yaml"))["version"]; err != nil || version != chart {
		t.Errorf("the example installs version %s of the chart, which has version %v: %v", version, chart, err)
	}
}
