package helm

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// TestInstaller applies what `make build-installer` writes, and wants the operator
// to work with it.
func TestInstaller(t *testing.T) {
	const own = "access-notifier-system"
	all := kustomize(t, "default")
	for i, object := range all {
		if object.GetKind() == "Namespace" {
			create(t, object.DeepCopy())
			all = append(all[:i:i], all[i+1:]...)
			break
		}
	}
	for _, object := range all {
		createStrictly(t, object)
	}
	apply(t, all)
	checkPod(t, own, release)

	w, monitoring := newWorld(t, []string{newNamespace(t), newNamespace(t)}), newNamespace(t)
	reader := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": map[string]any{"name": "prometheus"},
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "access-notifier-metrics-reader"},
		"subjects": []any{map[string]any{"kind": "ServiceAccount", "namespace": monitoring, "name": "prometheus"}},
	}}
	apply(t, []*unstructured.Unstructured{reader})
	flags := []string{"--messenger-url=Slack=" + w.slack.URL(), "--leader-elect-namespace=" + own}
	w.live(t, mode{reminds: true}, own, monitoring, flags)
	checkRights(t, own, release)
	for _, object := range all {
		checkDrift(t, object)
	}
}

// TestKustomizeVariants builds the default with what it has commented out.
func TestKustomizeVariants(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	if err := os.CopyFS(config, os.DirFS(filepath.Join(root, "config"))); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(config, "default", "kustomization.yaml")
	complete := strings.ReplaceAll(readFile(t, file), "  # - ../", "  - ../")
	if err := os.WriteFile(file, []byte(complete), 0o600); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, object := range kustomizeIn(t, filepath.Join(config, "default")) {
		kinds[object.GetKind()]++
		if namespace := object.GetNamespace(); namespace != "" && namespace != "access-notifier-system" {
			t.Errorf("%s %s is in namespace %s", object.GetKind(), object.GetName(), namespace)
		}
		if object.GetKind() == "NetworkPolicy" {
			object.SetNamespace(newNamespace(t))
			createStrictly(t, object)
		}
	}
	for _, kind := range []string{"NetworkPolicy", "ServiceMonitor", "Deployment", "CustomResourceDefinition", "ValidatingAdmissionPolicy"} {
		if kinds[kind] != 1 {
			t.Errorf("there are %d of kind %s, want 1: %v", kinds[kind], kind, kinds)
		}
	}
}

// published is where releases have the chart.
const published = "oci://ghcr.io/accessnotifier/charts/access-notifier"

// TestReadme does what README.md says about Helm, word by word.
func TestReadme(t *testing.T) {
	forgetCRD(t)
	section := between(t, readFile(t, root, "README.md"), "\n## Install it\n", "\n## ")
	t.Chdir(root)
	const own = "access-notifier"
	t.Cleanup(func() { uninstallOnce(t, own) })
	installs := regexp.MustCompile(`(?m)^helm (install (?:.*\\\n)*.*)$`).FindAllStringSubmatch(section, -1)
	if len(installs) != 2 {
		t.Fatalf("README.md says in %d ways how to install with Helm, want by a release and by a clone", len(installs))
	}
	for _, install := range installs {
		uninstallOnce(t, own)
		command := strings.NewReplacer(published, chart(), "\\\n", " ").Replace(install[1])
		if _, err := runHelm(t, "", strings.Fields(command)...); err != nil {
			t.Fatal(err)
		}
	}
	if found := missing(t, own); len(found) != 1 || found[0] != v1alpha1.Kind {
		t.Errorf("after the installation there is no %v", found)
	}

	w := newWorld(t, nil)
	namespace := newNamespace(t)
	create(t, w.identitySecret(t, namespace, "access-notifier-identity"))
	create(t, &corev1.Secret{ObjectMeta: named(namespace, "slack-bot"), Data: map[string][]byte{"token": []byte(w.token)}})
	object := objects(t, between(t, section, "```yaml\n", "```"))[0]
	object.SetNamespace(namespace)
	createStrictly(t, object)
	// All but where Teleport is.
	if err := unstructured.SetNestedField(object.Object, w.teleport.Addr(), "spec", "teleport", "address"); err != nil {
		t.Fatal(err)
	}
	create(t, object)
	w.channels[namespace] = w.slack.AddChannel("access-requests")
	w.slack.AddUser("alice@example.com")

	o := runOperator(t, own, []string{"--messenger-url=Slack=" + w.slack.URL()}, nil)
	await(t, "the notifier is ready", func() error { return readyNamed(t, namespace, object.GetName(), metav1.ConditionTrue) })
	stop(t, o)
	if err := plane.Client().Delete(t.Context(), object); err != nil {
		t.Error(err)
	}
}

