package observability

import (
	"fmt"

	"sigs.k8s.io/yaml"
)

// PrometheusRule is what the checks need of the alerts.
type PrometheusRule struct {
	Spec struct {
		Groups []Group `json:"groups"`
	} `json:"spec"`
}

// Group is rules that are looked at together.
type Group struct {
	Name  string  `json:"name"`
	Rules []Alert `json:"rules"`
}

// Alert is what Prometheus announces when it is so.
type Alert struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for,omitempty"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// ReadAlerts reads a PrometheusRule.
func ReadAlerts(content []byte) (*PrometheusRule, error) {
	var rule PrometheusRule
	if err := yaml.Unmarshal(content, &rule); err != nil {
		return nil, fmt.Errorf("reading the alerts: %w", err)
	}
	return &rule, nil
}

// Alerts returns the alerts of all groups.
func (r *PrometheusRule) Alerts() []Alert {
	var all []Alert
	for _, group := range r.Spec.Groups {
		all = append(all, group.Rules...)
	}
	return all
}
