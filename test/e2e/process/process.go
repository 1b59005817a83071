package process

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// stopTimeout is how long a server may take to end after its signal.
const stopTimeout = 20 * time.Second

// guard runs a command, and signals it when standard input ends. That is a pipe
// from the tests: however these end, so does the server.
const guard = `
signal=$1
shift
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{ read -r _ <&3; kill -s "$signal" "$server"; } 2>/dev/null &
watcher=$!
exec 3<&-
wait "$server"
status=$?
kill "$watcher" 2>/dev/null
exit "$status"
`

// Command says what to run.
type Command struct {
	// Path is the program, and Args what follows its name.
	Path string
	Args []string
	// Dir is the working directory, and the home directory.
	Dir string
	// Env is added to the environment, which otherwise holds next to nothing.
	Env []string
	// Account is who runs it.
	Account Account
	// StopSignal asks it to end, such as "TERM".
	StopSignal string
	// Log is the file that gets all output.
	Log string
}

// cmd returns the command that runs the program, or its arguments.
func (c Command) cmd(path string, args ...string) *exec.Cmd {
	cmd := exec.Command(path, args...)
	cmd.Dir = c.Dir
	cmd.Env = append([]string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=" + c.Dir}, c.Env...)
	// A group of its own: Ctrl-C reaches the tests, which end servers in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: c.Account.credential}
	return cmd
}

// Run runs a command to its end. A failure shows what it printed.
func (c Command) Run() error {
	if output, err := c.cmd(c.Path, c.Args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(c.Path), err, output)
	}
	return nil
}

// Process is a running server.
type Process struct {
	command Command
	cmd     *exec.Cmd
	// lifeline ends the server when it is closed.
	lifeline io.Closer
	done     chan struct{}
	stop     func() error
}

// Start starts a server. The caller stops it.
func Start(c Command) (*Process, error) {
	log, err := os.OpenFile(c.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	defer func() { _ = log.Close() }()
	cmd := c.cmd("/bin/sh", append([]string{"-c", guard, "guard", c.StopSignal, c.Path}, c.Args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(c.Path), err)
	}
	p := &Process{command: c, cmd: cmd, lifeline: lifeline, done: make(chan struct{})}
	p.stop = sync.OnceValue(p.end)
	go func() {
		defer close(p.done)
		// How it ended is of no interest: the log says why.
		_ = cmd.Wait()
	}()
	return p, nil
}

// Done is closed when the server has ended.
func (p *Process) Done() <-chan struct{} {
	return p.done
}

// Stop ends the server and waits until it is gone.
func (p *Process) Stop() error {
	return p.stop()
}

func (p *Process) end() error {
	// It is closed already if the server has ended by itself.
	_ = p.lifeline.Close()
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
	}
	name := filepath.Base(p.command.Path)
	// The group is the guard and its server.
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("%s did not end within %s and cannot be killed: %w", name, stopTimeout, err)
	}
	<-p.done
	return fmt.Errorf("%s did not end within %s and was killed", name, stopTimeout)
}

// LogTail returns the last lines of the log, for people.
func (p *Process) LogTail() string {
	const lines = 30
	text, err := os.ReadFile(p.command.Log)
	if err != nil {
		return err.Error()
	}
	all := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}
