package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// listTrails: the event stream ends again and again, and the lists that are read
// then show what there was a while before.
func listTrails(ctx context.Context, w *world) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error { return w.play(playing, w.throughout()) })
	group.Go(func() error {
		defer w.teleport.FreezeLists(false)
		for range int(2 * outage / (3 * time.Second)) {
			w.teleport.FreezeLists(true)
			if err := wait.Pause(playing, 2*time.Second); err != nil {
				return err
			}
			w.teleport.DropStreams()
			if err := wait.Pause(playing, time.Second); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return w.settle(ctx, o.idle)
}

// twoInstallations: two Kubernetes clusters have a notifier of the same namespace
// and name on one Teleport. Neither touches what the other has recorded, and the
// status of one says so.
func twoInstallations(ctx context.Context, w *world) error {
	one, err := w.startReady(ctx)
	if err != nil {
		return err
	}
	other, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	for installation, o := range map[string]*operator{"one": one, "other": other} {
		spec := o.spec.notifier()
		spec.Installation = installation
		o.Ensure(notifierKey, spec)
	}
	if err := w.play(ctx, plan{count: w.requests, createOver: outage, stepWithin: outage / 2}); err != nil {
		return err
	}
	if err := w.settle(ctx, func() bool { return one.idle() && other.idle() }); err != nil {
		return err
	}
	first, _ := one.Snapshot(notifierKey)
	second, _ := other.Snapshot(notifierKey)
	if first.Clash == 0 && second.Clash == 0 {
		w.breaks("9, it says so: no status names two installations with one name")
	}
	return nil
}

// hostileMemory bounds what a few hostile servers may make the operator allocate.
const hostileMemory = 256 << 20

// hostileTeleport: notifiers of other tenants name servers that do all that they
// can to harm the operator. The others must not notice.
func hostileTeleport(ctx context.Context, w *world) error {
	o, err := w.startReady(ctx)
	if err != nil {
		return err
	}
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	inner, err := teleporttest.Start(teleporttest.Options{})
	if err != nil {
		return fmt.Errorf("starting a hostile Teleport: %w", err)
	}
	w.onStop(inner.Close)
	inner.EndlessLists(4096)
	identity, err := inner.Identity(teleporttest.IdentityOptions{})
	if err != nil {
		return fmt.Errorf("issuing an identity: %w", err)
	}
	addresses, authorities := []string{inner.Addr()}, [][]byte{nil}
	for _, handle := range []func(*teleporttest.Web, http.ResponseWriter, *http.Request){
		teleporttest.Endless, teleporttest.Drip, teleporttest.Garbage, teleporttest.RedirectTo("http://" + w.teleport.Addr() + "/"),
	} {
		web := teleporttest.StartWeb(handle)
		w.onStop(web.Close)
		addresses, authorities = append(addresses, web.Addr()), append(authorities, web.CA())
	}
	for i, address := range addresses {
		spec := o.spec
		spec.Address, spec.Identity = address, identity.File
		hostile := spec.notifier()
		hostile.Teleport.Identity.PrivateCA = authorities[i]
		o.Ensure(supervisor.Key{Namespace: fmt.Sprintf("tenant-%d", i), Name: "hostile"}, hostile)
	}
	if err := w.play(ctx, plan{count: w.requests, createOver: outage, stepWithin: outage / 2}); err != nil {
		return err
	}
	if err := w.settle(ctx, o.idle); err != nil {
		return err
	}
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	w.say("the operator holds %d MB more in the end", (int64(after.HeapInuse)-int64(before.HeapInuse))>>20)
	if after.HeapInuse > before.HeapInuse+hostileMemory {
		w.breaks("7, isolation: %d MB are in use after hostile servers answered, %d before", after.HeapInuse>>20, before.HeapInuse>>20)
	}
	for i := range addresses {
		key := supervisor.Key{Namespace: fmt.Sprintf("tenant-%d", i), Name: "hostile"}
		if s, ok := o.Snapshot(key); !ok || s.Teleport.Problem == nil {
			w.breaks("9, it says so: the status of tenant %d names no problem with its Teleport", i)
		}
	}
	return nil
}
