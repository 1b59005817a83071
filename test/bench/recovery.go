package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// drops is how many event streams end, one after the other.
	drops = 20
	// dropEvery leaves time for the stream to be made anew.
	dropEvery = 500 * time.Millisecond
	// chatOutage is long enough for every back-off to reach its cap.
	chatOutage = 75 * time.Second
	// waitingRequests are made while the chat service is down.
	waitingRequests = 20
)

// measureStreamDrop ends the event stream right before a request is made, again
// and again, and returns how late the messages are.
func measureStreamDrop(ctx context.Context, p *platform) (map[string]float64, error) {
	var delays []time.Duration
	err := p.inWorld(ctx, "stream-drop", func(w *world) error {
		if err := w.addNotifiers(ctx, 1, identitySecret); err != nil {
			return err
		}
		if _, err := w.startReady(ctx, 1); err != nil {
			return err
		}
		for range drops {
			if err := wait.Pause(ctx, dropEvery); err != nil {
				return err
			}
			w.teleport.DropStreams()
			made, err := w.ask()
			if err != nil {
				return err
			}
			delay, err := w.receipts.delay(ctx, made)
			if err != nil {
				return err
			}
			delays = append(delays, delay)
		}
		return w.receipts.once()
	})
	if err != nil {
		return nil, err
	}
	note("  from a dropped stream to the message of the next request: %v", rounded(delays))
	return map[string]float64{"stream_drop_delay_ms": milliseconds(median(delays))}, nil
}

// measureRecovery returns how long deliveries that waited for the chat service
// take after the end of its outage.
func measureRecovery(ctx context.Context, p *platform) (map[string]float64, error) {
	var took time.Duration
	err := p.inWorld(ctx, "recovery", func(w *world) (err error) {
		took, err = w.recover(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return map[string]float64{"recovery_after_outage_seconds": took.Seconds()}, nil
}

func (w *world) recover(ctx context.Context) (time.Duration, error) {
	if err := w.addNotifiers(ctx, 1, identitySecret); err != nil {
		return 0, err
	}
	o, err := w.startReady(ctx, 1)
	if err != nil {
		return 0, err
	}
	w.chat.Faults().Fail(http.StatusServiceUnavailable)
	var waiting []request
	for range waitingRequests {
		made, err := w.ask()
		if err != nil {
			return 0, err
		}
		waiting = append(waiting, made)
	}
	if err := wait.Pause(ctx, chatOutage); err != nil {
		return 0, err
	}
	w.chat.Faults().Fail(0)
	over := time.Now()
	delays, err := w.receipts.delays(ctx, waiting)
	if err != nil {
		return 0, fmt.Errorf("%w%s", err, o.LogTail())
	}
	last := over
	for i, delay := range delays {
		if at := waiting[i].at.Add(delay); at.After(last) {
			last = at
		}
	}
	return last.Sub(over), w.receipts.once()
}
