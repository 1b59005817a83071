package helm

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

const (
	// within bounds every wait. Nothing takes nearly as long.
	within = 30 * time.Second
	// pollEvery is how often something is looked at that cannot tell by itself.
	pollEvery = 50 * time.Millisecond
)

// operator is the operator as a process, with the arguments of a Deployment and
// a token of its ServiceAccount.
type operator struct {
	command *exec.Cmd
	metrics string
	log     lockedBuffer
}

// runOperator starts the operator of a release and waits until it is ready. More
// arguments and environment variables come after those of the Deployment.
func runOperator(t *testing.T, namespace string, arguments, environment []string) *operator {
	t.Helper()
	var deployment appsv1.Deployment
	get(t, namespace, release, &deployment)
	pod := deployment.Spec.Template.Spec
	kubeconfig := serviceAccountKubeconfig(t, namespace, pod.ServiceAccountName)

	// This machine has other ports free than a pod.
	health, metrics := freeAddress(t), freeAddress(t)
	all := append(pod.Containers[0].Args[:len(pod.Containers[0].Args):len(pod.Containers[0].Args)],
		"--health-probe-bind-address="+health, "--metrics-bind-address="+metrics, "--allow-networks=127.0.0.0/8")
	o := &operator{command: exec.Command(operatorBinary(), append(all, arguments...)...), metrics: "https://" + metrics + "/metrics"}
	o.command.Env = append([]string{"KUBECONFIG=" + kubeconfig}, environment...)
	o.command.Stdout, o.command.Stderr = &o.log, &o.log
	if err := o.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the operator's log:\n%s", o.log.String())
		}
		if o.command.ProcessState == nil {
			_ = o.command.Process.Kill() // it may have ended already
			_ = o.command.Wait()         // it was killed
		}
	})
	await(t, "the operator is ready", func() error {
		status, err := answer(t.Context(), "http://"+health+"/readyz", "")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("it answers %d", status)
		}
		return err
	})
	return o
}

// stop ends the operator as a kubelet does.
func (o *operator) stop(t *testing.T) {
	t.Helper()
	if err := o.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- o.command.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Fatalf("the operator ended with %v", err)
		}
	case <-time.After(within):
		t.Fatal("the operator does not end")
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
	deadline := time.After(within)
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("waiting until %s: %v", what, err)
		case <-ticker.C:
		}
	}
}

// freeAddress returns an address on the loopback interface that was free a
// moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// lockedBuffer is a buffer that a process may write to while it is read.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
