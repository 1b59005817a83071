package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// metricsPort is where pods serve their metrics.
	metricsPort = 8443
	// etcdQuota is what etcd may store: what Kubernetes needs of it many times over, and little
	// enough to be used up within seconds.
	etcdQuota = 128 << 20
	// warmUp is how long there is load before the first event.
	warmUp = 20 * time.Second
	// rest is how long there is load and nothing else before the process is measured: idle
	// connections are closed after 90 s.
	rest = 100 * time.Second
	// window is how long it is measured.
	window = 30 * time.Second
	// stillness is how long nothing may have changed before the last look.
	stillness = time.Minute
)

// soakOptions say what is played.
type soakOptions struct {
	// minutes is how long things happen; the load goes on for longer.
	minutes int
	seed    uint64
	// logs is a directory for the logs of all pods, "" for none.
	logs string
}

// soak is a trial of many things in a row under a steady load.
type soak struct {
	*trial
	options soakOptions
	began   time.Time
	tbot    tbot
	// tokens are those that were rotated, by the service.
	tokens map[string]string
	events int
	// broken are the promises that were found broken.
	broken []error
}

// figures are what is printed in the end.
type figures struct {
	loaded time.Duration
	events int
	result result
	grown  usage
}

func (f figures) String() string {
	var lines strings.Builder
	for _, of := range []struct {
		name, unit string
		value      float64
	}{
		{"minutes", "minutes", f.loaded.Minutes()},
		{"requests", "requests", float64(f.result.requests)},
		{"chaos_events", "events", float64(f.events)},
		{"lost", "messages", float64(f.result.Lost)},
		{"stale", "messages", float64(f.result.Stale)},
		{"duplicated", "messages", float64(f.result.Duplicated)},
		{"memory_growth_mb", "MB", f.grown.heap / 1e6},
		{"goroutine_growth", "goroutines", f.grown.goroutines},
		{"connection_growth", "connections", f.grown.connections},
		{"file_growth", "files", f.grown.files},
	} {
		fmt.Fprintf(&lines, "figure soak_%s %s %s\n", of.name, short(of.value), of.unit)
	}
	return lines.String()
}

// short writes whole numbers as such, and one digit of others.
func short(value float64) string {
	if value == float64(int(value)) {
		return fmt.Sprintf("%d", int(value))
	}
	return fmt.Sprintf("%.1f", value)
}

// playSoak plays a soak on a cluster. The error is of what kept it from being played.
func playSoak(ctx context.Context, t *trial, o soakOptions) (broken []error, err error) {
	s := &soak{trial: t, options: o, began: time.Now(), tokens: map[string]string{}}
	t.settings = map[string]any{"metrics": map[string]any{"secure": false, "port": metricsPort}}
	for _, prepare := range []check{{name: "restricted", run: (*trial).restricted}, {name: "install", run: (*trial).install}} {
		if err := timed(prepare.name, func() (string, error) { return prepare.run(t, ctx) }); err != nil {
			return nil, errors.Join(err, errors.New(t.kube.logs(ctx)))
		}
	}
	f, err := s.play(ctx)
	if err != nil {
		return nil, errors.Join(err, errors.New(t.kube.logs(ctx)))
	}
	fmt.Print(f)
	return s.broken, nil
}

// say prints what happens, with the time since the beginning.
func (s *soak) say(format string, arguments ...any) {
	at := time.Since(s.began)
	fmt.Printf("soak %02d:%04.1f %s\n", int(at.Minutes()), at.Seconds()-60*float64(int(at.Minutes())), fmt.Sprintf(format, arguments...))
}

// breaks notes a promise that is broken.
func (s *soak) breaks(format string, arguments ...any) {
	err := fmt.Errorf(format, arguments...)
	s.broken = append(s.broken, err)
	s.say("BROKEN: %v", err)
}

func (s *soak) play(ctx context.Context) (f figures, err error) {
	s.say("seed %d", s.options.seed)
	background, stop := context.WithCancel(ctx)
	defer stop()
	group, _ := errgroup.WithContext(ctx)
	group.Go(func() error { return s.tbot.run(background, s.trial) })
	if s.options.logs != "" {
		group.Go(func() error { return keepLogs(background, s.kube, s.options.logs) })
	}
	l := &load{world: s.world, random: rand.New(rand.NewPCG(s.options.seed, 0))}
	loading, unload := context.WithCancel(ctx)
	defer unload()
	began := time.Now()
	group.Go(func() error { l.run(loading, ctx); return nil })

	if f.grown, err = s.acts(ctx); err != nil {
		return f, err
	}
	unload()
	f.loaded, f.events = time.Since(began), s.events
	s.say("no more requests; %d were made", len(s.world.all(0)))
	l.lives.Wait()
	if err := s.still(ctx); err != nil {
		s.breaks("messages still change: %w", err)
	}
	stop()
	if err := errors.Join(group.Wait(), l.failure()); err != nil {
		return f, err
	}
	f.result = s.judge()
	return f, nil
}

