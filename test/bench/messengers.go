package main

import (
	"context"
	"errors"
	"time"

	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// messengersFigures are the figures of measureMessengers.
func messengersFigures() []figure {
	figures := make([]figure, len(service.All))
	for i, s := range service.All {
		figures[i] = figure{deliveryOf(s), "ms", atMost(100)}
	}
	return figures
}

func deliveryOf(s service.Service) string { return "delivery_" + s.Name() + "_p50_ms" }

// measureMessengers gives an operator at each chat service requests one at a time.
func measureMessengers(ctx context.Context, p *platform) (map[string]float64, error) {
	values := map[string]float64{}
	for _, s := range service.All {
		delays, err := p.deliverTo(ctx, s)
		if err != nil {
			return nil, err
		}
		values[deliveryOf(s)] = milliseconds(percentile(delays, 50))
	}
	return values, nil
}

func (p *platform) deliverTo(ctx context.Context, s service.Service) (delays []time.Duration, err error) {
	now := time.Now
	if s.RemindersOnly() {
		// A request is so old that its reminder is due.
		now = func() time.Time { return time.Now().Add(-time.Minute) }
	}
	w, err := p.newWorldAt(ctx, s.Name(), s, now)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.addNotifiers(ctx, 1, identitySecret); err != nil {
		return nil, err
	}
	if _, err := w.startReady(ctx, 1); err != nil {
		return nil, err
	}
	if delays, err = w.askOneByOne(ctx, singles); err != nil {
		return nil, err
	}
	return delays, w.receipts.once()
}
