package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

const (
	// flood is how many requests one user makes at once.
	flood = 10_000
	// besieged is the cluster's identity and channel in which that is.
	besieged = "besieged"
)

// neighbourhood is what a flood in one cluster does to others.
type neighbourhood struct {
	// before and during are the delays of a notifier for another cluster.
	before, during []time.Duration
	// honest is how long another user's request in the same cluster waits.
	honest time.Duration
}

// measureNeighbours floods a notifier, and looks at another one of the same operator.
func measureNeighbours(ctx context.Context, p *platform) (map[string]float64, error) {
	var n neighbourhood
	err := p.inWorld(ctx, "neighbours", func(w *world) (err error) {
		n, err = w.floodOne(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	note("  median delay of a neighbour before and during the flood: %v", rounded([]time.Duration{median(n.before), median(n.during)}))
	return map[string]float64{
		"noisy_neighbour_delay_ratio":     median(n.during).Seconds() / median(n.before).Seconds(),
		"honest_request_in_flood_seconds": n.honest.Seconds(),
	}, nil
}

func (w *world) floodOne(ctx context.Context) (n neighbourhood, err error) {
	teleport, err := w.addBesieged(ctx)
	if err != nil {
		return n, err
	}
	if err := w.addNotifiers(ctx, 1, identitySecret); err != nil {
		return n, err
	}
	o, err := w.startReady(ctx, 2)
	if err != nil {
		return n, err
	}
	if n.before, err = w.askOneByOne(ctx, singles); err != nil {
		return n, fmt.Errorf("%w%s", err, o.LogTail())
	}
	for range flood {
		if _, err := teleport.CreateRequest(teleporttest.RequestSpec{User: "mallory@example.com", Roles: []string{role}}); err != nil {
			return n, fmt.Errorf("creating a request: %w", err)
		}
	}
	group, busy := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		made := time.Now()
		id, err := teleport.CreateRequest(teleporttest.RequestSpec{User: "alice@example.com", Roles: []string{role}})
		if err != nil {
			return fmt.Errorf("creating a request: %w", err)
		}
		n.honest, err = w.receipts.delay(busy, request{id: id, at: made})
		return err
	})
	group.Go(func() (err error) {
		n.during, err = w.askOneByOne(busy, singles/4)
		if err == nil && w.receipts.posts() >= flood {
			return errors.New("the flood was over before its neighbour was looked at")
		}
		return err
	})
	if err := group.Wait(); err != nil {
		return n, fmt.Errorf("%w%s", err, o.LogTail())
	}
	return n, nil
}

// addBesieged makes another cluster, with a notifier for it.
func (w *world) addBesieged(ctx context.Context) (*teleporttest.Server, error) {
	teleport, err := teleporttest.Start(teleporttest.Options{AdvancedAccessWorkflows: true})
	if err != nil {
		return nil, fmt.Errorf("starting the simulated Teleport: %w", err)
	}
	w.onClose(func() error { teleport.Close(); return nil })
	identity, err := teleport.Identity(teleporttest.IdentityOptions{})
	if err != nil {
		return nil, fmt.Errorf("issuing an identity: %w", err)
	}
	if err := w.addSecret(ctx, besieged, map[string]string{v1alpha1.DefaultIdentityKey: string(identity.File)}); err != nil {
		return nil, err
	}
	w.chat.AddChannel(besieged)
	notifier := w.notifier(0, besieged)
	notifier.Name = besieged
	notifier.Spec.Teleport.Address = teleport.Addr()
	notifier.Spec.Recipients = v1alpha1.RecipientList{besieged}
	if err := w.plane.Client().Create(ctx, notifier); err != nil {
		return nil, fmt.Errorf("creating an AccessNotifier: %w", err)
	}
	return teleport, nil
}
