package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
)

// startOperator runs the operator with no more rights than config/rbac gives,
// and waits until it is ready. died is called when it ends by itself.
func (d *demo) startOperator(ctx context.Context, died context.CancelCauseFunc) error {
	done := d.out.begin("Operator", "starting")
	if err := d.createNamespace(ctx); err != nil {
		return err
	}
	user, err := d.plane.AddOperator(ctx)
	if err != nil {
		return err
	}
	kubeconfig := filepath.Join(d.dir, "operator.kubeconfig")
	if err := os.WriteFile(kubeconfig, user.Kubeconfig, 0o600); err != nil {
		return err
	}
	if d.listener, err = launch.FreeAddress(ctx); err != nil {
		return err
	}
	process, err := launch.Operator(ctx, launch.Config{
		Binary: d.binary, Kubeconfig: kubeconfig, Args: d.arguments(), Detached: true,
	})
	if err != nil {
		return err
	}
	d.onStop(func() error {
		select {
		case <-process.Ended():
			return nil // died has been called
		default:
			return process.Stop()
		}
	})
	go func() {
		<-process.Ended()
		died(process.Alive())
	}()
	if err := process.AwaitReady(ctx, readyWithin); err != nil {
		return err
	}
	done(fmt.Sprintf("ready, process %d, with the rights in config/rbac only", process.PID()))
	return nil
}

func (d *demo) arguments() []string {
	arguments := []string{
		"--leader-elect-namespace=" + controlplane.OperatorNamespace, "--log-format=console",
		"--review-bind-address=" + d.listener, "--review-url=http://" + d.listener,
	}
	for _, c := range d.chats {
		arguments = append(arguments, c.Flags(c.simulator.URL())...)
	}
	return arguments
}
