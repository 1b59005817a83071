// Package cluster runs a Kubernetes cluster of one node, with pods, from nothing
// but the binaries of Kubernetes, etcd, containerd, runc and the CNI plugins.
//
// The cluster lives in namespaces of its own, for processes, mounts and network,
// as in a container: [Enclose] runs a program in them, which calls [Start]. What
// the cluster writes goes to file systems in memory that only it sees. When the
// program ends, however it ends, the kernel ends everything that it started and
// drops the rest. Only the control groups of pods stay, and Enclose removes them,
// those of an earlier run that was killed, too.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// ErrBusy means that another cluster runs on this machine.
var ErrBusy = errors.New("another run of these tests uses this machine")

// Enclose runs this program again with the given arguments, as root in namespaces
// of its own, and returns its exit status. When ctx ends, so does the program.
func Enclose(ctx context.Context, arguments ...string) (status int, err error) {
	// The name is in no file system, and free again when this process has ended.
	lock, err := (&net.ListenConfig{}).Listen(ctx, "unix", "@"+cgroupName)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrBusy, err)
	}
	defer lock.Close()
	if err := removeCgroups(); err != nil {
		return 0, err
	}
	if err := makeCgroups(); err != nil {
		return 0, errors.Join(err, removeCgroups())
	}
	status, err = runEnclosed(ctx, arguments)
	return status, errors.Join(err, removeCgroups())
}

// state is where everything of the cluster is. It is in memory.
const state = "/run/node"

func directories(names ...string) error {
	for _, name := range names {
		if err := os.MkdirAll(filepath.Join(state, name), 0o755); err != nil {
			return err
		}
	}
	return nil
}
