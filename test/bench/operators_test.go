package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// The measurements rely on what several operators at once do: those with
// different selectors have a lease each and leave each other's notifiers alone,
// one that waits for its lease is ready, and a leader that ends gives its away.
func TestSeveralOperators(t *testing.T) {
	p := &platform{}
	t.Cleanup(func() { must(t, p.stop()) })
	must(t, p.start(t.Context()))
	ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Minute, errors.New("it takes too long"))
	defer cancel()
	first, second := newWorldOf(ctx, t, p, "first"), newWorldOf(ctx, t, p, "second")
	unselected := first.notifier(99, identitySecret)
	unselected.Labels = nil
	must(t, p.plane.Client().Create(ctx, unselected))

	leader := start(ctx, t, first)
	must(t, first.awaitReadyNotifier(ctx, 0))
	lease := onlyLease(ctx, t, p)
	standby := start(ctx, t, first)
	start(ctx, t, second)
	must(t, second.awaitReadyNotifier(ctx, 0))
	if got := leases(ctx, t, p); len(got) != 2 {
		t.Errorf("%d leases for two selectors", len(got))
	}
	// It has answered that it is ready; it must not lead.
	if holder := holderOf(ctx, t, p, lease); holder != *lease.Spec.HolderIdentity {
		t.Errorf("the lease went from %q to %q while its leader runs", *lease.Spec.HolderIdentity, holder)
	}

	must(t, leader.Terminate())
	released := time.Now()
	made, err := first.ask()
	must(t, err)
	must(t, wait.Until(ctx, pollEvery, func() (bool, error) {
		holder := holderOf(ctx, t, p, lease)
		return holder != "" && holder != *lease.Spec.HolderIdentity, nil
	}))
	if took := time.Since(released); took >= time.Duration(*lease.Spec.LeaseDurationSeconds)*time.Second {
		t.Errorf("the standby led after %v: the lease was not released but ran out", took)
	}
	if _, err := first.receipts.await(ctx, made.id, 1); err != nil {
		t.Errorf("%v%s", err, standby.LogTail())
	}
	must(t, errors.Join(first.receipts.once(), leader.Stop()))

	must(t, p.plane.Client().Get(ctx, client.ObjectKeyFromObject(unselected), unselected))
	if got := unselected.Status.ObservedGeneration; got != -1 {
		t.Errorf("a notifier that no operator selects was looked at: observedGeneration is %d", got)
	}
}

// newWorldOf returns a world with one notifier.
func newWorldOf(ctx context.Context, t *testing.T, p *platform, name string) *world {
	t.Helper()
	w, err := p.newWorld(ctx, name)
	must(t, err)
	t.Cleanup(func() { must(t, w.close()) })
	must(t, w.addNotifiers(ctx, 1, identitySecret))
	return w
}

func start(ctx context.Context, t *testing.T, w *world) *operator {
	t.Helper()
	o, err := w.startOperator(ctx)
	must(t, err)
	must(t, o.awaitHealthy(ctx))
	return o
}

// awaitReadyNotifier waits until one notifier is ready, whatever the others are.
func (w *world) awaitReadyNotifier(ctx context.Context, i int) error {
	key := client.ObjectKeyFromObject(w.notifier(i, identitySecret))
	return wait.Until(ctx, pollEvery, func() (bool, error) {
		n := &v1alpha1.AccessNotifier{}
		if err := w.plane.Client().Get(ctx, key, n); err != nil {
			return false, fmt.Errorf("reading an AccessNotifier: %w", err)
		}
		return meta.IsStatusConditionTrue(n.Status.Conditions, v1alpha1.ConditionReady), nil
	})
}

func leases(ctx context.Context, t *testing.T, p *platform) []coordinationv1.Lease {
	t.Helper()
	var list coordinationv1.LeaseList
	must(t, p.plane.Client().List(ctx, &list, client.InNamespace(controlplane.OperatorNamespace)))
	return list.Items
}

func onlyLease(ctx context.Context, t *testing.T, p *platform) *coordinationv1.Lease {
	t.Helper()
	all := leases(ctx, t, p)
	if len(all) != 1 {
		t.Fatalf("%d leases of one operator", len(all))
	}
	return &all[0]
}

func holderOf(ctx context.Context, t *testing.T, p *platform, lease *coordinationv1.Lease) string {
	t.Helper()
	now := &coordinationv1.Lease{}
	must(t, p.plane.Client().Get(ctx, client.ObjectKeyFromObject(lease), now))
	if now.Spec.HolderIdentity == nil {
		return ""
	}
	return *now.Spec.HolderIdentity
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
