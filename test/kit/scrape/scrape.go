// Package scrape reads the metrics that an operator serves, for tests.
package scrape

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Metrics are what an operator says about itself, by name.
type Metrics map[string]*dto.MetricFamily

// Read reads what an operator serves at host:port.
func Read(ctx context.Context, address string) (Metrics, error) {
	body, err := get(ctx, "http://"+address+"/metrics")
	if err != nil {
		return nil, fmt.Errorf("reading an operator's metrics: %w", err)
	}
	return Parse(body)
}

// Parse reads them from a text in the format of Prometheus.
func Parse(text []byte) (Metrics, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	found, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("reading an operator's metrics: %w", err)
	}
	return found, nil
}

// Gauge returns a gauge without labels. It fails if the operator does not tell it.
func (m Metrics) Gauge(name string) (float64, error) {
	metric, err := m.only(name)
	return metric.GetGauge().GetValue(), err
}

// Counter returns a counter without labels. It fails if the operator does not tell it.
func (m Metrics) Counter(name string) (float64, error) {
	metric, err := m.only(name)
	return metric.GetCounter().GetValue(), err
}

// Count returns how much a summary without labels sums up. It fails if the
// operator does not tell it.
func (m Metrics) Count(name string) (uint64, error) {
	metric, err := m.only(name)
	return metric.GetSummary().GetSampleCount(), err
}

func (m Metrics) only(name string) (*dto.Metric, error) {
	if all := m[name].GetMetric(); len(all) == 1 {
		return all[0], nil
	}
	return nil, fmt.Errorf("an operator's metrics do not tell %s", name)
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
