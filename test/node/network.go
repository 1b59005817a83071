package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
	"github.com/accessnotifier/accessnotifier/test/node/cluster"
)

const (
	// dialArgument is the argument before an address that this program is to connect to.
	dialArgument = "dial"
	dialWithin   = 3 * time.Second
)

// dial says by its exit status whether an address takes connections.
func dial(ctx context.Context, address string) (status int) {
	connection, err := (&net.Dialer{Timeout: dialWithin}).DialContext(ctx, "tcp", address)
	if err != nil {
		return 1
	}
	if err := connection.Close(); err != nil {
		return 1
	}
	return 0
}

// attempt is a connection that somebody tries to make.
type attempt struct {
	what string
	from *corev1.Pod
	to   string
	// allowed is true if the NetworkPolicy lets it through.
	allowed bool
}

// networkPolicy: with the chart's policy, the operator does all its work, reaches nothing else,
// and is reached by those only that the values name. Without it, all of that is open.
func (t *trial) networkPolicy(ctx context.Context) (string, error) {
	// It listens in vain: no port of the values is that one.
	closed, err := net.Listen("tcp", net.JoinHostPort(t.host, "0"))
	if err != nil {
		return "", err
	}
	defer closed.Close()
	if err := t.own.EnforcePolicies(ctx); err != nil {
		return "", err
	}
	gate, err := t.bystander(ctx, operators, "gate")
	if err != nil {
		return "", err
	}
	stranger, err := t.bystander(ctx, tenants, "stranger")
	if err != nil {
		return "", err
	}
	count := 0
	for _, enabled := range []bool{false, true} {
		operator, err := t.alone(ctx, enabled)
		if err != nil {
			return "", err
		}
		at := func(port string) string { return net.JoinHostPort(operator.Status.PodIP, port) }
		attempts := []attempt{
			{"the operator reaches the API server", operator, net.JoinHostPort(t.host, "443"), true},
			{"the operator reaches Teleport", operator, t.world.address(), true},
			{"the operator reaches the kubelet", operator, net.JoinHostPort(t.host, "10250"), !enabled},
			{"the operator reaches what no value names", operator, closed.Addr().String(), !enabled},
			{"who may have metrics reaches them", gate, at("8443"), true},
			{"who may report clicks reaches the listener", gate, at("8444"), true},
			{"who may have metrics reaches the probes", gate, at("8081"), !enabled},
			{"a stranger reaches the metrics", stranger, at("8443"), !enabled},
			{"a stranger reaches the listener", stranger, at("8444"), !enabled},
			{"a stranger reaches the probes", stranger, at("8081"), !enabled},
			{"a stranger reaches others", stranger, closed.Addr().String(), true},
		}
		for _, a := range attempts {
			if err := wait.For(ctx, within, pollEvery, func() error { return t.attempted(ctx, a) }); err != nil {
				return "", fmt.Errorf("with networkPolicy.enabled %t: %w", enabled, err)
			}
		}
		count += len(attempts)
	}
	details, err := t.deliver(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s; %d attempts to connect", details, count),
		errors.Join(t.kube.awaitNotifiers(ctx, len(t.world.chats)), t.own.Alive())
}

// alone runs one operator that listens for clicks, with or without the policy, and returns its pod.
func (t *trial) alone(ctx context.Context, policy bool) (*corev1.Pod, error) {
	values := t.values()
	values["replicaCount"] = 1
	values["review"] = map[string]any{"listener": map[string]any{"enabled": true, "url": "https://access.example.com"}}
	gate := []any{map[string]any{"podSelector": map[string]any{"matchLabels": map[string]any{"role": "gate"}}}}
	values["networkPolicy"] = map[string]any{
		"enabled": policy, "apiServerPorts": []int{443}, "egressPorts": []int{}, "metricsFrom": gate, "reviewFrom": gate,
	}
	if err := t.kube.helm(ctx, values, "upgrade", release, t.kube.chart, "--wait", "--timeout=3m"); err != nil {
		return nil, err
	}
	var operator *corev1.Pod
	return operator, wait.For(ctx, within, pollEvery, func() error {
		pods, err := t.kube.pods(ctx)
		if err != nil {
			return err
		}
		if len(pods) != 1 || pods[0].Status.PodIP == "" {
			return fmt.Errorf("there are %d pods, want one with an address", len(pods))
		}
		operator = &pods[0]
		return nil
	})
}

// bystander makes a pod that does nothing, and waits until it runs.
func (t *trial) bystander(ctx context.Context, namespace, name string) (*corev1.Pod, error) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"role": name}},
		Spec: corev1.PodSpec{
			AutomountServiceAccountToken:  new(false),
			TerminationGracePeriodSeconds: new(int64(1)),
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: name, Image: cluster.PauseImage, ImagePullPolicy: corev1.PullNever,
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
	if err := t.kube.Create(ctx, pod); err != nil {
		return nil, err
	}
	return pod, wait.For(ctx, within, pollEvery, func() error {
		if err := t.kube.Get(ctx, client.ObjectKeyFromObject(pod), pod); err != nil {
			return err
		}
		if pod.Status.Phase != corev1.PodRunning || pod.Status.PodIP == "" {
			return fmt.Errorf("pod %s is %s", name, pod.Status.Phase)
		}
		return nil
	})
}

// attempted fails unless a connection is made, or not, as it should be.
func (t *trial) attempted(ctx context.Context, a attempt) error {
	_, container, _ := strings.Cut(a.from.Status.ContainerStatuses[0].ContainerID, "://")
	processes, err := t.own.Processes(string(a.from.UID), container)
	if err != nil {
		return err
	}
	if len(processes) == 0 {
		return fmt.Errorf("pod %s has no process", a.from.Name)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	network := fmt.Sprintf("--net=/proc/%d/ns/net", processes[0])
	output, err := exec.CommandContext(ctx, "nsenter", network, self, dialArgument, a.to).CombinedOutput()
	if _, refused := errors.AsType[*exec.ExitError](err); err != nil && (!refused || len(output) > 0) {
		return fmt.Errorf("connecting from pod %s: %w: %s", a.from.Name, err, output)
	}
	if connected := err == nil; connected != a.allowed {
		return fmt.Errorf("%s, at %s: %t, want %t", a.what, a.to, connected, a.allowed)
	}
	return nil
}
