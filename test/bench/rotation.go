package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	rotations = 7
	// askEvery is the time between two requests.
	askEvery = 10 * time.Millisecond
	// between is the time between a rotation and the next.
	between = time.Second
	// otherRole allows the same as teleporttest.PluginRole.
	otherRole = "access-plugin-renamed"
)

// span is a time during which an identity was being replaced.
type span struct{ from, to time.Time }

// measureRotation replaces the identity again and again, with other roles each
// time, while requests are made every few milliseconds. The gap is how much
// longer than usual the slowest request of a rotation took.
func measureRotation(ctx context.Context, p *platform) (map[string]float64, error) {
	var gap time.Duration
	err := p.inWorld(ctx, "rotation", func(w *world) error {
		if err := w.addNotifiers(ctx, 1, identitySecret); err != nil {
			return err
		}
		if _, err := w.startReady(ctx, 1); err != nil {
			return err
		}
		requests, spans, err := w.rotateUnderLoad(ctx)
		if err != nil {
			return err
		}
		delays, err := w.receipts.delays(ctx, requests)
		if err != nil {
			return err
		}
		gap = gapOf(requests, delays, spans)
		return w.receipts.once()
	})
	return map[string]float64{"rotation_gap_ms": milliseconds(gap)}, err
}

// rotateUnderLoad returns the requests that were made, and when identities were
// being replaced.
func (w *world) rotateUnderLoad(ctx context.Context) ([]request, []span, error) {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	type made struct {
		requests []request
		err      error
	}
	ended := make(chan made, 1)
	go func() {
		requests, err := w.keepAsking(asking)
		ended <- made{requests, err}
	}()
	spans, err := w.rotate(ctx)
	stop()
	all := <-ended
	return all.requests, spans, errors.Join(err, all.err)
}

// keepAsking makes requests until ctx ends.
func (w *world) keepAsking(ctx context.Context) ([]request, error) {
	var requests []request
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return requests, nil
		case <-ticker.C:
		}
		made, err := w.ask()
		if err != nil {
			return nil, err
		}
		requests = append(requests, made)
	}
}

func (w *world) rotate(ctx context.Context) ([]span, error) {
	var spans []span
	for i := range rotations {
		if err := wait.Pause(ctx, between); err != nil {
			return nil, err
		}
		identity, err := w.rotatedIdentity(i + 1)
		if err != nil {
			return nil, err
		}
		from := time.Now()
		if err := w.replaceIdentity(ctx, identity.File); err != nil {
			return nil, err
		}
		if err := w.awaitIdentity(ctx, identity.NotAfter); err != nil {
			return nil, err
		}
		spans = append(spans, span{from, time.Now()})
	}
	return spans, nil
}

// rotatedIdentity issues the identity of a rotation. Those of two rotations in a
// row differ in their roles and in when they expire.
func (w *world) rotatedIdentity(rotation int) (*teleporttest.Identity, error) {
	roles := []string{teleporttest.PluginRole, otherRole}
	identity, err := w.teleport.Identity(teleporttest.IdentityOptions{
		Roles: roles[rotation%2:][:1],
		TTL:   time.Hour + time.Duration(rotation)*time.Minute,
	})
	if err != nil {
		return nil, fmt.Errorf("issuing an identity: %w", err)
	}
	return identity, nil
}

func (w *world) replaceIdentity(ctx context.Context, file []byte) error {
	secret := &corev1.Secret{}
	key := client.ObjectKey{Namespace: w.namespace, Name: identitySecret}
	if err := w.plane.Client().Get(ctx, key, secret); err != nil {
		return fmt.Errorf("reading the identity's Secret: %w", err)
	}
	secret.Data[v1alpha1.DefaultIdentityKey] = file
	if err := w.plane.Client().Update(ctx, secret); err != nil {
		return fmt.Errorf("replacing the identity: %w", err)
	}
	return nil
}

// awaitIdentity waits until the notifier says that it uses the identity that
// expires then, and the connection with the one before is closed.
func (w *world) awaitIdentity(ctx context.Context, expires time.Time) error {
	key := client.ObjectKeyFromObject(w.notifier(0, identitySecret))
	err := wait.Until(ctx, pollEvery, func() (bool, error) {
		notifier := &v1alpha1.AccessNotifier{}
		if err := w.plane.Client().Get(ctx, key, notifier); err != nil {
			return false, fmt.Errorf("reading the AccessNotifier: %w", err)
		}
		status := notifier.Status.Teleport
		return status != nil && status.IdentityExpirationTime != nil &&
			status.IdentityExpirationTime.Unix() == expires.Unix() && w.teleport.Connections() == 1, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the new identity to be used, on the only connection: %w", err)
	}
	return nil
}

// gapOf returns, of the slowest request of each span, the median, less the
// median of all requests.
func gapOf(requests []request, delays []time.Duration, spans []span) time.Duration {
	usual, outside := median(delays), time.Duration(0)
	slowest := make([]time.Duration, len(spans))
	for i, made := range requests {
		rotating := false
		for n, s := range spans {
			if !made.at.Before(s.from) && !made.at.After(s.to) {
				slowest[n], rotating = max(slowest[n], delays[i]-usual), true
			}
		}
		if !rotating {
			outside = max(outside, delays[i]-usual)
		}
	}
	note("  %d requests, median delay %v; slower by %v around each rotation, by %v at other times",
		len(requests), rounded([]time.Duration{usual})[0], rounded(slowest), rounded([]time.Duration{outside})[0])
	return median(slowest)
}
