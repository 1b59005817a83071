package helm

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// within bounds every wait. Nothing takes nearly as long.
const within = 30 * time.Second

// runOperator starts the operator of a release and waits until it is ready. More
// arguments and environment variables come after those of the Deployment.
func runOperator(t *testing.T, namespace string, arguments, environment []string) *launch.Process {
	t.Helper()
	var deployment appsv1.Deployment
	get(t, namespace, release, &deployment)
	pod := deployment.Spec.Template.Spec
	args := pod.Containers[0].Args
	if len(args) == 0 || args[0] != "manager" {
		t.Fatalf("the Deployment's arguments are %q", args)
	}
	o, err := launch.Operator(t.Context(), launch.Config{
		Binary:     operatorBinary(),
		Kubeconfig: serviceAccountKubeconfig(t, namespace, pod.ServiceAccountName),
		Args:       slices.Concat(args[1:], arguments),
		Env:        environment,
		Metrics:    !slices.Contains(args, "--metrics-bind-address=0"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the operator ends%s", o.LogTail())
		}
		o.Kill()
	})
	if err := o.AwaitReady(t.Context(), within); err != nil {
		t.Fatal(err)
	}
	return o
}

// stop ends the operator as a kubelet does.
func stop(t *testing.T, o *launch.Process) {
	t.Helper()
	if err := o.Stop(); err != nil {
		t.Fatal(err)
	}
}

// token asks the API server for a token of a ServiceAccount.
func token(t *testing.T, namespace, account string) string {
	t.Helper()
	clients, err := kubernetes.NewForConfig(plane.Config())
	if err != nil {
		t.Fatal(err)
	}
	request, err := clients.CoreV1().ServiceAccounts(namespace).
		CreateToken(t.Context(), account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

func serviceAccountKubeconfig(t *testing.T, namespace, account string) string {
	t.Helper()
	const name = "test"
	config := plane.Config()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	err := clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{name: {Server: config.Host, CertificateAuthorityData: config.CAData}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{name: {Token: token(t, namespace, account)}},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: name}},
		CurrentContext: name,
	}, file)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// answer returns the status of the answer to a GET, with a bearer token if there
// is one. The metrics' certificate is self-signed.
func answer(ctx context.Context, url, bearer string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, err
	}
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport, Timeout: within}).Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

// await tries until it works, or fails the test.
func await(t *testing.T, what string, try func() error) {
	t.Helper()
	wait.Test(t, within, what, try)
}
