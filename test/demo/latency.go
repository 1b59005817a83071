package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/demo/page"
)

// samples is how many requests are measured, one after the other.
const samples = 50

// delays are how long each request took to reach a chat.
type delays map[*chat][]time.Duration

// measure prints how long it takes from a request in Teleport to its first
// message at each chat service.
func (d *demo) measure(ctx context.Context) error {
	received := make(chan arrival, messageBacklog)
	chats := atOnce(d.chats)
	for _, c := range chats {
		defer c.simulator.Subscribe(func(post messengertest.Post) {
			select {
			case received <- arrival{c, post}:
			default:
				// Then the measurement waits in vain, and fails.
			}
		})()
	}
	measured := delays{}
	for range samples {
		if err := d.measureOne(ctx, received, measured); err != nil {
			return err
		}
	}
	for i, c := range chats {
		// The first service's figures have the names that they always had.
		infix := ""
		if i > 0 {
			infix = c.simulator.Name() + "_"
		}
		d.printFigures(infix, measured[c])
	}
	d.out.line(d.out.paint(faint, fmt.Sprintf("%d requests, one after the other, each to these services, on this machine. The simulators", samples)))
	d.out.line(d.out.paint(faint, "answer at once; a real Teleport may be up to a second late, and a real service is slower."))
	return nil
}

func (d *demo) printFigures(infix string, of []time.Duration) {
	slices.Sort(of)
	for _, figure := range []struct {
		name  string
		value time.Duration
	}{
		{"p50", of[len(of)/2]},
		{"p99", of[len(of)*99/100]},
		{"max", of[len(of)-1]},
	} {
		d.out.printf("figure demo_latency_%s%s_ms %.1f ms\n", infix, figure.name, float64(figure.value.Microseconds())/1000)
	}
}

// measureOne makes a request, and waits for its first message in every chat.
func (d *demo) measureOne(ctx context.Context, received <-chan arrival, measured delays) error {
	start := time.Now()
	id, err := d.teleport.CreateRequest(teleporttest.RequestSpec{User: "auditor@example.com", Roles: []string{"auditor"}})
	if err != nil {
		return err
	}
	deadline := time.NewTimer(deliveredWithin)
	defer deadline.Stop()
	seen := map[*chat]bool{}
	for chats := atOnce(d.chats); len(seen) < len(chats); {
		select {
		case a := <-received:
			if page.RequestOf(a.post) == id && !seen[a.chat] {
				seen[a.chat] = true
				measured[a.chat] = append(measured[a.chat], a.post.Created.Sub(start))
			}
		case <-deadline.C:
			return fmt.Errorf("messages in %d of %d services within %s", len(seen), len(chats), deliveredWithin)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
