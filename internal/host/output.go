package host

import (
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/config"
)

// Output is where the log goes. It can be changed while it is written to. What a file
// cannot take, as that of a full disk, goes to the standard error instead.
type Output struct {
	stdout, stderr io.Writer

	mu sync.Mutex
	s  outputState
}

// outputState is guarded by Output.mu.
type outputState struct {
	// writer is what is written to, file the same if it is a file, else nil.
	writer io.Writer
	file   *os.File
	// err is why the last write failed, nil if it did not.
	err error
}

// NewOutput returns an Output that goes to the standard error.
func NewOutput(stdout, stderr io.Writer) *Output {
	return &Output{stdout: stdout, stderr: stderr, s: outputState{writer: stderr}}
}

// Open makes the log go to a file, which is made if there is none, to config.Stdout or
// to config.Stderr. A file is opened anew each time, so that one that was moved away is
// let go. After an error, the log goes where it went.
func (o *Output) Open(name string) error {
	next := outputState{}
	switch name {
	case config.Stderr:
		next.writer = o.stderr
	case config.Stdout:
		next.writer = o.stdout
	default:
		file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		next.writer, next.file = file, file
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closeFile()
	o.s = next
	return nil
}

// Close lets go what Open has opened.
func (o *Output) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closeFile()
	o.s = outputState{writer: o.stderr}
}

func (o *Output) closeFile() {
	if o.s.file != nil {
		// What was written is written, and nothing can be done about the rest.
		_ = o.s.file.Close()
	}
}

// Write implements io.Writer. It fails only if the standard error does, too.
func (o *Output) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, err := o.s.writer.Write(line)
	before := o.s.err
	o.s.err = err
	if err == nil {
		return len(line), nil
	}
	if before == nil {
		_, _ = fmt.Fprintf(o.stderr, "The log cannot be written, and goes here until it can: %v\n", err)
	}
	return o.stderr.Write(line)
}

// Err returns why the last write failed, nil if it did not.
func (o *Output) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.s.err
}