// acts play what happens, and return what the process has grown by in the second half.
func (s *soak) acts(ctx context.Context) (usage, error) {
	half := time.Duration(s.options.minutes) * time.Minute / 2
	if err := wait.Pause(ctx, warmUp); err != nil {
		return usage{}, err
	}
	if err := s.act(ctx, hard, half); err != nil {
		return usage{}, err
	}
	first, before, err := s.measure(ctx)
	if err != nil {
		return usage{}, err
	}
	if err := s.act(ctx, soft, half); err != nil {
		return usage{}, err
	}
	last, after, err := s.measure(ctx)
	if err != nil {
		return usage{}, err
	}
	grown := after.growth(before)
	if first.container != last.container {
		s.breaks("the process of pod %s has not survived the second half, now pod %s delivers", first.pod.Name, last.pod.Name)
		return usage{}, nil
	}
	if err := grown.leaks(); err != nil {
		s.breaks("leak: %w", err)
	}
	return grown, nil
}

// measure measures the process that delivers, at rest but for the load.
func (s *soak) measure(ctx context.Context) (process, usage, error) {
	if err := s.recovered(ctx); err != nil {
		return process{}, usage{}, err
	}
	if err := wait.Pause(ctx, rest); err != nil {
		return process{}, usage{}, err
	}
	p, err := s.present(ctx)
	if err != nil {
		return process{}, usage{}, err
	}
	u, err := p.take(ctx, window)
	s.say("pod %s takes %s", p.pod.Name, u)
	return p, u, err
}

// act plays an act until its time is over.
func (s *soak) act(ctx context.Context, of act, length time.Duration) error {
	began := time.Now()
	for _, e := range schedule(s.options.seed, of, kinds, length) {
		if time.Since(began) > length {
			return nil
		}
		if err := wait.Pause(ctx, e.after); err != nil {
			return err
		}
		s.events++
		s.say("%s", e.name)
		details, err := e.play(s, ctx, e)
		if err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
		if err := s.recovered(ctx); err != nil {
			return fmt.Errorf("after %s: %w", e.name, err)
		}
		s.say("%s is over, %s", e.name, details)
	}
	return nil
}

// recovered waits until a pod delivers, and all are as they should be.
func (s *soak) recovered(ctx context.Context) error {
	_, err := s.present(ctx)
	return errors.Join(err, s.kube.awaitRollout(ctx), s.own.Alive())
}

// present is the pod that delivers, and its process, once there is one.
func (s *soak) present(ctx context.Context) (p process, err error) {
	err = wait.For(ctx, patience, pollEvery, func() error {
		pod, err := s.kube.leader(ctx)
		if err != nil {
			return err
		}
		if pod.DeletionTimestamp != nil {
			return fmt.Errorf("pod %s is on its way out", pod.Name)
		}
		id, container, err := s.process(pod)
		p = process{pod, container, id}
		return err
	})
	return p, err
}

// killed ends a process, and waits until another one delivers.
func (s *soak) killed(ctx context.Context, p process) error {
	if err := syscall.Kill(p.id, syscall.SIGKILL); err != nil {
		return err
	}
	return wait.For(ctx, patience, pollEvery, func() error {
		now, err := s.present(ctx)
		if err == nil && now.container == p.container {
			err = fmt.Errorf("pod %s has not noticed that its process was killed", p.pod.Name)
		}
		return err
	})
}

// token is the present token of a service's bot.
func (s *soak) token(c *chat) string {
	if fresh, ok := s.tokens[c.name]; ok {
		return fresh
	}
	return messengertest.DefaultToken
}

// still waits until nothing has changed for a while.
func (s *soak) still(ctx context.Context) error {
	return wait.For(ctx, patience, pollEvery, func() error {
		for _, c := range s.world.chats {
			if since := time.Since(c.lastChange()); since < stillness {
				return fmt.Errorf("%s changed %s ago", c.name, since)
			}
		}
		return nil
	})
}

// judge counts what is there. A message may be there twice only where the operator cannot know
// what a call that was not answered has done: where the bot cannot look up what it has posted.
func (s *soak) judge() result {
	requests := s.world.all(0)
	for _, c := range s.world.chats {
		r := count(requests, []*chat{c})
		s.say("%s: %s", c.name, r)
		if r.Lost+r.Stale > 0 || r.Duplicated > 0 && c.Capabilities().History {
			s.breaks("%s: %s\n  %s", c.name, r, strings.Join(r.Findings, "\n  "))
			s.explain(c, r.Findings)
		}
	}
	return count(requests, s.world.chats)
}

// explain prints what is known of the first requests that the findings name.
func (s *soak) explain(c *chat, findings []string) {
	const most = 5
	for _, finding := range findings[:min(most, len(findings))] {
		fmt.Fprint(os.Stderr, s.world.story(c, finding))
	}
}
