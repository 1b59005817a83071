package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// burstSize is how many requests a burst makes, if nothing takes longer.
	burstSize = 45
	// apiServerDown is how long there is no API server. The leader's lease may go
	// unrenewed for 10 s.
	apiServerDown = 5 * time.Second
)

func (t *trial) deliver(ctx context.Context) (string, error) {
	from := len(t.world.all(0))
	over := make(chan struct{})
	close(over)
	if err := t.world.burst(ctx, 9, over); err != nil {
		return "", err
	}
	return t.world.settle(ctx, from)
}

// during lets something happen in the middle of a burst, which goes on until it has
// happened, and waits until all that is due is there.
func (t *trial) during(ctx context.Context, happen func(context.Context) error) (string, error) {
	from := len(t.world.all(0))
	group, playing := errgroup.WithContext(ctx)
	over := make(chan struct{})
	group.Go(func() error { return t.world.burst(playing, burstSize, over) })
	group.Go(func() error {
		defer close(over)
		if err := t.world.awaitMessages(playing, from, burstSize); err != nil {
			return err
		}
		return happen(playing)
	})
	if err := group.Wait(); err != nil {
		return "", err
	}
	return t.world.settle(ctx, from)
}

// leaderDeleted: the leader's pod is deleted, as when a node is drained.
func (t *trial) leaderDeleted(ctx context.Context) (string, error) {
	details, err := t.during(ctx, func(ctx context.Context) error {
		before, err := t.kube.leader(ctx)
		if err != nil {
			return err
		}
		if err := t.kube.Delete(ctx, before); err != nil {
			return err
		}
		return t.kube.awaitOtherLeader(ctx, before)
	})
	if err != nil {
		return "", err
	}
	return details, t.kube.awaitRollout(ctx)
}

// leaderKilled: the leader's process is gone without a word. Its successor may be in
// the same pod, which starts it again.
func (t *trial) leaderKilled(ctx context.Context) (string, error) {
	details, err := t.during(ctx, func(ctx context.Context) error {
		killed, err := t.kube.leader(ctx)
		if err != nil {
			return err
		}
		if err := t.kill(killed); err != nil {
			return err
		}
		return t.kube.awaitRestart(ctx, killed)
	})
	if err != nil {
		return "", err
	}
	return details, t.kube.awaitRollout(ctx)
}

// kill ends the process of a pod as "kill -9" does.
func (t *trial) kill(pod *corev1.Pod) error {
	id, _, err := t.process(pod)
	if err != nil {
		return err
	}
	return syscall.Kill(id, syscall.SIGKILL)
}

// rollingUpgrade: all pods are replaced.
func (t *trial) rollingUpgrade(ctx context.Context) (string, error) {
	values := t.values()
	values["podLabels"] = map[string]any{"rollout": "second"}
	details, err := t.during(ctx, func(ctx context.Context) error {
		return t.kube.helm(ctx, values, "upgrade", release, t.kube.chart, "--wait", "--timeout=3m")
	})
	if err != nil {
		return "", err
	}
	if err := t.kube.awaitRollout(ctx); err != nil {
		return "", err
	}
	pods, err := t.kube.pods(ctx)
	if err != nil {
		return "", err
	}
	for _, pod := range pods {
		if pod.Labels["rollout"] != "second" {
			return "", fmt.Errorf("pod %s is an old one", pod.Name)
		}
	}
	return details, nil
}

