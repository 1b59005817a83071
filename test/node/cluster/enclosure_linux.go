package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// endWithin is what the enclosed program gets to end by itself.
const endWithin = 20 * time.Second

// runEnclosed runs this program in new namespaces.
func runEnclosed(ctx context.Context, arguments []string) (status int, err error) {
	// The signal at the parent's death comes when this thread ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command := exec.CommandContext(ctx, "/proc/self/exe", arguments...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	// Temporary files go to memory, too.
	command.Env = append(os.Environ(), "TMPDIR=/run")
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
		Setpgid:    true,
	}
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = endWithin
	err = command.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && ctx.Err() == nil {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// tunables are what kubelet would set for the whole machine. It finds them set, in
// files of its own over the real ones.
var tunables = map[string]string{
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/keys/root_maxbytes": "25000000",
}

// furnish makes the file systems of an enclosed program: a /proc of its processes,
// an empty /run, and a /var whose changes no other process sees.
func furnish() error {
	const strict = syscall.MS_NOSUID | syscall.MS_NODEV
	if err := errors.Join(
		mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
		mount("proc", "/proc", "proc", strict|syscall.MS_NOEXEC, ""),
		mount("tmpfs", "/run", "tmpfs", strict, "mode=0755"),
	); err != nil {
		return err
	}
	if err := directories("var/upper", "var/work", "tmp", "tunables"); err != nil {
		return err
	}
	layers := fmt.Sprintf("lowerdir=/var,upperdir=%[1]s/var/upper,workdir=%[1]s/var/work", state)
	if err := mount("overlay", "/var", "overlay", 0, layers); err != nil {
		return err
	}
	for name, value := range tunables {
		if err := pretend("/proc/sys/"+name, value); err != nil {
			return err
		}
	}
	return nil
}

func mount(source, target, kind string, flags uintptr, data string) error {
	if err := syscall.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("mounting %s: %w", target, err)
	}
	return nil
}

// pretend lays a file with a value over a tunable, if this kernel has it.
func pretend(tunable, value string) error {
	if !exists(tunable) {
		return nil
	}
	file := filepath.Join(state, "tunables", filepath.Base(tunable))
	if err := os.WriteFile(file, []byte(value+"\n"), 0o644); err != nil {
		return err
	}
	return mount(file, tunable, "", syscall.MS_BIND, "")
}
