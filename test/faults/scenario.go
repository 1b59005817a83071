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
	// matters is what of a service makes a difference to the scenario.
	matters matter
	// kubernetes scenarios run the real operator, and two at a time.
	kubernetes bool
}

// matter is what of a service makes a difference. In brief, a scenario is played on one service
// of those that do not differ in it.
type matter int

const (
	// abilities are whether it edits, recognises a repeated post, and finds posts. What says
	// nothing is about codes, limits and records, in which every service differs.
	abilities matter = iota + 1
	// editing is whether its messages are edited.
	editing
)

// usual is how many requests a scenario makes.
const usual = 200

// scenarios are all that is broken, in the order of the suite's output.
var scenarios = []scenario{
	{name: "messenger-500", run: messenger500},
	{name: "messenger-429", run: messenger429},
	{name: "messenger-hang", run: messengerHang, matters: abilities},
	{name: "messenger-drop-after-accept", run: messengerDropAfterAccept, matters: abilities, doubles: true},
	{name: "late-effect", run: lateEffect, matters: abilities, doubles: true},
	{name: "edit-window", run: editWindow, editLimit: outage / 4},
	{name: "messenger-refused", run: messengerRefused},
	{name: "one-bad-recipient", run: oneBadRecipient},
	{name: "token-revoked-then-replaced", run: tokenReplaced, matters: abilities},
	{name: "flooder", requests: 400, run: flooder},
	{name: "token-revoked-idle", requests: 20, run: tokenRevokedIdle, matters: abilities},
	{name: "status-truth", requests: 20, run: statusTruth, matters: abilities},
	{name: "teleport-stream-drop", run: teleportStreamDrop, matters: editing},
	{name: "teleport-down-60s", run: teleportDown, matters: editing},
	{name: "teleport-slow", run: teleportSlow, matters: editing},
	{name: "list-trails", run: listTrails, matters: editing},
	{name: "hostile-teleport", run: hostileTeleport, matters: editing},
	{name: "two-installations", run: twoInstallations, matters: abilities},
	{name: "compare-and-swap-conflict-storm", run: conflictStorm, matters: abilities},
	{name: "operator-kill-9", run: operatorKill9, matters: abilities, doubles: true},
	{name: "operator-down", run: operatorDown, matters: abilities},
	{name: "identity-rotated", run: identityRotated, matters: editing},
	{name: "clock-skew", run: clockSkew, matters: abilities, clocks: []skew{
		{teleport: 5 * time.Minute, chat: 5 * time.Minute},
		{teleport: -5 * time.Minute, chat: -5 * time.Minute},
	}},
	{name: "record-corrupted", run: recordCorrupted, matters: editing},
	{name: "hostile-record", run: hostileRecord, matters: editing},
	{name: "plugin-replaced", run: pluginReplaced},
	{name: "leader-failover", run: leaderFailover, matters: editing, requests: 1000, kubernetes: true},
	{name: "api-server-down", run: apiServerDown, matters: editing, kubernetes: true},
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

// trials returns every scenario on every platform, as far as the name matches, or in brief on
// those that differ in what matters to it.
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
		if brief {
			on = differing(all, s.matters)
		}
		if s.doubles {
			on = append(on[:len(on):len(on)], withoutHistory())
		}
		for _, p := range on {
			if s.kubernetes && p.RemindersOnly() {
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

// differing returns the first of the platforms that do not differ in what matters.
func differing(all []platform, in matter) []platform {
	var found []platform
	known := map[string]bool{}
	for _, p := range all {
		if kind := p.kind(in); !known[kind] {
			known[kind] = true
			found = append(found, p)
		}
	}
	return found
}

// kind is the same for platforms that do not differ in what matters.
func (p platform) kind(in matter) string {
	c := p.Capabilities()
	switch in {
	case abilities:
		return fmt.Sprint(c.Edit, c.Idempotency, c.History)
	case editing:
		return fmt.Sprint(c.Edit)
	default:
		return p.name
	}
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
