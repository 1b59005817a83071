package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// daemon is a process of the cluster. Its log is a file.
type daemon struct {
	name    string
	command *exec.Cmd
	ended   chan struct{}
}

// startDaemon starts a program, which lives until it is killed or the enclosure ends.
func startDaemon(ctx context.Context, program string, arguments ...string) (*daemon, error) {
	name := filepath.Base(program)
	log, err := os.OpenFile(logFile(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	d := &daemon{name: name, ended: make(chan struct{})}
	d.command = exec.CommandContext(context.WithoutCancel(ctx), program, arguments...)
	d.command.Stdout, d.command.Stderr = log, log
	d.command.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR=" + filepath.Join(state, "tmp"), "HOME=" + state}
	if err := d.command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		defer close(d.ended)
		// Why it ended is in its log.
		_ = d.command.Wait()
	}()
	return d, nil
}

// kill ends the process as a crash does.
func (d *daemon) kill() {
	// It may have ended already.
	_ = d.command.Process.Kill()
	<-d.ended
}

// alive fails with the end of its log if the process has ended.
func (d *daemon) alive() error {
	select {
	case <-d.ended:
		return fmt.Errorf("%s ended by itself: %s", d.name, logTail(d.name))
	default:
		return nil
	}
}

func logFile(name string) string {
	return filepath.Join(state, "log", name)
}

// logTail is the end of a daemon's log.
func logTail(name string) string {
	const lines = 20
	content, err := os.ReadFile(logFile(name))
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(content)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// run runs a program to its end.
func run(ctx context.Context, program string, arguments ...string) error {
	_, err := output(ctx, program, arguments...)
	return err
}

// output runs a program to its end, and returns what it printed.
func output(ctx context.Context, program string, arguments ...string) (string, error) {
	text, err := exec.CommandContext(ctx, program, arguments...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", program, strings.Join(arguments, " "), err, text)
	}
	return string(text), nil
}
