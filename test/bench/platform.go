package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
)

// platform is what all measurements share: a control plane that logs what the
// operators ask of it, and the operator's binary.
type platform struct {
	// profile is where profiles go, "" for none.
	profile string
	// plots is where plots go, "" for none; grown is what was measured at several sizes, by
	// what there was more of.
	plots string
	grown map[string][]point
	// host is true if the program for hosts is needed.
	host bool
	// binary is the operator; if it is "", one is built. hostBinary is the program for
	// hosts.
	binary, hostBinary string

	dir        string
	kubeconfig string
	auditLog   string
	plane      *controlplane.ControlPlane
	stops      []func() error
}

func (p *platform) start(ctx context.Context) error {
	var err error
	if p.dir, err = os.MkdirTemp("", "access-notifier-bench-"); err != nil {
		return fmt.Errorf("making a temporary directory: %w", err)
	}
	p.stops = append(p.stops, func() error { return os.RemoveAll(p.dir) })
	for _, step := range []func(context.Context) error{p.build, p.startPlane, p.addUser} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// stop stops in reverse order all that was started.
func (p *platform) stop() error {
	var errs []error
	for _, stop := range slices.Backward(p.stops) {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

func (p *platform) build(ctx context.Context) error {
	if p.host {
		p.hostBinary = filepath.Join(p.dir, "access-notifier-host")
		if err := controlplane.BuildOperator(ctx, p.hostBinary, "-tags=host,grpcnotrace", "-trimpath", "-ldflags=-s -w"); err != nil {
			return err
		}
	}
	if p.binary != "" {
		return nil
	}
	note("building the operator ...")
	p.binary = filepath.Join(p.dir, "access-notifier")
	return controlplane.BuildOperator(ctx, p.binary, "-tags=grpcnotrace")
}

func (p *platform) startPlane(context.Context) error {
	note("starting kube-apiserver and etcd ...")
	policy := filepath.Join(p.dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return err
	}
	p.auditLog = filepath.Join(p.dir, "audit.log")
	var err error
	p.plane, err = controlplane.Start(controlplane.Options{APIServerFlags: map[string][]string{
		"audit-policy-file": {policy},
		"audit-log-path":    {p.auditLog},
	}})
	if err != nil {
		return err
	}
	p.stops = append(p.stops, p.plane.Stop)
	return nil
}

// addUser makes the user of the operators, who may do no more than they need.
func (p *platform) addUser(ctx context.Context) error {
	user, err := p.plane.AddOperator(ctx)
	if err != nil {
		return err
	}
	p.kubeconfig = filepath.Join(p.dir, "operator.kubeconfig")
	return os.WriteFile(p.kubeconfig, user.Kubeconfig, 0o600)
}
