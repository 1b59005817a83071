package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"syscall"

	"github.com/accessnotifier/accessnotifier/internal/cli"
)

// profileVariable makes this program the operator, profiled. Its value is the
// directory for the profiles.
const profileVariable = "ACCESS_NOTIFIER_BENCH_PROFILE"

// program returns what to run as the operator, and its environment: the binary
// that people get, or if profiles are wanted, this program with the same code.
func (w *world) program() (path string, env []string, err error) {
	if w.profile == "" {
		return w.binary, nil, nil
	}
	dir, err := filepath.Abs(filepath.Join(w.profile, w.namespace))
	if err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", nil, fmt.Errorf("making a directory for profiles: %w", err)
	}
	self, err := os.Executable()
	return self, []string{profileVariable + "=" + dir}, err
}

// operate is the operator's main, with a profile of its processor time, one of what it
// holds when it is told to end, and at its end one of all that it has allocated.
func operate(dir string, args []string) (status int) {
	if err := profiled(dir, func() { status = cli.Run(append([]string{"access-notifier"}, args...), os.Stdout, os.Stderr) }); err != nil {
		note("profiling: %v", err)
		return 1
	}
	return status
}

func profiled(dir string, run func()) (err error) {
	pid := strconv.Itoa(os.Getpid())
	processor, err := os.Create(filepath.Join(dir, pid+".cpu.pprof"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, processor.Close()) }()
	runtime.MemProfileRate = 16 << 10
	held := make(chan error, 1)
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM)
	go func() {
		<-told
		runtime.GC()
		held <- writeProfile("heap", filepath.Join(dir, pid+".heap.pprof"))
	}()
	if err := pprof.StartCPUProfile(processor); err != nil {
		return err
	}
	run()
	pprof.StopCPUProfile()
	return errors.Join(<-held, writeProfile("allocs", filepath.Join(dir, pid+".allocs.pprof")))
}

func writeProfile(name, file string) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup(name).WriteTo(out, 0), out.Close())
}
