package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// start starts a shell that runs a script. It ends with the test.
func start(t *testing.T, script string) *Process {
	t.Helper()
	account, err := Unprivileged()
	if err != nil {
		t.Fatal(err)
	}
	directory, err := os.MkdirTemp("", "process-") //nolint:usetesting // other users cannot look into what t.TempDir makes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(directory) })
	if err := account.Own(directory); err != nil {
		t.Fatal(err)
	}
	p, err := Start(Command{
		Path: "/bin/sh", Args: []string{"-c", script}, Dir: directory, Account: account,
		StopSignal: "TERM", Log: filepath.Join(directory, "log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

// says waits until the log holds a word.
func says(t *testing.T, p *Process, word string) {
	t.Helper()
	for !strings.Contains(p.LogTail(), word) {
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestStopSignalsTheServer(t *testing.T) {
	p := start(t, `trap 'echo asked; exit' TERM; echo ready; while :; do sleep 0.01; done`)
	says(t, p, "ready")
	for range 2 {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	}
	if log := p.LogTail(); !strings.Contains(log, "asked") {
		t.Errorf("the server said %q, want it to have had its signal", log)
	}
}

func TestServerThatEndsByItself(t *testing.T) {
	p := start(t, `echo bye`)
	<-p.Done()
	if log := p.LogTail(); log != "bye" {
		t.Errorf("the log holds %q", log)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
}

func TestServersAreNotRoot(t *testing.T) {
	p := start(t, `id -u`)
	<-p.Done()
	if log := p.LogTail(); log == "0" || log == "" {
		t.Errorf("the server has user id %q", log)
	}
}

func TestRunShowsWhatFailed(t *testing.T) {
	err := Command{Path: "/bin/sh", Args: []string{"-c", "echo the cause; exit 3"}, Dir: t.TempDir()}.Run()
	if err == nil || !strings.Contains(err.Error(), "the cause") {
		t.Errorf("got %v", err)
	}
}
