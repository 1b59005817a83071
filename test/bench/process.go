package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

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
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", o.PID()))
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
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", o.PID()))
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
