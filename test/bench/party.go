package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/accessnotifier/accessnotifier/test/kit/hostile"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
)

// partyVariable makes this program one that runs hostile servers.
const partyVariable = "ACCESS_NOTIFIER_BENCH_PARTY"

// hostParty runs hostile servers until its standard input ends. It prints the party, and for each
// line that it reads the servers that were not called yet, each as a line of JSON.
//
// They are many, and do harm as fast as they can, from machines of their own. Here all share one,
// whose processor is left to who is measured.
func hostParty() (status int) {
	err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19)
	if err == nil {
		err = tell(os.Stdin, os.Stdout)
	}
	if err != nil {
		note("hostile servers: %v", err)
		return 1
	}
	return 0
}

func tell(in io.Reader, out io.Writer) error {
	party, err := hostile.NewParty(nil)
	if err != nil {
		return err
	}
	defer party.Close()
	lines, say := bufio.NewScanner(in), json.NewEncoder(out)
	err = say.Encode(party)
	for err == nil && lines.Scan() {
		err = say.Encode(party.NotAsked())
	}
	return err
}

// party is a tenant whose servers are hostile, in a process of their own.
type party struct {
	hostile.Party
	ask     io.Writer
	answers *json.Decoder
}

// startParty starts one, which ends with the world.
func (w *world) startParty() (*party, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self)
	command.Env = []string{partyVariable + "=1"}
	ask, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, in := io.Pipe()
	command.Stdout = in
	process, err := launch.Program(command)
	if err != nil {
		return nil, err
	}
	w.onClose(func() error {
		process.Kill()
		return in.Close()
	})
	go func() {
		<-process.Ended()
		_ = in.CloseWithError(fmt.Errorf("hostile servers ended%s", process.LogTail()))
	}()
	p := &party{ask: ask, answers: json.NewDecoder(out)}
	if err := p.answers.Decode(&p.Party); err != nil {
		return nil, fmt.Errorf("starting hostile servers: %w", err)
	}
	return p, nil
}

// notAsked names the servers that were not called yet.
func (p *party) notAsked() (names []string, err error) {
	if _, err = io.WriteString(p.ask, "?\n"); err == nil {
		err = p.answers.Decode(&names)
	}
	if err != nil {
		return nil, fmt.Errorf("asking hostile servers whether they were called: %w", err)
	}
	return names, nil
}
