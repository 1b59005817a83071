package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// besetFor is how long the hostile servers go on at least, each of which is called several times
	// meanwhile. A call takes 15 s at most.
	besetFor = time.Minute
	// besetAtOnce is how many honest requests are made one after the other, and besetPause how long
	// it is until the next.
	besetAtOnce = 10
	besetPause  = 500 * time.Millisecond
)

// measureHostilePeers has a tenant name servers of every kind that do all the harm they can, and
// looks at the memory of the operator and at another tenant's notifier.
func measureHostilePeers(ctx context.Context, p *platform) (values map[string]float64, err error) {
	w, err := p.newWorldAt(ctx, "hostile", service.Mattermost, time.Now)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	party, err := w.startParty()
	if err != nil {
		return nil, err
	}
	if err := w.addNotifiers(ctx, 1, identitySecret); err != nil {
		return nil, err
	}
	o, err := w.startOperator(ctx, party.Flags...)
	if err != nil {
		return nil, err
	}
	if err := w.awaitReady(ctx, 1); err != nil {
		return nil, fmt.Errorf("%w%s", err, o.LogTail())
	}
	before, err := w.askOneByOne(ctx, singles)
	if err != nil {
		return nil, err
	}
	during, err := w.beset(ctx, party)
	if err != nil {
		return nil, fmt.Errorf("%w%s", err, o.LogTail())
	}
	peak, err := o.peak()
	if err != nil {
		return nil, err
	}
	note("  %d notifiers with hostile servers; delays of a neighbour without and with them: median %v, 95th percentile %v, slowest %v",
		len(party.Notifiers), rounded([]time.Duration{median(before), median(during)}),
		rounded([]time.Duration{percentile(before, 95), percentile(during, 95)}),
		rounded([]time.Duration{slices.Max(before), slices.Max(during)}))
	return map[string]float64{
		"hostile_peer_rss_mb":                megabytes(peak),
		"hostile_peer_neighbour_delay_ratio": median(during).Seconds() / median(before).Seconds(),
	}, w.receipts.once()
}

// beset lets the party in, and makes honest requests until all its servers were called, and have had
// time to do harm.
func (w *world) beset(ctx context.Context, party *party) (delays []time.Duration, err error) {
	if err := w.admit(ctx, party); err != nil {
		return nil, err
	}
	until := time.Now().Add(besetFor)
	for {
		some, err := w.askOneByOne(ctx, besetAtOnce)
		if err != nil {
			return nil, err
		}
		delays = append(delays, some...)
		left, err := party.notAsked()
		if err != nil || len(left) == 0 && time.Now().After(until) {
			return delays, err
		}
		if err := wait.Pause(ctx, besetPause); err != nil {
			return nil, fmt.Errorf("hostile servers were not called: %q: %w", left, err)
		}
	}
}

// admit creates the objects of a party, in a namespace of their own.
func (w *world) admit(ctx context.Context, party *party) error {
	namespace, err := w.plane.CreateNamespace(ctx, "bench-hostile")
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for _, object := range party.Objects(namespace, map[string]string{worldLabel: w.namespace}) {
		group.Go(func() error {
			if err := w.plane.Client().Create(ctx, object); err != nil {
				return fmt.Errorf("creating %s: %w", object.GetName(), err)
			}
			return nil
		})
	}
	return group.Wait()
}

// peak is how much memory the process has had at most.
func (o *operator) peak() (bytes int64, err error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", o.PID()))
	if err == nil {
		bytes, err = kibibytes(string(content), "VmHWM")
	}
	if err != nil {
		return 0, fmt.Errorf("reading an operator's memory: %w", err)
	}
	return bytes, nil
}
