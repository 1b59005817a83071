package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/wait"
)

const (
	// stopWithin is what the operator gets to end before it is killed, which is
	// more than it takes by itself.
	stopWithin = 30 * time.Second
	// tailLines is how much of the operator's log is kept.
	tailLines = 40
)

// operator is the operator's process.
type operator struct {
	command *exec.Cmd
	log     tail
	// ended is closed when the process is gone.
	ended chan struct{}
	// stopping is closed before the process is told to end.
	stopping chan struct{}
}

// buildOperator builds the repository's command into the temporary directory.
func (d *demo) buildOperator(ctx context.Context) error {
	done := d.out.begin("Operator", "building")
	if err := controlplane.BuildOperator(ctx, d.binary()); err != nil {
		return err
	}
	done("built from this repository")
	return nil
}

func (d *demo) binary() string {
	return filepath.Join(d.dir, "access-notifier")
}

// startOperator runs the operator with no more rights than config/rbac gives,
// and waits until it is ready.
func (d *demo) startOperator(ctx context.Context, died context.CancelCauseFunc) error {
	done := d.out.begin("Operator", "starting")
	if err := d.createNamespaces(ctx); err != nil {
		return err
	}
	if err := d.grantRoles(ctx); err != nil {
		return err
	}
	user, err := d.plane.AddUser(operatorUser)
	if err != nil {
		return err
	}
	kubeconfig := filepath.Join(d.dir, "operator.kubeconfig")
	if err := os.WriteFile(kubeconfig, user.Kubeconfig, 0o600); err != nil {
		return err
	}
	health, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	d.operator, err = runOperator(d.binary(), kubeconfig, d.arguments(health))
	if err != nil {
		return err
	}
	d.onStop(d.operator.stop)
	go d.operator.watch(died)
	if err := wait.For(ctx, readyWithin, pollEvery, func() error { return checkURL(ctx, "http://"+health+"/readyz") }); err != nil {
		return fmt.Errorf("waiting for the operator: %w%s", err, d.operator.log.last())
	}
	done(fmt.Sprintf("ready, process %d, with the rights in config/rbac only", d.operator.command.Process.Pid))
	return nil
}

func (d *demo) arguments(health string) []string {
	arguments := []string{
		"manager",
		"--leader-elect-namespace=" + operatorNamespace,
		"--metrics-bind-address=0",
		"--health-probe-bind-address=" + health,
		"--log-format=console",
		"--allow-networks=127.0.0.0/8",
	}
	for _, c := range d.chats {
		if c.urlFlag != "" {
			arguments = append(arguments, c.urlFlag+"="+c.simulator.URL())
		}
	}
	return arguments
}

// freeAddress returns an address on the loopback interface that was free a
// moment ago.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("finding a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// runOperator starts the process in a group of its own, so that an interrupt
// from the terminal reaches it through stop only, after everybody has had time
// to see the end coming.
func runOperator(binary, kubeconfig string, arguments []string) (*operator, error) {
	o := &operator{
		command:  exec.Command(binary, arguments...),
		ended:    make(chan struct{}),
		stopping: make(chan struct{}),
	}
	o.command.Env = []string{"KUBECONFIG=" + kubeconfig}
	o.command.Stdout, o.command.Stderr = &o.log, &o.log
	o.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := o.command.Start(); err != nil {
		return nil, fmt.Errorf("starting the operator: %w", err)
	}
	return o, nil
}

// watch waits for the end of the process, and calls died if nobody asked for it.
func (o *operator) watch(died context.CancelCauseFunc) {
	err := o.command.Wait()
	select {
	case <-o.stopping:
	default:
		died(fmt.Errorf("the operator ended by itself: %w%s", errOr(err, "exit status 0"), o.log.last()))
	}
	close(o.ended)
}

// stop ends the process, and reports whether it ended well.
func (o *operator) stop() error {
	select {
	case <-o.ended:
		return nil
	default:
	}
	close(o.stopping)
	// The process may end at this very moment, which is as good.
	_ = o.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-o.ended:
	case <-time.After(stopWithin):
		_ = o.command.Process.Kill()
		<-o.ended
		return fmt.Errorf("the operator did not end within %s and was killed%s", stopWithin, o.log.last())
	}
	if !o.command.ProcessState.Success() {
		return fmt.Errorf("the operator ended with %s%s", o.command.ProcessState, o.log.last())
	}
	return nil
}

func checkURL(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}

func errOr(err error, otherwise string) error {
	if err == nil {
		return errors.New(otherwise)
	}
	return err
}

// tail keeps the last lines that are written to it. The zero value is empty.
type tail struct {
	mu    sync.Mutex
	lines [][]byte
	part  []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.part = append(t.part, p...)
	for {
		line, rest, found := bytes.Cut(t.part, []byte("\n"))
		if !found {
			break
		}
		t.lines = append(t.lines, bytes.Clone(line))
		t.part = rest
	}
	if extra := len(t.lines) - tailLines; extra > 0 {
		t.lines = slices.Clone(t.lines[extra:])
	}
	return len(p), nil
}

// last returns the lines as the end of an error message.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == 0 && len(t.part) == 0 {
		return "; it has logged nothing"
	}
	var b strings.Builder
	b.WriteString("; its last lines are:")
	for _, line := range append(t.lines[:len(t.lines):len(t.lines)], t.part) {
		if len(line) > 0 {
			b.WriteString("\n    ")
			b.Write(line)
		}
	}
	return b.String()
}
