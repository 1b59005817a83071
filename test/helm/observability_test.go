package helm

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestKustomizeAlertsAreTheChart(t *testing.T) {
	fromChart := specOf(t, objects(t, render(t, "metrics: {prometheusRule: {enabled: true}}")), "PrometheusRule")
	if diff := gocmp.Diff(fromChart, specOf(t, kustomize(t, "prometheus"), "PrometheusRule")); diff != "" {
		t.Errorf("the alerts differ (-chart +kustomize):\n%s", diff)
	}
}

func TestKustomizeDashboardIsTheChart(t *testing.T) {
	fromChart := one[corev1.ConfigMap](t, objects(t, render(t, "metrics: {dashboard: {enabled: true}}")), "ConfigMap")
	fromBase := one[corev1.ConfigMap](t, kustomize(t, "grafana"), "ConfigMap")
	if diff := gocmp.Diff(fromChart.Data, fromBase.Data); diff != "" {
		t.Errorf("the dashboards differ (-chart +kustomize):\n%s", diff)
	}
	const found = "grafana_dashboard"
	if fromChart.Labels[found] != "1" || fromBase.Labels[found] != "1" {
		t.Errorf("the sidecar would not find them by %s: chart %v, kustomize %v", found, fromChart.Labels, fromBase.Labels)
	}
	if found := find[corev1.ConfigMap](t, objects(t, render(t, "metrics: {enabled: false, dashboard: {enabled: true}}")), "ConfigMap"); len(found) > 0 {
		t.Error("there is a dashboard without metrics")
	}
}
