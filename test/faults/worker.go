package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/accessnotifier/accessnotifier/test/kit/launch"
)

// workerMode is the argument that makes this program an operator, without
// Kubernetes, that can be killed.
const workerMode = "worker"

// work runs the operator that the first line of input describes, until it is
// told to end, or until the input ends with the process that started it.
func work(input io.Reader) (status int) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	var spec operatorSpec
	if err := json.NewDecoder(input).Decode(&spec); err != nil {
		complain("worker: reading the spec: %v", err)
		return 1
	}
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, input)
	}()
	s := newSupervisor(quietLog(), nil)
	s.Ensure(notifierKey, spec.notifier())
	if err := s.Start(ctx); err != nil {
		complain("worker: %v", err)
		return 1
	}
	return 0
}

// startProcess starts an operator in a process of its own, which ends with the
// world at the latest.
func (w *world) startProcess(ctx context.Context) (*launch.Process, error) {
	spec, err := w.operator()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self, workerMode)
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting an operator: %w", err)
	}
	p, err := launch.Program(cmd)
	if err != nil {
		return nil, err
	}
	w.onStop(p.Kill)
	if err := json.NewEncoder(input).Encode(spec); err != nil {
		return nil, fmt.Errorf("telling the operator what to do: %w", err)
	}
	return p, nil
}
