package helm

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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

// TestMetricsCertificate wants Prometheus to check the certificate that the operator has,
// by the name that it is for.
func TestMetricsCertificate(t *testing.T) {
	for _, test := range []struct{ values, secret string }{
		{"certManager: {enabled: true}", release + "-metrics"},
		{"secretName: own", "own"},
		{"certManager: {enabled: true}, secretName: own", "own"},
		{"", ""},
	} {
		all := objects(t, render(t, "metrics: {serviceMonitor: {enabled: true}, certificate: {"+test.values+"}}"))
		endpoint := specOf(t, all, "ServiceMonitor")["endpoints"].([]any)[0].(map[string]any)
		got, _ := endpoint["tlsConfig"].(map[string]any)
		want := map[string]any{"insecureSkipVerify": true}
		mounted := ""
		for _, volume := range one[appsv1.Deployment](t, all, "Deployment").Spec.Template.Spec.Volumes {
			mounted = volume.Secret.SecretName
		}
		if test.secret != "" {
			want = map[string]any{
				"serverName": release + "-metrics.operators.svc",
				"ca":         map[string]any{"secret": map[string]any{"name": test.secret, "key": "ca.crt"}},
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" || mounted != test.secret {
			t.Errorf("with %q, the operator has Secret %q, and Prometheus checks (-want +got):\n%s", test.values, mounted, diff)
		}
		for _, certificate := range find[unstructured.Unstructured](t, all, "Certificate") {
			spec := certificate.Object["spec"].(map[string]any)
			if spec["secretName"] != test.secret || !slices.Equal(spec["dnsNames"].([]any), []any{want["serverName"]}) {
				t.Errorf("with %q, cert-manager issues %v", test.values, spec)
			}
		}
	}
}

// TestOperatorHasTheCertificate has the operator serve metrics by a certificate from a
// directory, as a Secret is mounted.
func TestOperatorHasTheCertificate(t *testing.T) {
	own := newNamespace(t)
	helm(t, "crds: {enabled: false}", "install", release, chart(), "--namespace="+own)
	t.Cleanup(func() { uninstall(t, own) })
	issuer := httptest.NewTLSServer(http.NotFoundHandler())
	issuer.Close()
	key, err := x509.MarshalPKCS8PrivateKey(issuer.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{
		"tls.crt": {Type: "CERTIFICATE", Bytes: issuer.Certificate().Raw}, "tls.key": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := runOperator(t, own, []string{"--metrics-cert-dir=" + dir}, nil)
	connection, err := tls.Dial("tcp", o.Metrics, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if got := connection.ConnectionState().PeerCertificates[0]; !got.Equal(issuer.Certificate()) {
		t.Errorf("the operator has a certificate for %v", got.DNSNames)
	}
	stop(t, o)
}
