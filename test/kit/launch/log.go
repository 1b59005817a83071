package launch

import (
	"bytes"
	"strings"
	"sync"
)

const (
	// keptBytes is how much of an operator's log is kept at least, at its end.
	keptBytes = 64 << 10
	// shownLines is how many lines of it an error message shows.
	shownLines = 40
)

// Log keeps the end of what an operator prints. The zero value is empty.
type Log struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	// Not with every line, which would copy all of it each time.
	if len(l.text) > 2*keptBytes {
		l.text = bytes.Clone(l.text[len(l.text)-keptBytes:])
	}
	return len(p), nil
}

// String returns what is kept.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// WholeLog keeps all that is written to it, where a test searches it. The zero value is empty.
type WholeLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *WholeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns all of it.
func (l *WholeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// tail returns the last lines as the end of an error message.
func (l *Log) tail() string {
	text := strings.TrimSpace(l.String())
	if text == "" {
		return "; it has logged nothing"
	}
	lines := strings.Split(text, "\n")
	return "; its last lines are:\n    " + strings.Join(lines[max(len(lines)-shownLines, 0):], "\n    ")
}
