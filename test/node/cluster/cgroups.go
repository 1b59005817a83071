package cluster

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// cgroupName is the control group that holds those of all pods.
	cgroupName = "access-notifier-node"
	cgroupRoot = "/sys/fs/cgroup"
	// emptyWithin is how long the kernel may take to end what was killed.
	emptyWithin = 10 * time.Second
)

// unified reports whether there is one hierarchy of control groups (version 2) and
// not one for each controller.
func unified() bool {
	_, err := os.Stat(filepath.Join(cgroupRoot, "cgroup.controllers"))
	return err == nil
}

// hierarchies are the roots of all hierarchies.
func hierarchies() ([]string, error) {
	if unified() {
		return []string{cgroupRoot}, nil
	}
	entries, err := os.ReadDir(cgroupRoot)
	if err != nil {
		return nil, fmt.Errorf("looking for control groups: %w", err)
	}
	var roots []string
	for _, entry := range entries {
		if entry.IsDir() {
			roots = append(roots, filepath.Join(cgroupRoot, entry.Name()))
		}
	}
	return roots, nil
}

func makeCgroups() error {
	roots, err := hierarchies()
	if err != nil {
		return err
	}
	for _, root := range roots {
		own := filepath.Join(root, cgroupName)
		if err := os.Mkdir(own, 0o755); err != nil {
			return fmt.Errorf("making a control group: %w", err)
		}
		if !unified() {
			continue
		}
		for _, group := range []string{root, own} {
			if err := enableControllers(group); err != nil {
				return err
			}
		}
	}
	return nil
}

// enableControllers lets the children of a group have all its controllers. Those
// that this machine does not give are those that kubelet asks for, or not.
func enableControllers(group string) error {
	controllers, err := os.ReadFile(filepath.Join(group, "cgroup.controllers"))
	if err != nil {
		return fmt.Errorf("reading the controllers: %w", err)
	}
	for controller := range strings.FieldsSeq(string(controllers)) {
		_ = os.WriteFile(filepath.Join(group, "cgroup.subtree_control"), []byte("+"+controller), 0o644)
	}
	return nil
}

// removeCgroups removes the group of this cluster or of one that was killed, once
// all processes in it have ended.
func removeCgroups() error {
	roots, err := hierarchies()
	if err != nil {
		return err
	}
	for _, root := range roots {
		own := filepath.Join(root, cgroupName)
		deadline := time.Now().Add(emptyWithin)
		for err = removeTree(own); err != nil && time.Now().Before(deadline); err = removeTree(own) {
			time.Sleep(50 * time.Millisecond)
		}
		if err != nil {
			return fmt.Errorf("removing a control group: %w", err)
		}
	}
	return nil
}

// removeTree removes a group and those in it. Their files go with them.
func removeTree(group string) error {
	var groups []string
	err := filepath.WalkDir(group, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			groups = append(groups, path)
		}
		return err
	})
	for _, g := range slices.Backward(groups) {
		err = errors.Join(err, os.Remove(g))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// podCgroup is the control group of a pod, in the hierarchy that counts memory.
func podCgroup(uid string) (string, error) {
	root := filepath.Join(cgroupRoot, cgroupName)
	if !unified() {
		root = filepath.Join(cgroupRoot, "memory", cgroupName)
	}
	var found string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && entry.Name() == "pod"+uid {
			found = path
			return fs.SkipAll
		}
		return err
	})
	if err == nil && found == "" {
		err = fs.ErrNotExist
	}
	if err != nil {
		return "", fmt.Errorf("looking for the control group of pod %s: %w", uid, err)
	}
	return found, nil
}

// processes are the ids of the processes of a container.
func processes(uid, container string) ([]int, error) {
	group, err := podCgroup(uid)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(group, container, "cgroup.procs"))
	if err != nil {
		return nil, fmt.Errorf("looking for processes of container %s: %w", container, err)
	}
	var ids []int
	for field := range strings.FieldsSeq(string(content)) {
		id, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// residentBytes is the anonymous memory of a pod: what it needs and what cannot be
// dropped, unlike the pages of its binary.
func residentBytes(uid string) (int64, error) {
	group, err := podCgroup(uid)
	if err != nil {
		return 0, err
	}
	key := "total_rss "
	if unified() {
		key = "anon "
	}
	content, err := os.ReadFile(filepath.Join(group, "memory.stat"))
	if err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), key); ok {
			return strconv.ParseInt(value, 10, 64)
		}
	}
	return 0, fmt.Errorf("%s/memory.stat has no %q", group, key)
}
