package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/test/kit/tally"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// pluginReplaced: Teleport's own plugin has announced all requests, some of which are decided
// while nothing runs. Its messages are taken over while answers of the messenger are lost and
// the event stream ends, by an operator that another one replaces.
func pluginReplaced(ctx context.Context, w *world) error {
	if err := w.announceAsPlugin(ctx); err != nil {
		return err
	}
	decide := func(which func(n int) bool) error {
		for n, r := range w.made.all() {
			if which(n) {
				if err := w.decide(r.id, outcomes[n%len(outcomes)], true); err != nil {
					return err
				}
			}
		}
		return nil
	}
	// What becomes of a request that is gone before an operator saw it is not known.
	early := func(n int) bool { return n < w.requests/2 && outcomes[n%len(outcomes)].status != tally.Removed }
	if err := decide(early); err != nil {
		return err
	}
	var last *operator
	group, playing := errgroup.WithContext(ctx)
	group.Go(func() error { return w.dropAnswers(playing) })
	group.Go(func() (err error) {
		for range 2 {
			if last != nil {
				last.stop()
			}
			if last, err = w.startReady(ctx); err != nil {
				return err
			}
			if err = wait.Pause(playing, w.dice.upTo(2*time.Second)); err != nil {
				return err
			}
			w.teleport.DropStreams()
		}
		// One that is gone before its operator has taken it up would not be known, either.
		if err := wait.Until(playing, pollEvery, func() (bool, error) {
			s, ok := last.Snapshot(notifierKey)
			return ok && s.Counted && s.Open >= w.requests/2, nil
		}); err != nil {
			return err
		}
		return decide(func(n int) bool { return !early(n) })
	})
	if err := group.Wait(); err != nil {
		return err
	}
	return w.settle(ctx, last.idle)
}

// announceAsPlugin makes requests, and messages and data as a plugin leaves them that runs as
// the same bot.
func (w *world) announceAsPlugin(ctx context.Context) error {
	w.predecessor = w.platform.Name()
	bot, err := newSupervisor(quietLog(), nil).NewMessenger(supervisor.Messenger{
		Type: string(w.platform.Type), URL: w.chat.URL(), Settings: w.platform.Settings(), Secrets: w.platform.Secrets(w.token),
	})
	if err != nil {
		return err
	}
	for n := range w.requests {
		id, err := w.create(n, tally.Undecided)
		if err != nil {
			return err
		}
		var messages []string
		for _, recipient := range w.recipients {
			to, err := bot.Resolve(ctx, recipient)
			if err != nil {
				return fmt.Errorf("looking %s up: %w", recipient, err)
			}
			ref, err := bot.Post(ctx, to, message.Message{RequestID: id, Title: "A request, as a plugin shows it", State: accessrequest.Pending}, "")
			if err != nil {
				return fmt.Errorf("posting to %s: %w", recipient, err)
			}
			messages = append(messages, ref.String())
		}
		data := map[string]string{"user": "alice", "roles": role, "messages": strings.Join(messages, ",")}
		if err := w.teleport.WritePluginData(id, w.predecessor, data); err != nil {
			return fmt.Errorf("writing a plugin's data: %w", err)
		}
	}
	return nil
}
