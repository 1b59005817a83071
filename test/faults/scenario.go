package main

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/tally"
)

// scenario breaks something and lets the operator deal with it.
type scenario struct {
	name string
	// requests is how many requests are made when the command line does not say.
	requests int
	// run breaks things, and returns once everything had its time to settle. An
	// error means that the scenario could not be played.
	run func(ctx context.Context, w *world) error
	// clocks run apart by this, one world for each; none is one world with equal
	// clocks.
	clocks []skew
	// doubles is true where a bot that cannot look up its posts may post twice
	// after an unclear outcome.
	doubles bool
	// editLimit is how old a message may be that is edited; zero is no limit.
	editLimit time.Duration
	// open scenarios find faults that are not mended yet. They are played by name only.
	open bool
	// elsewhere is true where nothing is broken of the messenger, so that services which can
	// do the same differ in nothing.
	elsewhere bool
	// kubernetes scenarios run the real operator, and two at a time.
	kubernetes bool
}

// usual is how many requests a scenario makes.
const usual = 200

// scenarios are all that is broken, in the order of the suite's output.
var scenarios = []scenario{
	{name: "messenger-500", run: messenger500},
	{name: "messenger-429", run: messenger429},
	{name: "messenger-hang", run: messengerHang},
	{name: "messenger-drop-after-accept", run: messengerDropAfterAccept, doubles: true},
	{name: "late-effect", run: lateEffect, doubles: true},
	{name: "edit-window", run: editWindow, editLimit: outage / 4},
	{name: "messenger-refused", run: messengerRefused},
	{name: "one-bad-recipient", run: oneBadRecipient},
	{name: "token-revoked-then-replaced", run: tokenReplaced},
	{name: "flooder", requests: 400, run: flooder},
	{name: "token-revoked-idle", requests: 20, run: tokenRevokedIdle},
	{name: "status-truth", requests: 20, run: statusTruth},
	{name: "teleport-stream-drop", run: teleportStreamDrop, elsewhere: true},
	{name: "teleport-down-60s", run: teleportDown, elsewhere: true},
	{name: "teleport-slow", run: teleportSlow, elsewhere: true},
	{name: "list-trails", run: listTrails, elsewhere: true},
	{name: "hostile-teleport", run: hostileTeleport, elsewhere: true},
	{name: "two-installations", run: twoInstallations, elsewhere: true},
	{name: "compare-and-swap-conflict-storm", run: conflictStorm, elsewhere: true},
	{name: "operator-kill-9", run: operatorKill9, elsewhere: true, doubles: true},
	{name: "operator-down", run: operatorDown, elsewhere: true},
	{name: "identity-rotated", run: identityRotated, elsewhere: true},
	{name: "clock-skew", run: clockSkew, clocks: []skew{
		{teleport: 5 * time.Minute, chat: 5 * time.Minute},
		{teleport: -5 * time.Minute, chat: -5 * time.Minute},
	}},
	{name: "record-corrupted", run: recordCorrupted, elsewhere: true},
	{name: "hostile-record", run: hostileRecord, elsewhere: true},
	{name: "plugin-replaced", run: pluginReplaced},
	{name: "leader-failover", run: leaderFailover, elsewhere: true, requests: 1000, kubernetes: true},
	{name: "api-server-down", run: apiServerDown, elsewhere: true, kubernetes: true},
}

// trial is a scenario on one platform.
type trial struct {
	scenario
	platform platform
}

// fullName is the name in the suite's lines.
func (t trial) fullName() string {
	return t.name + "/" + t.platform.name
}

// trials returns every scenario on every platform, as far as the name matches. Where it is to
// be brief, what is broken elsewhere is played on one platform only of those that can do the same.
func trials(match *regexp.Regexp, brief bool) ([]trial, error) {
	all, err := platforms()
	if err != nil {
		return nil, err
	}
	var found []trial
	for _, s := range scenarios {
		if s.open && match.String() == "" {
			continue
		}
		on := all
		if brief && s.elsewhere {
			on = differing(all, s.kubernetes)
		}
		if s.doubles {
			on = append(on[:len(on):len(on)], withoutHistory())
		}
		for _, p := range on {
			if s.kubernetes && p.RemindersOnly {
				// The engine knows recipients for it, an object only reminders.
				continue
			}
			if t := (trial{s, p}); match.MatchString(t.fullName()) {
				found = append(found, t)
			}
		}
	}
	return found, nil
}

// differing returns the first of the platforms that look the same to the engine. Roughly is true
// for what breaks around it, where it matters only whether messages are edited.
func differing(all []platform, roughly bool) []platform {
	type abilities struct{ edit, idempotency, history bool }
	var found []platform
	known := map[abilities]bool{}
	for _, p := range all {
		c := p.Capabilities()
		a := abilities{c.Edit, c.Idempotency, c.History}
		if roughly {
			a = abilities{edit: c.Edit}
		}
		if !known[a] {
			known[a] = true
			found = append(found, p)
		}
	}
	return found
}

// result is how a trial ended.
type result struct {
	tally.Tally
	name string
	// broken are the promises that were not kept.
	broken []string
	took   time.Duration
}

// limit bounds a trial, should it never end. None needs a tenth of it, but on a busy
// machine.
const limit = 20 * time.Minute

// play runs a trial in worlds of its own.
func (t trial) play(ctx context.Context, requests int) (result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done within %s", limit))
	defer cancel()
	began := time.Now()
	r := result{name: t.fullName()}
	clocks := t.clocks
	if len(clocks) == 0 {
		clocks = []skew{{}}
	}
	allowed := 0
	for _, s := range clocks {
		w, err := newWorld(t, requests/len(clocks), s)
		if err != nil {
			return r, err
		}
		err = t.run(ctx, w)
		// Counted while no operator delivers any more.
		stopErr := w.stop()
		if err == nil {
			err = stopErr
		}
		if err != nil {
			return r, fmt.Errorf("%s: %w", r.name, err)
		}
		w.checkLogs()
		r.Add(w.tally())
		r.broken = append(r.broken, w.broken...)
		allowed += w.allowed
	}
	r.judge(allowed + t.platform.late(r.Expected))
	r.took = time.Since(began)
	return r, nil
}

func (t trial) say(format string, args ...any) {
	complain("%s: "+format, append([]any{t.fullName()}, args...)...)
}

// judge names the promises that the tally breaks.
func (r *result) judge(allowed int) {
	if r.Expected == 0 {
		r.broken = append(r.broken, "nothing was expected, so that nothing was proven")
	}
	if r.Lost > 0 {
		r.broken = append(r.broken, fmt.Sprintf("1, nothing lost: %d messages are missing", r.Lost))
	}
	if r.Duplicated > allowed {
		r.broken = append(r.broken, fmt.Sprintf("2, nothing twice: %d extra messages, %d allowed", r.Duplicated, allowed))
	}
	if r.Stale > 0 {
		r.broken = append(r.broken, fmt.Sprintf("3, always true: %d messages do not show the latest state", r.Stale))
	}
}
