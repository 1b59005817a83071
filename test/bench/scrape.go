package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// metrics are what an operator says about itself, by name.
type metrics map[string]*dto.MetricFamily

// scrape reads the operator's metrics.
func (o *operator) scrape(ctx context.Context) (metrics, error) {
	body, err := get(ctx, "http://"+o.Metrics+"/metrics")
	if err != nil {
		return nil, fmt.Errorf("reading an operator's metrics: %w", err)
	}
	return parseMetrics(body)
}

func parseMetrics(text []byte) (metrics, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	found, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("reading an operator's metrics: %w", err)
	}
	return found, nil
}

// gauge returns a gauge without labels. It fails if the operator does not tell it.
func (m metrics) gauge(name string) (float64, error) {
	metric, err := m.only(name)
	return metric.GetGauge().GetValue(), err
}

// counter returns a counter without labels. It fails if the operator does not tell it.
func (m metrics) counter(name string) (float64, error) {
	metric, err := m.only(name)
	return metric.GetCounter().GetValue(), err
}

// count returns how much a summary without labels sums up. It fails if the
// operator does not tell it.
func (m metrics) count(name string) (uint64, error) {
	metric, err := m.only(name)
	return metric.GetSummary().GetSampleCount(), err
}

func (m metrics) only(name string) (*dto.Metric, error) {
	if all := m[name].GetMetric(); len(all) == 1 {
		return all[0], nil
	}
	return nil, fmt.Errorf("an operator's metrics do not tell %s", name)
}

// goroutines returns how many goroutines the operator says it has.
func (o *operator) goroutines(ctx context.Context) (int, error) {
	metrics, err := o.scrape(ctx)
	if err != nil {
		return 0, err
	}
	n, err := metrics.gauge("go_goroutines")
	return int(n), err
}

// collections is how many garbage collections are waited for: what has a
// cleanup or sits in a sync.Pool takes two to go.
const collections = 3

// liveHeap returns how many bytes of the operator's heap are in use, without
// garbage: the collector's next goal is twice of that. Reading metrics again and
// again makes enough garbage for it to run.
func (o *operator) liveHeap(ctx context.Context) (int64, error) {
	var first uint64
	var live float64
	began := false
	err := wait.Until(ctx, time.Millisecond, func() (bool, error) {
		metrics, err := o.scrape(ctx)
		if err != nil {
			return false, err
		}
		cycles, err := metrics.count("go_gc_duration_seconds")
		if err != nil {
			return false, err
		}
		if !began {
			first, began = cycles, true
		}
		goal, err := metrics.gauge("go_memstats_next_gc_bytes")
		live = goal / 2
		return cycles >= first+collections, err
	})
	if err != nil {
		return 0, fmt.Errorf("waiting for garbage collections: %w", err)
	}
	return int64(live), nil
}

// fresh connects anew for each call: connections that are kept would count as
// goroutines of the operator.
var fresh = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}

func get(ctx context.Context, url string) ([]byte, error) {
	call, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := fresh.Do(call)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, response.Status)
	}
	return body.Bytes(), nil
}
