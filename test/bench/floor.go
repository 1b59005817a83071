package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest/bare"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// floorVariable makes this program the bare one. Its value is a floorConfig.
	floorVariable = "ACCESS_NOTIFIER_BENCH_FLOOR"
	// watchingLine is what the bare program prints once it watches.
	watchingLine = "watching"
	// floorRounds is how often operator and bare program take turns.
	floorRounds = 3
	// floorBurst is how many requests each is given at once.
	floorBurst = 500
)

// floorConfig says what the bare program works with.
type floorConfig struct {
	Teleport, Identity, Slack, Channel string
	Record                             bool
}

// floor is the bare program's main.
func floor(config string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c floorConfig
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		note("reading %s: %v", floorVariable, err)
		return 2
	}
	chat := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	err := bare.Program{
		Address: c.Teleport, Identity: c.Identity, Record: c.Record,
		Announce: func(ctx context.Context, id string) error { return c.post(ctx, chat, id) },
	}.Run(ctx, func() { fmt.Println(watchingLine) })
	if err != nil && ctx.Err() == nil {
		note("%v", err)
		return 1
	}
	return 0
}

// post announces a request in Slack.
func (c floorConfig) post(ctx context.Context, chat *http.Client, id string) error {
	body, err := json.Marshal(map[string]any{
		"channel": c.Channel, "text": "Access request " + id,
	})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.Slack, "/")+"/chat.postMessage", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("Authorization", "Bearer "+messengertest.DefaultToken)
	response, err := chat.Do(request)
	if err != nil {
		return fmt.Errorf("posting: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		OK    bool
		Error string
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || !answer.OK {
		return fmt.Errorf("posting: Slack answers %s %q: %w", response.Status, answer.Error, err)
	}
	return nil
}

// startFloor starts the bare program, and returns once it watches.
func (w *world) startFloor(ctx context.Context, record bool) (*operator, error) {
	identity, err := w.teleport.Identity(teleporttest.IdentityOptions{})
	if err != nil {
		return nil, fmt.Errorf("issuing an identity: %w", err)
	}
	config := floorConfig{
		Teleport: w.teleport.Addr(), Identity: filepath.Join(w.dir, w.namespace+".identity"),
		Slack: w.chat.URL(), Channel: w.channelID, Record: record,
	}
	if err := os.WriteFile(config.Identity, identity.File, 0o600); err != nil {
		return nil, fmt.Errorf("writing an identity: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	value, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	command := exec.Command(self)
	command.Env = []string{floorVariable + "=" + string(value)}
	p, err := launch.Program(command)
	if err != nil {
		return nil, err
	}
	w.onClose(p.Stop)
	err = wait.Until(ctx, 10*time.Millisecond, func() (bool, error) {
		return strings.Contains(p.Printed(), watchingLine), p.Alive()
	})
	if err != nil {
		return nil, fmt.Errorf("waiting for the bare program: %w", err)
	}
	return &operator{p}, nil
}

// paces is how fast a program was.
type paces struct {
	single, burst time.Duration
	// processor is what each request took of it, and allocations how many it made for it, 0
	// for a program without metrics.
	processor   time.Duration
	allocations float64
}

// pacesOf gives a program requests, one at a time and then many at once, and ends it.
func (w *world) pacesOf(ctx context.Context, o *operator) (p paces, err error) {
	allocated, err := o.allocations(ctx)
	if err != nil {
		return p, err
	}
	before, err := o.processorTime()
	if err != nil {
		return p, err
	}
	delays, err := w.askOneByOne(ctx, singles)
	if err != nil {
		return p, fmt.Errorf("%w%s", err, o.LogTail())
	}
	burst, err := w.burst(ctx, floorBurst)
	if err != nil {
		return p, fmt.Errorf("%w%s", err, o.LogTail())
	}
	// For what is recorded after the last message.
	if err := wait.Pause(ctx, time.Second); err != nil {
		return p, err
	}
	after, err := o.processorTime()
	if err != nil {
		return p, err
	}
	allocatedNow, err := o.allocations(ctx)
	if err != nil {
		return p, err
	}
	p = paces{allocations: (allocatedNow - allocated) / (singles + floorBurst), single: median(delays), burst: burst.all, processor: (after - before) / (singles + floorBurst)}
	return p, errors.Join(o.Stop(), w.receipts.once())
}

// allocations is how many the program has made, 0 for one without metrics.
func (o *operator) allocations(ctx context.Context) (float64, error) {
	if o.Metrics == "" {
		return 0, nil
	}
	told, err := o.scrape(ctx)
	if err != nil {
		return 0, err
	}
	return told.Counter("go_memstats_mallocs_total")
}

// measureFloor lets the operator and the bare program take turns on the same simulators, so
// that what else the machine does slows both.
func measureFloor(ctx context.Context, p *platform) (map[string]float64, error) {
	var ours, recording, plain []paces
	for range floorRounds {
		err := p.inWorld(ctx, "floor", func(w *world) error {
			if err := w.addNotifiers(ctx, 1, identitySecret); err != nil {
				return err
			}
			for _, turn := range []struct {
				paces *[]paces
				start func() (*operator, error)
			}{
				{&ours, func() (*operator, error) { return w.startReady(ctx, 1) }},
				{&recording, func() (*operator, error) { return w.startFloor(ctx, true) }},
				{&plain, func() (*operator, error) { return w.startFloor(ctx, false) }},
			} {
				o, err := turn.start()
				if err != nil {
					return err
				}
				paces, err := w.pacesOf(ctx, o)
				if err != nil {
					return err
				}
				*turn.paces = append(*turn.paces, paces)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	us, floor, least := typical(ours), typical(recording), typical(plain)
	note("  the operator %v, the bare program that writes a record %v, that writes none %v", us, floor, least)
	return map[string]float64{
		"latency_over_floor_ratio":   us.single.Seconds() / floor.single.Seconds(),
		"burst_500_over_floor_ratio": us.burst.Seconds() / floor.burst.Seconds(),
		"cpu_ms_per_request":         milliseconds(us.processor),
		"allocs_per_delivery":        us.allocations,
	}, nil
}

// typical is the median of each pace.
func typical(all []paces) paces {
	var singles, bursts, processors []time.Duration
	var allocations []float64
	for _, p := range all {
		singles, bursts, processors = append(singles, p.single), append(bursts, p.burst), append(processors, p.processor)
		allocations = append(allocations, p.allocations)
	}
	return paces{single: median(singles), burst: median(bursts), processor: median(processors), allocations: median(allocations)}
}

// String is for people.
func (p paces) String() string {
	return fmt.Sprintf("%.1f ms one by one, %.2f s for %d at once, %.2f ms of processor time for each",
		milliseconds(p.single), p.burst.Seconds(), floorBurst, milliseconds(p.processor))
}
