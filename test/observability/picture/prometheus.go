package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// prometheus answers queries about a range of time.
type prometheus struct {
	address    string
	start, end time.Time
	step       time.Duration
}

// series is what one query found for one set of labels.
type series struct {
	name   string
	labels map[string]string
	points []point
}

// point is a value at a time in Unix seconds.
type point struct {
	at, value float64
}

func (s series) last() float64 {
	return s.points[len(s.points)-1].value
}

type answer struct {
	Status string
	Error  string
	Data   struct {
		Result []struct {
			Metric map[string]string
			Values [][2]any
		}
	}
}

func (p prometheus) query(ctx context.Context, expression, legend string) ([]series, error) {
	query := url.Values{
		"query": {expression},
		"start": {seconds(p.start)},
		"end":   {seconds(p.end)},
		"step":  {strconv.FormatFloat(p.step.Seconds(), 'f', 3, 64)},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.address+"/api/v1/query_range?"+query.Encode(), http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if a.Status != "success" {
		return nil, fmt.Errorf("prometheus says: %s", a.Error)
	}
	var all []series
	for _, result := range a.Data.Result {
		s := series{name: name(legend, result.Metric), labels: result.Metric}
		for _, pair := range result.Values {
			at, _ := pair[0].(float64)
			text, _ := pair[1].(string)
			// Prometheus writes NaN where a quantile has no data.
			if value, err := strconv.ParseFloat(text, 64); err == nil && value == value {
				s.points = append(s.points, point{at, value})
			}
		}
		if len(s.points) > 0 {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b series) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

func seconds(t time.Time) string {
	return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64)
}

var label = regexp.MustCompile(`{{(\w+)}}`)

// name fills in a legend as Grafana does.
func name(legend string, labels map[string]string) string {
	return label.ReplaceAllStringFunc(legend, func(found string) string {
		return labels[strings.Trim(found, "{}")]
	})
}
