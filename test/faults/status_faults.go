package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// namedWithin is how soon the status must name what does not work, and drop it
// when it works again: a minute, scaled, and what a busy machine adds.
const namedWithin = outage * 5 / 4

// trouble is something that the status must name.
type trouble struct {
	name        string
	begin, mend func(w *world) error
	// named reports whether the status names it.
	named func(supervisor.Snapshot) bool
	// within is how soon; namedWithin by default.
	within time.Duration
	// ofChannel is true for what no channel of some services can have.
	ofChannel bool
}

// tokenRevokedIdle: the token is revoked while there is nothing to deliver, or little where
// nothing else would tell.
func tokenRevokedIdle(ctx context.Context, w *world) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	if err := w.play(ctx, plan{count: w.requests, createOver: outage / 4, stepWithin: outage / 4}); err != nil {
		return err
	}
	if err := w.settle(ctx, o.idle); err != nil {
		return err
	}
	err = w.troubled(ctx, o, trouble{
		name:  "a token that was revoked",
		begin: func(w *world) error { w.chat.RevokeToken(w.token); return nil },
		mend:  func(w *world) error { w.chat.SetToken("", w.token); return nil },
		named: w.platform.tokenNamed(),
		// How often a token is checked without traffic is not scaled.
		within: 80 * time.Second,
	}, w.platform.seldom)
	if err != nil {
		return err
	}
	return w.settle(ctx, o.idle)
}

// statusTruth: one thing after another does not work while requests come. The
// status names each, and drops it when it works again.
func statusTruth(ctx context.Context, w *world) error {
	o, err := w.startOperator(ctx)
	if err != nil {
		return err
	}
	if err := w.play(ctx, plan{count: w.requests, createOver: outage / 4, stepWithin: outage / 4}); err != nil {
		return err
	}
	for _, t := range troubles() {
		if t.ofChannel && w.platform.bad != "" {
			continue
		}
		if err := w.settle(ctx, o.idle); err != nil {
			return err
		}
		if err := w.troubled(ctx, o, t, true); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return w.settle(ctx, o.idle)
}

func troubles() []trouble {
	return []trouble{{
		name: "a chat service that throttles every call",
		begin: func(w *world) error {
			w.chat.Faults().Throttle(messengertest.Throttling{RetryAfter: time.Second})
			return nil
		},
		mend:  func(w *world) error { w.chat.Faults().Unthrottle(); return nil },
		named: messengerIs(v1alpha1.ReasonThrottled),
	}, {
		name:  "a chat service that fails",
		begin: func(w *world) error { w.chat.Faults().Fail(http.StatusInternalServerError); return nil },
		mend:  func(w *world) error { w.chat.Faults().Fail(0); return nil },
		named: messengerIs(v1alpha1.ReasonMessengerUnavailable),
	}, {
		name:  "a Teleport that is away",
		begin: func(w *world) error { return w.teleport.RefuseConnections(true) },
		mend:  func(w *world) error { return w.teleport.RefuseConnections(false) },
		named: func(s supervisor.Snapshot) bool { return !s.Teleport.Connected },
	}, {
		name:  "records that cannot be stored",
		begin: func(w *world) error { w.teleport.FailUpdatesShare(1, teleporttest.ErrUnavailable); return nil },
		mend:  func(w *world) error { w.teleport.FailUpdatesShare(0, nil); return nil },
		named: func(s supervisor.Snapshot) bool { return s.Records != nil },
	}, {
		name:  "a channel without the bot",
		begin: func(w *world) error { w.chat.Kick(w.firstChannel()); return nil },
		mend:  func(w *world) error { w.chat.Invite(w.firstChannel()); return nil },
		named: func(s supervisor.Snapshot) bool { return len(s.Unresolved) == 1 },

		ofChannel: true,
	}}
}

// tokenNamed names a token that is refused, or the recipients where each has one of its own.
func (p platform) tokenNamed() func(supervisor.Snapshot) bool {
	if p.Unchecked() {
		return func(s supervisor.Snapshot) bool { return len(s.Unresolved) > 0 }
	}
	return messengerIs(v1alpha1.ReasonTokenRefused)
}

// messengerIs names a reason why the messenger does not work.
func messengerIs(reason string) func(supervisor.Snapshot) bool {
	return func(s supervisor.Snapshot) bool {
		return s.Messenger.Problem != nil && s.Messenger.Problem.Reason == reason
	}
}

// firstChannel returns the id of one of the channels.
func (w *world) firstChannel() string {
	for id, name := range w.places {
		if name == w.recipients[0] {
			return id
		}
	}
	return ""
}

// troubled lets something go wrong, looks for it in the status, mends it, and
// looks for it to go. With traffic, requests are made throughout.
func (w *world) troubled(ctx context.Context, o *operator, t trouble, traffic bool) error {
	ctx, cancel := context.WithCancel(ctx)
	made := make(chan error, 1)
	go func() { made <- w.keepAsking(ctx, traffic) }()
	err := w.nameAndDrop(ctx, o, t)
	cancel()
	return errors.Join(err, <-made)
}

func (w *world) nameAndDrop(ctx context.Context, o *operator, t trouble) error {
	within := cmp.Or(t.within, namedWithin) + w.platform.untimed
	if err := t.begin(w); err != nil {
		return err
	}
	if !o.shows(ctx, within, t.named, true) {
		w.breaks("9, it says so: the status does not name %s within %s", t.name, within)
	}
	if err := t.mend(w); err != nil {
		return err
	}
	if !o.shows(ctx, within, t.named, false) {
		w.breaks("9, it says so: the status still names %s %s after it was over", t.name, within)
	}
	return nil
}

// shows waits until the status names something, or does not name it any more.
func (o *operator) shows(ctx context.Context, within time.Duration, named func(supervisor.Snapshot) bool, want bool) bool {
	return wait.For(ctx, within, pollEvery, func() error {
		if s, ok := o.Snapshot(notifierKey); !ok || named(s) != want {
			return errNotYet
		}
		return nil
	}) == nil
}

var errNotYet = errors.New("not yet")

// keepAsking makes a request twice a second until ctx ends.
func (w *world) keepAsking(ctx context.Context, traffic bool) error {
	for traffic && wait.Pause(ctx, 500*time.Millisecond) == nil {
		if _, err := w.create(len(w.made.all()), tally.Undecided); err != nil {
			return err
		}
	}
	return nil
}
