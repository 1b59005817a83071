package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
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
	s := newSupervisor(nil)
	s.Ensure(notifierKey, spec.notifier())
	if err := s.Start(ctx); err != nil {
		complain("worker: %v", err)
		return 1
	}
	return 0
}

// process is an operator in a process of its own.
type process struct {
	cmd *exec.Cmd
	// log is the end of what the real operator printed.
	log *tail
	// ended is closed when the process has ended.
	ended chan struct{}
	err   error
}

// startProcess starts an operator in a process of its own, which ends with the
// world at the latest.
func (w *world) startProcess(ctx context.Context) (*process, error) {
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
	p, err := w.launch(cmd)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(input).Encode(spec); err != nil {
		return nil, fmt.Errorf("telling the operator what to do: %w", err)
	}
	return p, nil
}

// launch starts an operator, which ends with the world at the latest.
func (w *world) launch(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, ended: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting an operator: %w", err)
	}
	go func() {
		defer close(p.ended)
		p.err = cmd.Wait()
	}()
	w.onStop(p.kill)
	return p, nil
}

// kill ends the process the way "kill -9" does, and waits until it is gone.
func (p *process) kill() {
	// It may have ended already.
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// terminate asks the process to end, and waits until it has. It fails if the
// process did not end well.
func (p *process) terminate() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("ending the operator: %w", err)
	}
	<-p.ended
	if p.err != nil {
		return fmt.Errorf("the operator did not end well: %w", p.err)
	}
	return nil
}
