package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// edit changes an AccessNotifier, and returns once the operator has taken that up.
func (s *soak) edit(ctx context.Context, name string, change func(*v1alpha1.AccessNotifierSpec)) error {
	key := client.ObjectKey{Namespace: tenants, Name: name}
	err := wait.For(ctx, within, pollEvery, func() error {
		n := &v1alpha1.AccessNotifier{}
		if err := s.kube.Get(ctx, key, n); err != nil {
			return err
		}
		before := n.DeepCopy()
		change(&n.Spec)
		return s.kube.Patch(ctx, n, client.MergeFrom(before))
	})
	if err != nil {
		return err
	}
	return wait.For(ctx, within, pollEvery, func() error {
		n := &v1alpha1.AccessNotifier{}
		if err := s.kube.Get(ctx, key, n); err != nil {
			return err
		}
		return ready(*n)
	})
}

// recipientsEdited: another channel is told for a while. It has to hear of what is asked for
// meanwhile, and what it has heard of must stay true.
func (s *soak) recipientsEdited(ctx context.Context, e event) (string, error) {
	c := s.pick(e)
	err := s.edit(ctx, c.name, func(spec *v1alpha1.AccessNotifierSpec) { spec.Recipients = append(spec.Recipients, c.another) })
	if err != nil {
		return "", err
	}
	from := len(s.world.all(0))
	if err := wait.Pause(ctx, e.lasts); err != nil {
		return "", err
	}
	made := s.world.all(from)
	untold := wait.For(ctx, patience, pollEvery, func() error {
		for _, r := range made {
			if c.toldIn(c.anotherPlace(), r.id).IsZero() {
				return fmt.Errorf("%s has not heard of %s", c.anotherPlace(), r.id)
			}
		}
		return nil
	})
	return fmt.Sprintf("%s, %d requests", c.anotherPlace(), len(made)), errors.Join(untold,
		s.edit(ctx, c.name, func(spec *v1alpha1.AccessNotifierSpec) { spec.Recipients = spec.Recipients[:1] }))
}

// localeEdited: messages are German for a while.
func (s *soak) localeEdited(ctx context.Context, e event) (string, error) {
	c := s.pick(e)
	err := s.edit(ctx, c.name, func(spec *v1alpha1.AccessNotifierSpec) { spec.Message = &v1alpha1.MessageSpec{Locale: "de"} })
	if err != nil {
		return "", err
	}
	return c.name, errors.Join(wait.Pause(ctx, e.lasts),
		s.edit(ctx, c.name, func(spec *v1alpha1.AccessNotifierSpec) { spec.Message = nil }))
}

const (
	// identityTTL is for how long an identity is valid, and identityEvery how often there is a
	// fresh one: as tbot does it, but thirty times as fast.
	identityTTL, identityEvery = 2 * time.Minute, 40 * time.Second
)

// tbot keeps the identity fresh.
type tbot struct {
	mu   sync.Mutex
	ends time.Time
}

// end is when the present identity ends.
func (b *tbot) end() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ends
}

// rotate stores a fresh identity, and returns when it ends.
func (b *tbot) rotate(ctx context.Context, t *trial) (time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fresh, err := t.world.teleport.Identity(teleporttest.IdentityOptions{TTL: identityTTL})
	if err != nil {
		return time.Time{}, err
	}
	err = wait.For(ctx, within, pollEvery, func() error {
		patch := client.MergeFrom(secret("identity", "identity", nil))
		return t.kube.Patch(ctx, secret("identity", "identity", fresh.File), patch)
	})
	b.ends = fresh.NotAfter
	return b.ends, err
}

// run rotates until ctx ends.
func (b *tbot) run(ctx context.Context, t *trial) error {
	for ctx.Err() == nil {
		_, err := b.rotate(ctx, t)
		if err == nil {
			err = wait.Pause(ctx, identityEvery)
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("rotating the identity: %w", err)
		}
	}
	return nil
}
