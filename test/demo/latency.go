package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// samples is how many requests are measured, one after the other.
const samples = 50

// measure prints how long it takes from a request in Teleport to the message at
// the chat service.
func (d *demo) measure(ctx context.Context) error {
	received := make(chan messengertest.Post, samples)
	defer d.chats[0].simulator.Subscribe(func(post messengertest.Post) {
		select {
		case received <- post:
		default:
			// Then the measurement waits in vain, and fails.
		}
	})()
	delays := make([]time.Duration, 0, samples)
	for range samples {
		delay, err := d.measureOne(ctx, received)
		if err != nil {
			return err
		}
		delays = append(delays, delay)
	}
	slices.Sort(delays)
	for _, figure := range []struct {
		name  string
		value time.Duration
	}{
		{"p50", delays[samples/2]},
		{"p99", delays[samples*99/100]},
		{"max", delays[samples-1]},
	} {
		d.out.printf("figure demo_latency_%s_ms %.1f ms\n", figure.name, float64(figure.value.Microseconds())/1000)
	}
	d.out.line(d.out.paint(faint, fmt.Sprintf("%d requests, one after the other, on this machine. The simulators answer at once;", samples)))
	d.out.line(d.out.paint(faint, "a real Teleport may send an event up to a second late, and a real Slack takes longer."))
	return nil
}

// measureOne makes a request that has one recipient, and waits for its message.
func (d *demo) measureOne(ctx context.Context, received <-chan messengertest.Post) (time.Duration, error) {
	start := time.Now()
	id, err := d.teleport.CreateRequest(teleporttest.RequestSpec{User: "somebody", Roles: []string{"auditor"}})
	if err != nil {
		return 0, err
	}
	deadline := time.NewTimer(deliveredWithin)
	defer deadline.Stop()
	for {
		select {
		case post := <-received:
			if requestOf(post) == id {
				return post.Created.Sub(start), nil
			}
		case <-deadline.C:
			return 0, fmt.Errorf("no message within %s", deliveredWithin)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
