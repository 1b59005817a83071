package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// story is all that is known of the request that a finding names, for people.
func (w *world) story(c *chat, finding string) string {
	id := tally.RequestID.FindString(finding)
	if id == "" {
		return ""
	}
	var text strings.Builder
	fmt.Fprintf(&text, "-- %s\n", finding)
	for n, r := range w.all(0) {
		if r.id == id {
			fmt.Fprintf(&text, "   request %d, made at %s, has to show %q\n", n, r.created.Format(time.TimeOnly), r.status)
		}
	}
	for _, post := range c.simulator.Posts() {
		if strings.Contains(post.Text, id) {
			fmt.Fprintf(&text, "   message %s in %s, posted %s, changed %s, key %s:\n", post.ID, post.ChannelName,
				post.Created.Format(time.TimeOnly), post.Updated.Format(time.TimeOnly), post.Key)
			for _, revision := range post.History {
				fmt.Fprintf(&text, "     %q\n", tally.StatusOf(revision))
			}
		}
	}
	return text.String()
}

// keepLogs writes the log of each container that there is to a file, until ctx ends.
func keepLogs(ctx context.Context, k *kube, directory string) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	following := map[string]bool{}
	for wait.Pause(ctx, time.Second) == nil {
		pods, err := k.pods(ctx)
		if err != nil {
			continue // The API server is away now and then.
		}
		for _, pod := range pods {
			for _, s := range pod.Status.ContainerStatuses {
				name := fmt.Sprintf("%s-%d.log", pod.Name, s.RestartCount)
				if s.State.Running == nil || following[name] {
					continue
				}
				following[name] = true
				go follow(ctx, k, pod.Name, filepath.Join(directory, name))
			}
		}
	}
	return nil
}

// follow writes a log to a file until it ends, or the API server does.
func follow(ctx context.Context, k *kube, pod, name string) {
	stream, err := k.clients.CoreV1().Pods(operators).GetLogs(pod, &corev1.PodLogOptions{Follow: true}).Stream(ctx)
	if err != nil {
		complain("reading the log of pod %s: %v", pod, err)
		return
	}
	defer func() { _ = stream.Close() }()
	file, err := os.Create(name)
	if err != nil {
		complain("keeping the log of pod %s: %v", pod, err)
		return
	}
	defer func() { _ = file.Close() }()
	// It ends with the container.
	_, _ = file.ReadFrom(stream)
}
