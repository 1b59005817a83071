// Package launch runs the operator for tests and demonstrations: as a process
// of its own, or in this process without Kubernetes.
package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// stopWithin is what an operator gets to end before it is killed, which is more
// than it takes by itself.
const stopWithin = 30 * time.Second

// Config says how a process is started.
type Config struct {
	// Binary is the operator, Kubeconfig the file that leads it to its cluster.
	Binary, Kubeconfig string
	// Args come before those that name free ports of this machine. Unless they
	// configure metrics, none are served.
	Args []string
	// Env is added to the environment, which is empty but for the kubeconfig.
	Env []string
	// Metrics are served at the process's address for them.
	Metrics bool
	// Output is written all that the process prints; nil is nothing. The process keeps the end
	// of it in any case.
	Output io.Writer
	// Detached keeps interrupts from the terminal away from the process: the
	// caller ends it, after everything that needs it.
	Detached bool
}

// Process is an operator in a process of its own.
type Process struct {
	// Health and Metrics are its addresses.
	Health, Metrics string
	Started         time.Time

	command *exec.Cmd
	log     Log
	ended   chan struct{}
	// told is set before the process is told to end.
	told atomic.Bool
}

// Operator starts the operator's command "manager". It may reach services on this
// machine.
func Operator(ctx context.Context, c Config) (*Process, error) {
	p := &Process{Metrics: "0"}
	addresses := []*string{&p.Health}
	if c.Metrics {
		addresses = append(addresses, &p.Metrics)
	}
	for _, address := range addresses {
		var err error
		if *address, err = FreeAddress(ctx); err != nil {
			return nil, err
		}
	}
	arguments := append([]string{"manager"}, c.Args...)
	p.command = exec.Command(c.Binary, append(arguments,
		"--health-probe-bind-address="+p.Health,
		"--metrics-bind-address="+p.Metrics,
		"--allow-networks=127.0.0.0/8",
	)...)
	p.command.Env = append([]string{"KUBECONFIG=" + c.Kubeconfig}, c.Env...)
	output := io.Writer(&p.log)
	if c.Output != nil {
		output = io.MultiWriter(output, c.Output)
	}
	p.command.Stdout, p.command.Stderr = output, output
	p.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: c.Detached}
	return p, p.start()
}

// Program starts a program of the caller's as an operator. What it prints is kept, unless
// the caller takes it.
func Program(command *exec.Cmd) (*Process, error) {
	p := &Process{command: command}
	for _, stream := range []*io.Writer{&command.Stdout, &command.Stderr} {
		if *stream == nil {
			*stream = &p.log
		}
	}
	return p, p.start()
}

func (p *Process) start() error {
	p.ended = make(chan struct{})
	p.Started = time.Now()
	if err := p.command.Start(); err != nil {
		return fmt.Errorf("starting an operator: %w", err)
	}
	go func() {
		defer close(p.ended)
		// How it ended is read from its state.
		_ = p.command.Wait()
	}()
	return nil
}

// PID is the process's id.
func (p *Process) PID() int { return p.command.Process.Pid }

// Ended is closed when the process is gone.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// LogTail returns the end of what the process has printed, as the end of an
// error message.
func (p *Process) LogTail() string { return p.log.tail() }

// Printed returns the end of what the process has printed.
func (p *Process) Printed() string { return p.log.String() }

// AwaitReady waits until the operator answers that it is ready, as a leader or
// as one that waits for its lease.
func (p *Process) AwaitReady(ctx context.Context, within time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("an operator is not ready within %s", within))
	defer cancel()
	err := wait.Until(ctx, 10*time.Millisecond, func() (bool, error) {
		return checkURL(ctx, "http://"+p.Health+"/readyz") == nil, p.alive()
	})
	if err != nil {
		return fmt.Errorf("waiting for an operator: %w%s", err, p.LogTail())
	}
	return nil
}

// Alive fails if the process has ended.
func (p *Process) Alive() error {
	if err := p.alive(); err != nil {
		return fmt.Errorf("%w%s", err, p.LogTail())
	}
	return nil
}

func (p *Process) alive() error {
	select {
	case <-p.ended:
		return fmt.Errorf("an operator ended with %s", p.command.ProcessState)
	default:
		return nil
	}
}

// Terminate tells the process to end, as Kubernetes does, and does not wait.
func (p *Process) Terminate() error { return p.signal(syscall.SIGTERM) }

// Reload tells the process to read its configuration again.
func (p *Process) Reload() error {
	if err := p.command.Process.Signal(syscall.SIGHUP); err != nil {
		return fmt.Errorf("reloading an operator: %w", err)
	}
	return nil
}

// Kill ends the process the way "kill -9" does, and waits until it is gone.
func (p *Process) Kill() {
	// It may be impossible to kill, but only if it has ended.
	_ = p.signal(syscall.SIGKILL)
	<-p.ended
}

func (p *Process) signal(signal os.Signal) error {
	select {
	case <-p.ended:
		return nil
	default:
	}
	p.told.Store(true)
	if err := p.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("ending an operator: %w", err)
	}
	return nil
}

// Stop ends the process. It fails if the process has ended by itself, or does
// not end well. One that was killed has nothing to stop.
func (p *Process) Stop() error {
	if err := p.Terminate(); err != nil {
		return err
	}
	select {
	case <-p.ended:
	case <-time.After(stopWithin):
		p.Kill()
		return fmt.Errorf("an operator did not end within %s and was killed%s", stopWithin, p.LogTail())
	}
	if !p.told.Load() || !p.command.ProcessState.Success() && !p.killed() {
		return p.Alive()
	}
	return nil
}

func (p *Process) killed() bool {
	status, ok := p.command.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signal() == syscall.SIGKILL
}

// FreeAddress returns an address on the loopback interface that was free a moment
// ago.
func FreeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// fresh connects anew for each call: connections that are kept would count as
// goroutines of the operator.
var fresh = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}

func checkURL(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := fresh.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}
