package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/accessnotifier/accessnotifier/test/kit/scrape"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// usage is what a process takes.
type usage struct {
	// heap and resident are in bytes. The heap holds garbage, until it is collected.
	heap, resident                 float64
	goroutines, connections, files float64
}

// least is the least of each. Under a steady load that is what is taken all the time: garbage
// and work that is under way come and go.
func (u usage) least(other usage) usage {
	return usage{
		heap: min(u.heap, other.heap), resident: min(u.resident, other.resident), goroutines: min(u.goroutines, other.goroutines),
		connections: min(u.connections, other.connections), files: min(u.files, other.files),
	}
}

// growth is how much more of each there is than before.
func (u usage) growth(before usage) usage {
	return usage{
		heap: u.heap - before.heap, resident: u.resident - before.resident, goroutines: u.goroutines - before.goroutines,
		connections: u.connections - before.connections, files: u.files - before.files,
	}
}

func (u usage) String() string {
	return fmt.Sprintf("heap %.1f MB, resident %.1f MB, %.0f goroutines, %.0f connections, %.0f files",
		u.heap/1e6, u.resident/1e6, u.goroutines, u.connections, u.files)
}

// tolerated is how much may grow that is no leak: pools fill, and one connection more may be
// idle.
var tolerated = usage{heap: 8e6, goroutines: 10, connections: 4, files: 4}

// leaks names what has grown by more than is tolerated.
func (u usage) leaks() error {
	var err error
	for _, of := range []struct {
		name       string
		grown, may float64
	}{
		{"bytes of memory", u.heap, tolerated.heap}, {"goroutines", u.goroutines, tolerated.goroutines},
		{"connections", u.connections, tolerated.connections}, {"open files", u.files, tolerated.files},
	} {
		if of.grown > of.may {
			err = errors.Join(err, fmt.Errorf("%.0f %s more than before, at most %.0f", of.grown, of.name, of.may))
		}
	}
	return err
}

// process is that of a pod's container.
type process struct {
	pod       *corev1.Pod
	container string
	id        int
}

// take measures for a while what a process takes, at least.
func (p process) take(ctx context.Context, window time.Duration) (usage, error) {
	var least usage
	for n := range int(window / time.Second) {
		u, err := p.usage(ctx)
		if err != nil {
			return usage{}, fmt.Errorf("measuring pod %s: %w", p.pod.Name, err)
		}
		if n == 0 {
			least = u
		}
		least = least.least(u)
		if err := wait.Pause(ctx, time.Second); err != nil {
			return usage{}, err
		}
	}
	return least, nil
}

// usage asks the process what it takes. Connections are counted in its network.
func (p process) usage(ctx context.Context) (u usage, err error) {
	told, err := scrape.Read(ctx, fmt.Sprintf("%s:%d", p.pod.Status.PodIP, metricsPort))
	if err != nil {
		return usage{}, err
	}
	for name, value := range map[string]*float64{
		"go_memstats_heap_alloc_bytes": &u.heap, "process_resident_memory_bytes": &u.resident,
		"go_goroutines": &u.goroutines, "process_open_fds": &u.files,
	} {
		if *value, err = told.Gauge(name); err != nil {
			return usage{}, err
		}
	}
	for _, family := range []string{"tcp", "tcp6"} {
		table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", p.id, family))
		if err != nil {
			return usage{}, err
		}
		u.connections += float64(established(string(table)))
	}
	return u, nil
}

// established counts the open connections in a table of Linux, see proc_net_tcp in its
// documentation: the fourth column is the state.
func established(table string) int {
	const open = "01"
	count := 0
	for lines := bufio.NewScanner(strings.NewReader(table)); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 3 && fields[3] == open {
			count++
		}
	}
	return count
}

// process finds the process and the id of a pod's container.
func (t *trial) process(pod *corev1.Pod) (id int, container string, err error) {
	if len(pod.Status.ContainerStatuses) == 0 {
		return 0, "", fmt.Errorf("pod %s has no container yet", pod.Name)
	}
	_, container, _ = strings.Cut(pod.Status.ContainerStatuses[0].ContainerID, "://")
	processes, err := t.own.Processes(string(pod.UID), container)
	if err != nil {
		return 0, "", err
	}
	if len(processes) != 1 {
		return 0, "", fmt.Errorf("the container of pod %s has processes %v, want 1", pod.Name, processes)
	}
	return processes[0], container, nil
}
