package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/launch"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// moment is when an operator is killed. It returns after the kill.
type moment struct {
	name string
	kill func(ctx context.Context, w *world, p *launch.Process) error
}

// moments are before a post was accepted, right after it was but before the
// operator can know, soon after that, and whenever.
var moments = []moment{
	{"before a post", killBefore},
	{"during a post", killDuring},
	{"after a post", killAfter},
	{"at random", killAnytime},
}

// kills is how often an operator is killed.
const kills = 24

// operatorKill9: the operator is killed again and again, before, during and
// after a post, and a new one goes on each time.
func operatorKill9(ctx context.Context, w *world) error {
	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error { return w.killAgainAndAgain(playing, group) })
	if err := group.Wait(); err != nil {
		return err
	}
	return w.settle(ctx, w.calm)
}

// killAgainAndAgain has each operator find requests of its own, besides what
// those before it left. What becomes of the requests goes on in the group. The
// last operator may live.
func (w *world) killAgainAndAgain(ctx context.Context, group *errgroup.Group) error {
	each := w.requests / kills
	unclear := map[intent]bool{}
	for n := range kills {
		p, err := w.startProcess(ctx)
		if err != nil {
			return err
		}
		batch := plan{first: n * each, count: each, createOver: time.Second, stepWithin: 2 * time.Second}
		if n == kills-1 {
			batch.count = w.requests - batch.first
		}
		group.Go(func() error { return w.play(ctx, batch) })
		m := moments[n%len(moments)]
		if err := m.kill(ctx, w, p); err != nil {
			return fmt.Errorf("killing the operator %s: %w", m.name, err)
		}
		w.noteUnclear(unclear)
	}
	w.say("%d kills left %d outcomes unclear", kills, len(unclear))
	if w.platform.blind {
		w.allowed = len(unclear)
	}
	_, err := w.startProcess(ctx)
	return err
}

// soon bounds how long a kill waits for its moment: the operator may have
// nothing to do but to wait.
const soon = 3 * time.Second

// killBefore kills while posts are on their way, and not yet accepted.
func killBefore(ctx context.Context, w *world, p *launch.Process) error {
	if err := wait.Pause(ctx, w.dice.upTo(time.Second)); err != nil {
		return err
	}
	w.chat.Faults().Hang(true)
	defer w.chat.Faults().Hang(false)
	before := w.chat.Calls()[w.platform.post]
	for end := time.Now().Add(soon); time.Now().Before(end) && w.chat.Calls()[w.platform.post] == before; {
		if err := wait.Pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	p.Kill()
	// What hangs notices that no caller waits for it any more.
	return wait.Pause(ctx, 50*time.Millisecond)
}

// killDuring kills when a post is made, before its answer can be sent.
func killDuring(ctx context.Context, w *world, p *launch.Process) error {
	return w.killAtPost(ctx, p, func() { p.Kill() })
}

// killAfter kills within 50 ms of a post.
func killAfter(ctx context.Context, w *world, p *launch.Process) error {
	delay := w.dice.upTo(50 * time.Millisecond)
	return w.killAtPost(ctx, p, func() {
		go func() {
			_ = wait.Pause(ctx, delay)
			p.Kill()
		}()
	})
}

// killAtPost calls kill when one of the next posts is made.
func (w *world) killAtPost(ctx context.Context, p *launch.Process, kill func()) error {
	left := 1 + w.dice.below(15)
	w.watch.onChange(func(post messengertest.Post) {
		if post.Revisions == 1 {
			left--
		}
		if left == 0 {
			kill()
		}
	})
	defer w.watch.onChange(nil)
	select {
	case <-p.Ended():
	case <-time.After(soon):
		p.Kill()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// killAnytime kills within the first two seconds.
func killAnytime(ctx context.Context, w *world, p *launch.Process) error {
	err := wait.Pause(ctx, w.dice.upTo(2*time.Second))
	p.Kill()
	return err
}

// intent is a post whose outcome is unknown.
type intent struct {
	request, address, key, writer string
}

// noteUnclear notes the intents that are recorded without a result. It is called
// while no operator runs.
func (w *world) noteUnclear(found map[intent]bool) {
	for _, r := range w.made.all() {
		var record struct {
			To map[string]struct {
				Make *struct {
					Key string `json:"key"`
					By  string `json:"by"`
				} `json:"make"`
			} `json:"to"`
		}
		// A request without a record has no intents.
		_ = json.Unmarshal([]byte(w.teleport.PluginData(r.id, pluginName)["record"]), &record)
		for address, entry := range record.To {
			if claim := entry.Make; claim != nil {
				found[intent{r.id, address, claim.Key, claim.By}] = true
			}
		}
	}
}

// operatorDown: the operator ends in good order. Requests are made and decided
// while it is down, some of which it has announced, some not.
func operatorDown(ctx context.Context, w *world) error {
	p, err := w.startProcess(ctx)
	if err != nil {
		return err
	}
	for n := range w.requests / 2 {
		if _, err := w.create(n, tally.Undecided); err != nil {
			return err
		}
	}
	if err := w.settle(ctx, w.calm); err != nil {
		return err
	}
	if err := p.Stop(); err != nil {
		return err
	}
	for n, r := range w.made.all() {
		if err := w.decide(r.id, outcomes[n%len(outcomes)], true); err != nil {
			return err
		}
	}
	for n := w.requests / 2; n < w.requests; n++ {
		id, err := w.create(n, tally.Undecided)
		if err != nil {
			return err
		}
		if err := w.decide(id, outcomes[n%len(outcomes)], false); err != nil {
			return err
		}
	}
	if _, err := w.startProcess(ctx); err != nil {
		return err
	}
	return w.settle(ctx, w.calm)
}
