package controlplane_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

var plane *controlplane.ControlPlane

func TestMain(m *testing.M) {
	// Any flag that differs from the default and can be seen from outside.
	options := controlplane.Options{APIServerFlags: map[string][]string{
		"service-account-issuer": {"https://issuer.example.com"},
	}}
	os.Exit(controlplane.Main(m, options, &plane))
}

func TestWithoutBinariesItSaysWhatToDo(t *testing.T) {
	t.Setenv("KUBEBUILDER_ASSETS", "")

	_, err := controlplane.Start(controlplane.Options{})
	if !errors.Is(err, controlplane.ErrNoBinaries) {
		t.Fatalf("Start() error = %v, want ErrNoBinaries", err)
	}
	if !strings.Contains(err.Error(), "make test") {
		t.Errorf("error %q does not say to run make test", err)
	}
}

func TestWrongBinariesAreAnError(t *testing.T) {
	t.Setenv("KUBEBUILDER_ASSETS", t.TempDir())

	if _, err := controlplane.Start(controlplane.Options{}); err == nil {
		t.Error("Start() succeeded without binaries")
	}
}

func TestCRDsAreInstalled(t *testing.T) {
	var notifiers v1alpha1.AccessNotifierList
	if err := plane.Client().List(t.Context(), &notifiers); err != nil {
		t.Errorf("listing AccessNotifiers: %v", err)
	}
}

func TestFlagsReachTheAPIServer(t *testing.T) {
	clients, err := kubernetes.NewForConfig(plane.Config())
	if err != nil {
		t.Fatal(err)
	}
	body, err := clients.RESTClient().Get().AbsPath("/.well-known/openid-configuration").DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(body), "https://issuer.example.com") {
		t.Errorf("the issuer is not the one asked for: %s", body)
	}
}

func TestUsersAreUnderRBAC(t *testing.T) {
	plain, err := plane.AddUser("plain")
	if err != nil {
		t.Fatal(err)
	}
	admin, err := plane.AddUser("admin", "system:masters")
	if err != nil {
		t.Fatal(err)
	}
	if err := listSecrets(t, plain.Kubeconfig); !apierrors.IsForbidden(err) {
		t.Errorf("a user without rights lists Secrets: error = %v, want Forbidden", err)
	}
	if err := listSecrets(t, admin.Kubeconfig); err != nil {
		t.Errorf("an administrator cannot list Secrets: %v", err)
	}
	if err := listSecrets(t, plane.Kubeconfig()); err != nil {
		t.Errorf("the control plane's own kubeconfig does not work: %v", err)
	}
}

func TestNamespacesAreNew(t *testing.T) {
	first, err := plane.CreateNamespace(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	second, err := plane.CreateNamespace(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if first == second {
		t.Errorf("got namespace %s twice", first)
	}
}

func TestRepositoryRoot(t *testing.T) {
	root, err := controlplane.RepositoryRoot()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "config", "crd", "bases")); err != nil {
		t.Error(err)
	}

	t.Chdir(t.TempDir())
	if root, err := controlplane.RepositoryRoot(); err == nil {
		t.Errorf("found the root %s from outside the repository", root)
	}
}

func listSecrets(t *testing.T, kubeconfig []byte) error {
	t.Helper()
	config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c.List(t.Context(), &corev1.SecretList{})
}
