package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/demo/page"
)

const (
	// readyWithin bounds how long the operator and the AccessNotifier take to
	// become ready. Both need far less.
	readyWithin = 30 * time.Second
	// pollEvery is how often something is looked at that cannot tell by itself.
	pollEvery = 50 * time.Millisecond
)

// demo is everything that runs.
type demo struct {
	out      *printer
	binary   string
	locale   string
	root     string
	dir      string
	plane    *controlplane.ControlPlane
	teleport *teleporttest.Server
	chats    []*chat
	// listener is where the operator listens for clicks.
	listener string
	page     *page.Server
	pageURL  string

	stops []func() error
}

// start starts everything, and prints what it does. died is called when the
// operator ends by itself.
func (d *demo) start(ctx context.Context, died context.CancelCauseFunc, port int) error {
	steps := []func(context.Context) error{
		d.prepare,
		d.startControlPlane,
		d.startTeleport,
		d.startChats,
		func(ctx context.Context) error { return d.startOperator(ctx, died) },
		func(ctx context.Context) error { return d.startPage(ctx, port) },
		d.applySamples,
	}
	for _, step := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	return d.printTable(ctx)
}

// stop stops in reverse order all that was started.
func (d *demo) stop() error {
	var errs []error
	for _, stop := range slices.Backward(d.stops) {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

func (d *demo) onStop(f func() error) {
	d.stops = append(d.stops, f)
}

// prepare finds the repository, and makes a directory for what is written.
func (d *demo) prepare(context.Context) error {
	var err error
	if d.root, err = controlplane.RepositoryRoot(); err != nil {
		return err
	}
	if d.dir, err = os.MkdirTemp("", "access-notifier-demo-"); err != nil {
		return fmt.Errorf("making a temporary directory: %w", err)
	}
	d.onStop(func() error { return os.RemoveAll(d.dir) })
	return nil
}

func (d *demo) startControlPlane(context.Context) error {
	done := d.out.begin("Control plane", "starting kube-apiserver and etcd")
	var err error
	if d.plane, err = controlplane.Start(controlplane.Options{}); err != nil {
		return err
	}
	d.onStop(d.plane.Stop)
	if err := os.WriteFile(d.adminKubeconfig(), d.plane.Kubeconfig(), 0o600); err != nil {
		return err
	}
	done("kube-apiserver and etcd on this machine, with our CRD")
	return nil
}

func (d *demo) adminKubeconfig() string {
	return filepath.Join(d.dir, "admin.kubeconfig")
}

func (d *demo) startTeleport(context.Context) error {
	done := d.out.begin("Teleport", "starting the simulator")
	var err error
	d.teleport, err = teleporttest.Start(teleporttest.Options{
		// The first that takes reviews for users.
		Version:                 "18.11.0",
		AdvancedAccessWorkflows: true,
		Thresholds:              thresholds(),
		AccessTTL:               8 * time.Hour,
	})
	if err != nil {
		return fmt.Errorf("starting the simulated Teleport: %w", err)
	}
	d.onStop(func() error { d.teleport.Close(); return nil })
	done("simulated, at " + d.teleport.Addr())
	return nil
}

// startPage serves the web page on the loopback interface until the end.
func (d *demo) startPage(ctx context.Context, port int) error {
	d.page = page.New(page.Config{
		Workspaces: workspaces(d.chats),
		Teleport:   d.teleport,
		Roles:      roles,
		Pressers:   pressers,
		Notifiers:  d.notifiers,
	})
	handler, err := d.page.Handler()
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("opening the page's port: %w", err)
	}
	d.pageURL = "http://" + listener.Addr().String()
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 2)
	go func() { ended <- server.Serve(listener) }()
	go func() { d.page.Run(running); ended <- nil }()
	d.onStop(func() error {
		cancel()
		err := server.Close()
		for range cap(ended) {
			if served := <-ended; served != nil && !errors.Is(served, http.ErrServerClosed) {
				err = errors.Join(err, served)
			}
		}
		return err
	})
	return nil
}

// notifiers are the AccessNotifiers that the page shows, in the order of the
// chats.
func (d *demo) notifiers(ctx context.Context) ([]v1alpha1.AccessNotifier, error) {
	var all []v1alpha1.AccessNotifier
	for _, c := range d.chats {
		var notifier v1alpha1.AccessNotifier
		err := d.plane.Client().Get(ctx, client.ObjectKeyFromObject(c.notifier), &notifier)
		if client.IgnoreNotFound(err) != nil {
			return nil, err
		}
		if err == nil {
			all = append(all, notifier)
		}
	}
	return all, nil
}

// explore shows each message as it comes, until the end.
func (d *demo) explore(ctx context.Context) error {
	defer newTranscript(d.out, d.chats).stop()
	if _, err := d.teleport.CreateRequest(firstRequest); err != nil {
		return fmt.Errorf("making the first request: %w", err)
	}
	d.out.link("Open", d.pageURL+"/", "to ask for access, press the buttons as a reviewer, and see the messages follow.")
	d.out.line(d.out.paint(bold, "Compare") + " " + d.out.paint(blue, d.pageURL+"/side-by-side") + " shows one message in " + titles() + ".")
	d.out.line("kubectl works, too: export KUBECONFIG=" + d.adminKubeconfig())
	d.out.line("Ctrl-C ends the demo.")
	<-ctx.Done()
	return ctx.Err()
}