// between returns the text after begin, up to end.
func between(t *testing.T, text, begin, end string) string {
	t.Helper()
	_, after, ok := strings.Cut(text, begin)
	found, _, closed := strings.Cut(after, end)
	if !ok || !closed {
		t.Fatalf("there is nothing between %q and %q", begin, end)
	}
	return found
}

// TestUpgrade upgrades every older chart to this one while AccessNotifiers are at
// work. The old charts are never packaged anew.
func TestUpgrade(t *testing.T) {
	old, err := filepath.Glob(filepath.Join("testdata", "charts", "*.tgz"))
	if err != nil || len(old) == 0 {
		t.Fatalf("there are no old charts: %v", err)
	}
	for _, archive := range old {
		t.Run(filepath.Base(archive), func(t *testing.T) {
			forgetCRD(t)
			own := newNamespace(t)
			in, values := "--namespace="+own, notifiers("first", "from-values")
			helm(t, values, "install", release, archive, in)
			t.Cleanup(func() { uninstallOnce(t, own) })
			w := newWorld(t, []string{own})
			before := map[string]*v1alpha1.AccessNotifier{
				"approvals": notifier(t, own, "approvals"), "from-values": notifier(t, own, "from-values"),
			}
			flags := []string{"--messenger-url=Slack=" + w.slack.URL()}
			o := runOperator(t, own, flags, nil)
			w.checkDelivery(t)

			helm(t, "", "upgrade", release, chart(), in, "--reset-then-reuse-values")
			w.checkDelivery(t) // by what still runs
			stop(t, o)
			checkPod(t, own, release)
			o = runOperator(t, own, flags, nil)
			w.checkDelivery(t)
			stop(t, o)
			for name, old := range before {
				if got := notifier(t, own, name); got.UID != old.UID || got.Generation != old.Generation {
					t.Errorf("the upgrade has changed AccessNotifier %s", name)
				}
			}
			if found := missing(t, own); len(found) > 0 {
				t.Errorf("after the upgrade there is no %v", found)
			}
			uninstall(t, own)
			if found := present(t, own); len(found) > 0 {
				t.Errorf("uninstalling left %v", found)
			}
			notifier(t, own, "approvals") // it has outlived the release; the test deletes it
		})
	}
}

// uninstallOnce uninstalls the release unless that has been done.
func uninstallOnce(t *testing.T, namespace string) {
	t.Helper()
	if _, err := runHelmWithin(context.Background(), t, "", "status", release, "--namespace="+namespace); err == nil {
		uninstall(t, namespace)
	}
}

func namespaceNamed(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

func established(t *testing.T, definition *unstructured.Unstructured) error {
	t.Helper()
	conditions, _, err := unstructured.NestedSlice(live(t, definition).Object, "status", "conditions")
	if err != nil {
		return err
	}
	for _, condition := range conditions {
		if c, ok := condition.(map[string]any); ok && c["type"] == "Established" && c["status"] == "True" {
			return nil
		}
	}
	return fmt.Errorf("the conditions of %s are %v", definition.GetName(), conditions)
}
