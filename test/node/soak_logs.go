package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// keeper writes the logs of all containers to files.
type keeper struct {
	kube      *kube
	directory string
	reading   sync.WaitGroup

	mu sync.Mutex
	// until says of each container up to when its log was read; zero while it is.
	until map[string]time.Time
}

// keepLogs writes the log of each container that there is to a file, until ctx ends.
func keepLogs(ctx context.Context, k *kube, directory string) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	keep := &keeper{kube: k, directory: directory, until: map[string]time.Time{}}
	defer keep.reading.Wait()
	for wait.Pause(ctx, time.Second) == nil {
		// The API server is away now and then.
		pods, _ := k.pods(ctx)
		for _, pod := range pods {
			for _, s := range pod.Status.ContainerStatuses {
				if s.State.Running != nil {
					keep.start(ctx, pod.Name, fmt.Sprintf("%s-%d.log", pod.Name, s.RestartCount))
				}
			}
		}
	}
	return nil
}

// start reads on in a log, unless that is done already.
func (k *keeper) start(ctx context.Context, pod, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	since, known := k.until[name]
	if known && since.IsZero() {
		return
	}
	k.until[name] = time.Time{}
	k.reading.Go(func() {
		if err := k.read(ctx, pod, name, since); err != nil && ctx.Err() == nil {
			complain("reading the log of pod %s: %v", pod, err)
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		k.until[name] = time.Now()
	})
}

// read writes a log to a file until it ends, or the API server does.
func (k *keeper) read(ctx context.Context, pod, name string, since time.Time) error {
	options := &corev1.PodLogOptions{Follow: true}
	if !since.IsZero() {
		options.SinceTime = &metav1.Time{Time: since}
	}
	stream, err := k.kube.clients.CoreV1().Pods(operators).GetLogs(pod, options).Stream(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }()
	file, err := os.OpenFile(filepath.Join(k.directory, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	_, err = file.ReadFrom(stream)
	return err
}
