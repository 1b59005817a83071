package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// role takes two approvals, or one denial.
const role = "production-admin"

// notifierKey names the notifier of every world.
var notifierKey = supervisor.Key{Namespace: "teleport", Name: "faults"}

// pluginName is where notifierKey keeps its records in Teleport.
const pluginName = "accessnotifier/teleport/faults"

// world is a Teleport, a messenger and the people that one scenario needs.
type world struct {
	platform platform
	// requests is how many requests the scenario makes.
	requests int
	teleport *teleporttest.Server
	chat     messengertest.Simulator
	// token is the bot's present token.
	token string
	// recipients are who is due a message, as a notifier names them; places are
	// the same by the id of their channel or user.
	recipients []string
	places     map[string]string
	// predecessor is the plugin whose messages operators take over, "" for none.
	predecessor string
	watch       *observer
	searched    *searched
	dice        *dice
	say         func(format string, args ...any)

	made requestLog
	// editLimit is how old a message may be that is edited; zero is no limit.
	editLimit time.Duration
	// allowed is how many duplicates the scenario may have made.
	allowed int
	// patience is the constant, but in tests.
	patience time.Duration
	// operators are those of this process, which can be asked how they are doing.
	operators []*operator
	// broken are the promises that the scenario found broken by itself.
	broken []string

	stops []func()
}

// skew sets clocks that differ from the operator's.
type skew struct {
	teleport, chat time.Duration
}

// newWorld starts the services.
func newWorld(t trial, requests int, s skew) (*world, error) {
	p := t.platform
	w := &world{
		platform: p, requests: requests, token: messengertest.DefaultToken, say: t.say, editLimit: t.editLimit,
		places: map[string]string{}, patience: patience, searched: newSearched(),
		// The same points on every run, as far as timing lets them be.
		dice: &dice{random: rand.New(rand.NewPCG(3, uint64(requests)))},
	}
	var err error
	w.teleport, err = teleporttest.Start(teleporttest.Options{
		AdvancedAccessWorkflows: true,
		Thresholds:              map[string][]teleporttest.Threshold{role: {{Name: "reviewers", Approve: 2, Deny: 1}}},
		Now:                     clock(s.teleport),
	})
	if err != nil {
		return nil, fmt.Errorf("starting Teleport: %w", err)
	}
	w.onStop(w.teleport.Close)
	w.chat = p.Simulate(messengertest.Options{Now: clock(p.skewed(s.chat)), Scopes: p.scopes, EditLimit: t.editLimit})
	for _, name := range []string{"access-requests", "security"} {
		id := w.chat.AddChannel(name)
		w.invite(id, p.Channel(name, id))
	}
	const email = "reviewer@example.com"
	id := w.chat.AddUser(email)
	w.invite(id, p.Person(email, id))
	if err := w.chat.Listen(""); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the messenger: %w", err), w.stop())
	}
	w.onStop(w.chat.Close)
	w.watch = observe(w.chat)
	return w, nil
}

// dice are a source of chance for several goroutines.
type dice struct {
	mu     sync.Mutex
	random *rand.Rand
}

// below returns a number from 0 to n-1.
func (d *dice) below(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.random.IntN(n)
}

// upTo returns a time from 0 to d.
func (d *dice) upTo(limit time.Duration) time.Duration {
	return time.Duration(d.below(int(limit) + 1))
}

func clock(ahead time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(ahead) }
}

func (w *world) invite(id, name string) {
	w.recipients = append(w.recipients, name)
	w.places[id] = name
}

func (w *world) onStop(f func()) {
	w.stops = append(w.stops, f)
}

// stop ends everything that the world started, the last first.
func (w *world) stop() error {
	for i := len(w.stops) - 1; i >= 0; i-- {
		w.stops[i]()
	}
	w.stops = nil
	return nil
}

// breaks notes a promise that the tally cannot see.
func (w *world) breaks(format string, args ...any) {
	w.broken = append(w.broken, fmt.Sprintf(format, args...))
}

// tally compares what is there now with what has to be.
func (w *world) tally() tally.Tally {
	var seen []tally.Sighting
	for _, post := range w.chat.Posts() {
		seen = append(seen, tally.Sight(post, w.places))
	}
	expected := map[tally.Due]string{}
	for _, r := range w.made.all() {
		for _, recipient := range w.recipients {
			if r.status != "" {
				expected[tally.Due{Request: r.id, Recipient: recipient}] = r.status
			}
		}
	}
	return tally.Count(expected, seen, w.editLimit)
}

// identity issues an identity for the operator. It began long enough ago for an
// operator whose clock is behind.
func (w *world) identity() ([]byte, error) {
	id, err := w.teleport.Identity(teleporttest.IdentityOptions{NotBefore: -time.Hour})
	if err != nil {
		return nil, fmt.Errorf("issuing an identity: %w", err)
	}
	return id.File, nil
}

const (
	// quiet is how long nothing may have changed before a scenario ends; it is
	// longer than the engine waits before it settles an unclear outcome.
	quiet = foreign + 2*time.Second
	// patience is how long a scenario waits for the next change before it gives
	// up. Teleport sessions wait up to 30 s before they connect again, and on a busy
	// machine that may fail once.
	patience = 90 * time.Second
	// pollEvery is how often something is looked at that cannot tell by itself.
	pollEvery = 100 * time.Millisecond
)

// settle waits until every message is as it has to be and idle agrees, or
// until nothing has changed for too long.
func (w *world) settle(ctx context.Context, idle func() bool) error {
	began := time.Now()
	return wait.Until(ctx, pollEvery, func() (bool, error) {
		still := time.Since(w.watch.lastChange())
		if still > w.patience && time.Since(began) > w.patience {
			w.giveUp()
			return true, nil
		}
		return idle() && still > time.Second && w.tally().Settled(), nil
	})
}

// giveUp says what is known of why nothing changes any more.
func (w *world) giveUp() {
	w.say("nothing has changed for %s: %s", w.patience, w.tally())
	for _, o := range w.operators {
		s, known := o.Snapshot(notifierKey)
		w.say("an operator, known %t, says: %+v; Teleport: %v %v; messenger: %v", known, s,
			s.Teleport.Problem, s.Failure, s.Messenger.Problem)
	}
}

// calm is an idle for operators that cannot be asked.
func (w *world) calm() bool {
	return time.Since(w.watch.lastChange()) > quiet
}

// complain prints for people; the standard output is for the suite's lines.
func complain(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}