// apiServerRestarted: there is no API server for a while. What is configured goes
// on meanwhile.
func (t *trial) apiServerRestarted(ctx context.Context) (string, error) {
	meanwhile := 0
	details, err := t.during(ctx, func(ctx context.Context) error {
		before := count(t.world.all(0), t.world.chats).messages
		err := t.own.RestartAPIServer(ctx, apiServerDown)
		meanwhile = count(t.world.all(0), t.world.chats).messages - before
		return err
	})
	if err != nil {
		return "", err
	}
	if meanwhile == 0 {
		return "", errors.New("nothing was delivered while the API server was down")
	}
	if err := t.kube.awaitRollout(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s; %d messages meanwhile", details, meanwhile), t.own.Alive()
}

// identityRotated: tbot writes a fresh identity.
func (t *trial) identityRotated(ctx context.Context) (string, error) {
	fresh, err := t.world.teleport.Identity(teleporttest.IdentityOptions{TTL: 3 * time.Hour})
	if err != nil {
		return "", err
	}
	return t.during(ctx, func(ctx context.Context) error {
		patch := client.MergeFrom(secret("identity", "identity", nil))
		if err := t.kube.Patch(ctx, secret("identity", "identity", fresh.File), patch); err != nil {
			return err
		}
		return wait.For(ctx, within, pollEvery, func() error { return t.usesIdentity(ctx, fresh.NotAfter) })
	})
}

// usesIdentity returns nil once all AccessNotifiers have an identity that ends then.
func (t *trial) usesIdentity(ctx context.Context, end time.Time) error {
	for _, c := range t.world.chats {
		n := &v1alpha1.AccessNotifier{}
		if err := t.kube.Get(ctx, client.ObjectKey{Namespace: tenants, Name: c.name}, n); err != nil {
			return err
		}
		until := n.Status.Teleport.IdentityExpirationTime
		if until == nil || !until.Time.Equal(end.Truncate(time.Second)) {
			return fmt.Errorf("AccessNotifier %s has an identity until %s, want %s", n.Name, until, end)
		}
	}
	return nil
}

// badImage: an upgrade to an image that does not exist leaves those alone that
// deliver, and a rollback ends it.
func (t *trial) badImage(ctx context.Context) (string, error) {
	before, err := t.kube.leader(ctx)
	if err != nil {
		return "", err
	}
	values := t.values()
	values["image"] = map[string]any{"repository": "registry.invalid/access-notifier", "tag": "none"}
	if err := t.kube.helm(ctx, values, "upgrade", release, t.kube.chart); err != nil {
		return "", err
	}
	if err := wait.For(ctx, within, pollEvery, func() error { return t.pullFails(ctx) }); err != nil {
		return "", err
	}
	details, err := t.during(ctx, func(ctx context.Context) error {
		return t.kube.helm(ctx, nil, "rollback", release, "--wait", "--timeout=3m")
	})
	if err != nil {
		return "", err
	}
	if err := t.kube.awaitRollout(ctx); err != nil {
		return "", err
	}
	after, err := t.kube.leader(ctx)
	if err == nil && after.UID != before.UID {
		err = errors.New("the leader changed")
	}
	return details, err
}

// pullFails returns nil once a pod waits for an image that cannot be pulled.
func (t *trial) pullFails(ctx context.Context) error {
	pods, err := t.kube.pods(ctx)
	if err != nil {
		return err
	}
	for _, pod := range pods {
		for _, s := range pod.Status.ContainerStatuses {
			if w := s.State.Waiting; w != nil && (w.Reason == "ErrImagePull" || w.Reason == "ImagePullBackOff") {
				return nil
			}
		}
	}
	return errors.New("no pod fails to pull its image")
}

// memory prints what the leader's pod needs, after all these bursts.
func (t *trial) memory(ctx context.Context) (string, error) {
	leader, err := t.kube.leader(ctx)
	if err != nil {
		return "", err
	}
	bytes, err := t.own.ResidentBytes(string(leader.UID))
	if err != nil {
		return "", err
	}
	limit := leader.Spec.Containers[0].Resources.Limits.Memory().Value()
	if bytes == 0 || bytes > limit/2 {
		return "", fmt.Errorf("the leader needs %d bytes; the limit of %d has to leave room", bytes, limit)
	}
	fmt.Printf("figure pod_rss_mb %.1f MB\n", float64(bytes)/1e6)
	return "of the leader's pod, from its control group", nil
}

// inTheEnd looks at everything once more, after nothing has changed for a while.
func (t *trial) inTheEnd(ctx context.Context) (string, error) {
	if err := t.world.calm(ctx); err != nil {
		return "", err
	}
	all := count(t.world.all(0), t.world.chats)
	return all.String(), all.err()
}

// uninstall sees that nothing is stuck. Only the CRD stays, as the chart says.
func (t *trial) uninstall(ctx context.Context) (string, error) {
	if err := t.kube.helm(ctx, nil, "uninstall", release, "--wait", "--timeout=3m"); err != nil {
		return "", err
	}
	d := &appsv1.Deployment{}
	if err := t.kube.Get(ctx, client.ObjectKey{Namespace: operators, Name: release}, d); client.IgnoreNotFound(err) != nil || err == nil {
		return "", fmt.Errorf("the Deployment is still there: %w", err)
	}
	var notifiers v1alpha1.AccessNotifierList
	if err := t.kube.List(ctx, &notifiers, client.InNamespace(tenants)); err != nil {
		return "", fmt.Errorf("the CRD is gone: %w", err)
	}
	if n := len(notifiers.Items); n > 0 {
		return "", fmt.Errorf("%d AccessNotifiers are still there", n)
	}
	if err := t.kube.remove(ctx, operators, tenants); err != nil {
		return "", err
	}
	crd := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: "accessnotifiers.accessnotifier.dev"}}
	return "nothing is stuck", t.kube.Delete(ctx, crd)
}
