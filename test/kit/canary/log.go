package canary

import (
	"bytes"
	"slices"
	"strings"
	"sync"
)

// maxFindings is how many findings of one log are kept.
const maxFindings = 20

// Log is an io.Writer that searches what is written to it, line by line, and keeps nothing else.
// Make one with Nest.Log. Its methods are safe for concurrent use.
type Log struct {
	nest  *Nest
	kinds []Kind

	mu       sync.Mutex
	begun    []byte
	findings []Finding
}

// Log returns a log that is searched for canaries of these kinds, all if none is named.
func (n *Nest) Log(kinds ...Kind) *Log { return &Log{nest: n, kinds: kinds} }

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun = append(l.begun, p...)
	if end := bytes.LastIndexByte(l.begun, '\n'); end >= 0 {
		l.search(string(l.begun[:end]))
		l.begun = append(l.begun[:0], l.begun[end+1:]...)
	}
	return len(p), nil
}

// Findings returns what was found so far, as Nest.Found returns it.
func (l *Log) Findings() []Finding {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(slices.Clone(l.findings), l.nest.Found(string(l.begun), l.kinds...)...)
}

// search keeps what is found in whole lines. The caller holds mu.
func (l *Log) search(lines string) {
	for line := range strings.Lines(lines) {
		if len(l.findings) < maxFindings {
			l.findings = append(l.findings, l.nest.Found(line, l.kinds...)...)
		}
	}
}
