package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
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
	)
	o.command.Env = append(env, "KUBECONFIG="+w.kubeconfig)
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
	err := poll(ctx, pollEvery, func() (bool, error) {
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

// memory is what a process takes of it, in bytes.
type memory struct {
	// resident is all, with the pages of the binary that have been used; private
	// is what belongs to this process alone.
	resident, private int64
}

func (m memory) String() string {
	return fmt.Sprintf("%.1f MB (%.1f MB private)", float64(m.resident)/1e6, float64(m.private)/1e6)
}

func (o *operator) memory() (memory, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", o.command.Process.Pid))
	if err != nil {
		return memory{}, fmt.Errorf("reading an operator's memory: %w", err)
	}
	m := memory{}
	for name, bytes := range map[string]*int64{"VmRSS": &m.resident, "RssAnon": &m.private} {
		if *bytes, err = kibibytes(string(content), name); err != nil {
			return memory{}, fmt.Errorf("reading an operator's memory: %w", err)
		}
	}
	return m, nil
}

// kibibytes reads a line like "VmRSS:   1024 kB" of a process's status.
func kibibytes(status, name string) (bytes int64, err error) {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return n * 1024, err
		}
	}
	return 0, fmt.Errorf("there is no %s", name)
}

// ticks is how many of Linux's clock ticks make a second, on every platform.
const ticks = 100

// processorTime returns how long the process has kept a core busy.
func (o *operator) processorTime() (time.Duration, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", o.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("reading an operator's processor time: %w", err)
	}
	// The fields after the name in parentheses, which may hold anything.
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading an operator's processor time: %w", err)
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticks, err
}

// goroutines returns how many goroutines the operator says it has.
func (o *operator) goroutines(ctx context.Context) (int, error) {
	body, err := get(ctx, "http://"+o.metrics+"/metrics")
	if err != nil {
		return 0, fmt.Errorf("reading an operator's metrics: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(body))
	for lines.Scan() {
		if number, ok := strings.CutPrefix(lines.Text(), "go_goroutines "); ok {
			return strconv.Atoi(number)
		}
	}
	return 0, errors.New("an operator's metrics do not tell its goroutines")
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

// fresh connects anew for each call: connections that are kept would count as
// goroutines of the operator.
var fresh = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}

func get(ctx context.Context, url string) ([]byte, error) {
	call, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := fresh.Do(call)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, response.Status)
	}
	return body.Bytes(), nil
}
