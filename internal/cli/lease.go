//go:build !host

package cli

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// Variables that tell the operator which pod it runs in. The manifests set them by
// the downward API.
const (
	podNameEnv      = "POD_NAME"
	podNamespaceEnv = "POD_NAMESPACE"
	podUIDEnv       = "POD_UID"
)

// namespaceFile is where Kubernetes tells a pod its namespace.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// leaseLock returns the lease of a name.
func leaseLock(config *rest.Config, namespace, name string, renewDeadline time.Duration, getenv func(string) string) (resourcelock.Interface, error) {
	if namespace = cmp.Or(namespace, getenv(podNamespaceEnv)); namespace == "" {
		content, err := os.ReadFile(namespaceFile)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, errors.New("the operator does not run in a pod: set --leader-elect-namespace, or --leader-elect=false")
		}
		if err != nil {
			return nil, fmt.Errorf("reading the namespace of the pod: %w", err)
		}
		namespace = strings.TrimSpace(string(content))
	}
	identity, err := leaseIdentity(getenv)
	if err != nil {
		return nil, err
	}
	lock, err := resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, namespace, name,
		resourcelock.ResourceLockConfig{Identity: identity}, config, renewDeadline)
	if err != nil {
		return nil, fmt.Errorf("making the lock of the lease: %w", err)
	}
	return lock, nil
}

// leaseIdentity returns what tells this operator from others that want the same
// lease. A process has the identity of its pod: after it was killed, the next one
// in the same pod finds that it holds the lease already, and need not wait until
// it runs out. Kubernetes starts a container again only after its last process has
// ended, so that two never run with one identity. A new pod has another UID.
// Outside of pods, each process has an identity of its own.
func leaseIdentity(getenv func(string) string) (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("reading the host's name: %w", err)
	}
	return cmp.Or(getenv(podNameEnv), host) + "_" + cmp.Or(getenv(podUIDEnv), rand.Text()), nil
}

// leaseName returns the name of the lease that operators with the same selector and
// namespaces compete for. It differs for each of them: they do different work.
func leaseName(selector labels.Selector, namespaces []string) string {
	const domain = ".accessnotifier.dev"
	if selector.Empty() && len(namespaces) == 0 {
		return "access-notifier" + domain
	}
	work := append([]string{selector.String()}, slices.Compact(slices.Sorted(slices.Values(namespaces)))...)
	sum := sha256.Sum256([]byte(strings.Join(work, "\n")))
	return "access-notifier-" + hex.EncodeToString(sum[:4]) + domain
}
