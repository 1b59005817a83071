package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// trial plays the checks.
type trial struct {
	site
	kube  *kube
	world *world
	// settings are further values of the chart.
	settings map[string]any
}

// check is one thing that is tried.
type check struct {
	name string
	run  func(*trial, context.Context) (details string, err error)
	// needed checks end the trial when they fail: nothing after them can work.
	needed bool
	// node checks need the node itself.
	node bool
}

// checks are all that is tried, in this order.
var checks = []check{
	{name: "restricted", run: (*trial).restricted, needed: true},
	{name: "install", run: (*trial).install, needed: true},
	{name: "deliver", run: (*trial).deliver, needed: true},
	{name: "leader-deleted", run: (*trial).leaderDeleted},
	{name: "leader-killed", run: (*trial).leaderKilled, node: true},
	{name: "rolling-upgrade", run: (*trial).rollingUpgrade},
	{name: "api-server-restarted", run: (*trial).apiServerRestarted, node: true},
	{name: "identity-rotated", run: (*trial).identityRotated},
	{name: "bad-image-rolled-back", run: (*trial).badImage},
	{name: "memory", run: (*trial).memory, node: true},
	{name: "network-policy", run: (*trial).networkPolicy, node: true},
	{name: "nothing-lost-nothing-twice", run: (*trial).inTheEnd},
	{name: "uninstall", run: (*trial).uninstall},
	{name: "readme", run: (*trial).readme, node: true},
}

// summary counts checks.
type summary struct {
	ok, failed, skipped int
}

// String is the last line.
func (s summary) String() string {
	return fmt.Sprintf("node: %d checks, %d ok, %d failed, %d skipped", s.ok+s.failed+s.skipped, s.ok, s.failed, s.skipped)
}

func newTrial(ctx context.Context, s site) (*trial, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	k, err := newKube(s.kubeconfig)
	if err != nil {
		return nil, err
	}
	t := &trial{site: s, kube: k}
	// Uninstalling takes the CRD along, and with it what others may have.
	if err := k.refuseOthers(ctx); err != nil {
		return nil, err
	}
	// What a run left that was killed.
	if err := k.remove(ctx, operators, tenants); err != nil {
		return nil, err
	}
	t.world, err = newWorld(s.host)
	return t, err
}

func (t *trial) close() error {
	return errors.Join(t.world.close(), os.RemoveAll(t.kube.scratch))
}

func (t *trial) play(ctx context.Context) (s summary) {
	if t.own != nil {
		s.ok++ // it was started
	}
	for _, c := range checks {
		if c.node && t.own == nil {
			fmt.Printf("check %s skipped: it needs the node itself\n", c.name)
			s.skipped++
			continue
		}
		err := timed(c.name, func() (string, error) { return c.run(t, ctx) })
		if err == nil {
			s.ok++
			continue
		}
		s.failed++
		complain("%s", t.kube.logs(ctx))
		if c.needed || ctx.Err() != nil {
			break
		}
	}
	return s
}

// timed runs a check and prints its line.
func timed(name string, run func() (details string, err error)) error {
	began := time.Now()
	details, err := run()
	took := time.Since(began).Seconds()
	if err != nil {
		fmt.Printf("check %s FAILED (%.1f s): %v\n", name, took, err)
		return err
	}
	fmt.Printf("check %s ok (%.1f s) %s\n", name, took, details)
	return nil
}

// values are those of the chart.
func (t *trial) values() map[string]any {
	colon := strings.LastIndex(t.image, ":")
	notifiers := map[string]any{}
	urls := map[string]any{}
	for _, c := range t.world.chats {
		if !c.OwnServer() {
			urls[string(c.Type)] = c.url
		}
		notifiers[c.name] = map[string]any{"namespace": tenants, "spec": map[string]any{
			"teleport":   map[string]any{"address": t.world.address(), "identitySecretRef": map[string]any{"name": "identity"}},
			"messenger":  c.Spec(c.url, v1alpha1.SecretKeyReference{Name: v1alpha1.SecretName(c.name)}),
			"recipients": []string{c.recipient},
		}}
	}
	values := map[string]any{
		"replicaCount":   replicas,
		"image":          map[string]any{"repository": t.image[:colon], "tag": t.image[colon+1:]},
		"messengerURLs":  urls,
		"caCertificates": map[string]any{"configMapName": "chat-services"},
		"notifiers":      notifiers,
	}
	maps.Copy(values, t.settings)
	return values
}

// restricted makes the namespaces, and sees that they refuse what is not restricted.
func (t *trial) restricted(ctx context.Context) (string, error) {
	for _, name := range []string{operators, tenants} {
		if err := t.kube.namespace(ctx, name); err != nil {
			return "", err
		}
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "privileged", Namespace: operators},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "shell", Image: "shell"}}},
	}
	// The ServiceAccount that every pod has is made a little after its namespace.
	return "pods that are not restricted are refused", wait.For(ctx, within, pollEvery, func() error {
		err := t.kube.Create(ctx, pod.DeepCopy(), client.DryRunAll)
		switch {
		case err == nil:
			return errors.New("the namespace takes any pod")
		case strings.Contains(err.Error(), "violates PodSecurity"):
			return nil
		default:
			return err
		}
	})
}

// install installs the chart, after what it refers to.
func (t *trial) install(ctx context.Context) (string, error) {
	objects := []client.Object{&corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "chat-services", Namespace: operators},
		Data:       map[string]string{"ca.crt": string(t.world.authority.PEM)},
	}}
	for _, c := range t.world.chats {
		objects = append(objects, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: c.name, Namespace: tenants}, StringData: c.Secrets(messengertest.DefaultToken),
		})
	}
	identity, err := t.world.teleport.Identity(teleporttest.IdentityOptions{})
	if err != nil {
		return "", err
	}
	for _, object := range append(objects, secret("identity", "identity", identity.File)) {
		if err := t.kube.Create(ctx, object); err != nil {
			return "", err
		}
	}
	if err := t.kube.helm(ctx, t.values(), "install", release, t.kube.chart, "--wait", "--timeout=3m"); err != nil {
		return "", err
	}
	if err := t.kube.awaitRollout(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d replicas and %d AccessNotifiers are ready", replicas, len(t.world.chats)),
		t.kube.awaitNotifiers(ctx, len(t.world.chats))
}

func secret(name, key string, content []byte) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: tenants}, Data: map[string][]byte{key: content},
	}
}
