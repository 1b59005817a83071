package main

import (
	"context"
	"slices"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
)

// operator is an operator's process.
type operator struct {
	*launch.Process
}

// startOperator starts an operator with the settings that people get, but for
// the addresses on this machine and the choice of its notifiers. It ends with
// the world at the latest.
func (w *world) startOperator(ctx context.Context, flags ...string) (*operator, error) {
	binary, env, err := w.program()
	if err != nil {
		return nil, err
	}
	p, err := launch.Operator(ctx, launch.Config{
		Binary:     binary,
		Env:        append(env, w.environment...),
		Kubeconfig: w.kubeconfig,
		Args: slices.Concat([]string{
			"--leader-elect-namespace=" + controlplane.OperatorNamespace,
			"--watch-label-selector=" + worldLabel + "=" + w.namespace,
			"--metrics-secure=false",
		}, w.service.Flags(w.chat.URL()), flags),
		Metrics:  true,
		Detached: true,
	})
	if err != nil {
		return nil, err
	}
	w.onClose(p.Stop)
	return &operator{p}, nil
}

// awaitHealthy waits until the operator answers, as the leader or not.
func (o *operator) awaitHealthy(ctx context.Context) error {
	return o.AwaitReady(ctx, measureWithin)
}
