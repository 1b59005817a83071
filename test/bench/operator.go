package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// stopWithin is what an operator gets to end before it is killed, which is more
// than it takes by itself.
const stopWithin = 30 * time.Second

// operator is an operator's process.
type operator struct {
	command *exec.Cmd
	started time.Time
	// health and metrics are its addresses.
	health, metrics string
	log             tail
	// ended is closed when the process is gone.
	ended chan struct{}
}

// startOperator starts an operator with the settings that people get, but for
// the addresses on this machine and the choice of its notifiers. It ends with
// the world at the latest.
func (w *world) startOperator(ctx context.Context) (*operator, error) {
	o := &operator{ended: make(chan struct{})}
	for _, address := range []*string{&o.health, &o.metrics} {
		var err error
		if *address, err = freeAddress(ctx); err != nil {
			return nil, err
		}
	}
	binary, env, err := w.program()
	if err != nil {
		return nil, err
	}
	o.command = exec.Command(binary, "manager",
		"--leader-elect-namespace="+operatorNamespace,
		"--watch-label-selector="+worldLabel+"="+w.namespace,
		"--health-probe-bind-address="+o.health,
		"--metrics-bind-address="+o.metrics,
		"--metrics-secure=false",
		"--slack-api-url="+w.slack.URL(),
		"--allow-networks=127.0.0.0/8",
	)
	o.command.Env = append(append(env, "KUBECONFIG="+w.kubeconfig), w.environment...)
	o.command.Stdout, o.command.Stderr = &o.log, &o.log
	// A group of its own: an interrupt from the terminal reaches it through stop.
	o.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	o.started = time.Now()
	if err := o.command.Start(); err != nil {
		return nil, fmt.Errorf("starting an operator: %w", err)
	}
	go func() {
		defer close(o.ended)
		// How it ended is read from ProcessState.
		_ = o.command.Wait()
	}()
	w.onClose(o.stop)
	return o, nil
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

// awaitHealthy waits until the operator answers, be it the leader or not.
func (o *operator) awaitHealthy(ctx context.Context) error {
	err := poll(ctx, pollEvery/10, func() (bool, error) {
		select {
		case <-o.ended:
			return false, errors.New("it has ended")
		default:
		}
		_, err := get(ctx, "http://"+o.health+"/readyz")
		return err == nil, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for an operator: %w%s", err, o.log.last())
	}
	return nil
}

// terminate tells the process to end, as Kubernetes does.
func (o *operator) terminate() error {
	return o.command.Process.Signal(syscall.SIGTERM)
}

// kill ends the process the way "kill -9" does.
func (o *operator) kill() error {
	return o.command.Process.Kill()
}

// stop ends the process, and fails if it did not end well. It does nothing if
// the process has ended.
func (o *operator) stop() error {
	select {
	case <-o.ended:
		return nil
	default:
	}
	// The process may end at this very moment, which is as good.
	_ = o.terminate()
	select {
	case <-o.ended:
	case <-time.After(stopWithin):
		_ = o.kill()
		<-o.ended
		return fmt.Errorf("an operator did not end within %s and was killed%s", stopWithin, o.log.last())
	}
	if !o.command.ProcessState.Success() {
		return fmt.Errorf("an operator ended with %s%s", o.command.ProcessState, o.log.last())
	}
	return nil
}

// tail keeps the end of what is written to it. The zero value is empty.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// tailBytes is how much of an operator's log is kept.
const tailBytes = 4096

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = bytes.Clone(t.text[max(len(t.text)-tailBytes, 0):])
	return len(p), nil
}

// last returns the text as the end of an error message.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.text) == 0 {
		return "; it has logged nothing"
	}
	return "; the end of its log is:\n" + string(t.text)
}
