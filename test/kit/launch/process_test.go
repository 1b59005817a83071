package launch

import (
	"context"
	"os/exec"
	"strings"
	"testing"
)

// program runs a program of the shell as an operator, until the test ends.
func program(t *testing.T, script string) *Process {
	t.Helper()
	p := &Process{command: exec.Command("sh", "-c", script)}
	p.command.Stdout = &p.log
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// started waits until a program has printed something.
func started(t *testing.T, p *Process) {
	t.Helper()
	for !strings.Contains(p.LogTail(), "started") {
		select {
		case <-p.Ended():
			t.Fatal(p.Alive())
		default:
		}
	}
}

func TestStop(t *testing.T) {
	for name, tc := range map[string]struct {
		script string
		want   string // in the error
	}{
		"ends well":  {script: `trap 'exit 0' TERM; echo started; while :; do :; done`},
		"ends badly": {script: `trap 'exit 3' TERM; echo started; while :; do :; done`, want: "exit status 3"},
	} {
		t.Run(name, func(t *testing.T) {
			p := program(t, tc.script)
			started(t, p)
			if err := p.Alive(); err != nil {
				t.Errorf("Alive() = %v while it runs", err)
			}
			checkError(t, "Stop()", p.Stop(), tc.want)
		})
	}
}

func TestStopOfOneThatEndedByItselfFails(t *testing.T) {
	p := program(t, "echo started")
	<-p.Ended()
	checkError(t, "Stop()", p.Stop(), "exit status 0")
	checkError(t, "Alive()", p.Alive(), "started")
}

func TestStopOfOneThatWasKilledIsFine(t *testing.T) {
	p := program(t, "echo started; while :; do :; done")
	p.Kill()
	checkError(t, "Stop()", p.Stop(), "")
}

func TestAwaitReadyEndsWithTheProcess(t *testing.T) {
	p := program(t, "echo cannot start; exit 1")
	p.Health = "127.0.0.1:1"
	checkError(t, "AwaitReady()", p.AwaitReady(context.Background(), stopWithin), "cannot start")
}

func checkError(t *testing.T, call string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s = %v", call, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%s = %v, want an error with %q", call, err, want)
	}
}
