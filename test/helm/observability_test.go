package helm

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestKustomizeAlertsAreTheChart(t *testing.T) {
	spec := func(all []*unstructured.Unstructured) any {
		for _, object := range all {
			if object.GetKind() == "PrometheusRule" {
				return object.Object["spec"]
			}
		}
		t.Fatal("there is no PrometheusRule")
		return nil
	}
	fromChart := spec(objects(t, render(t, "metrics: {prometheusRule: {enabled: true}}")))
	if diff := gocmp.Diff(fromChart, spec(kustomize(t, "prometheus"))); diff != "" {
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
