package helm

import (
	"maps"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// listening are the values by which the operator listens for clicks.
const listening = "replicaCount: 1\nreview: {listener: {enabled: true, ingress: {enabled: true, host: access.example.com}}}\n"

// TestNothingListensByDefault wants nothing of the listener while it is off, whatever else is
// said of it.
func TestNothingListensByDefault(t *testing.T) {
	const policy = "replicaCount: 1\nnetworkPolicy: {enabled: true}\n"
	off := render(t, policy+strings.Replace(listening, "enabled: true, ingress", "enabled: false, tls: {secretName: own}, ingress", 1)[len("replicaCount: 1\n"):])
	if diff := gocmp.Diff(render(t, policy), off); diff != "" {
		t.Errorf("a listener that is off makes a difference (-none +off):\n%s", diff)
	}
	for _, word := range []string{"--review", "kind: Ingress", "-review"} {
		if strings.Contains(render(t, policy, "--set=crds.enabled=false"), word) {
			t.Errorf("without a listener there is %q", word)
		}
	}
}

// TestListener wants clicks to be led to the operator, and it to have no more rights for them.
func TestListener(t *testing.T) {
	const policy = "networkPolicy: {enabled: true, reviewFrom: [{podSelector: {}}]}\n"
	all := objects(t, render(t, policy+strings.Replace(listening, "enabled: true, ingress",
		"enabled: true, service: {ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6, IPv4]}, ingress", 1)))
	pod := one[appsv1.Deployment](t, all, "Deployment").Spec.Template
	ports := map[string]int32{}
	for _, port := range pod.Spec.Containers[0].Ports {
		ports[port.Name] = port.ContainerPort
	}
	if ports["review"] != 8444 {
		t.Errorf("the ports of the pod are %v", ports)
	}
	args := strings.Join(pod.Spec.Containers[0].Args, " ")
	if want := "--review-bind-address=:8444 --review-url=https://access.example.com"; !strings.Contains(args, want) || strings.Contains(args, "--review-cert-dir") {
		t.Errorf("the arguments %q are not %q", args, want)
	}
	for _, service := range find[corev1.Service](t, all, "Service") {
		if !strings.HasSuffix(service.Name, "-review") {
			continue
		}
		if service.Spec.IPFamilyPolicy == nil || *service.Spec.IPFamilyPolicy != corev1.IPFamilyPolicyPreferDualStack || len(service.Spec.IPFamilies) != 2 {
			t.Errorf("the Service has the families %v, %v", service.Spec.IPFamilyPolicy, service.Spec.IPFamilies)
		}
		if service.Spec.Ports[0].TargetPort.StrVal != "review" || !maps.Equal(service.Spec.Selector, selected(service.Spec.Selector, pod.Labels)) {
			t.Errorf("the Service leads to %+v", service.Spec)
		}
		ingress := one[networkingv1.Ingress](t, all, "Ingress").Spec
		backend := ingress.Rules[0].HTTP.Paths[0].Backend.Service
		if backend.Name != service.Name || backend.Port.Name != service.Spec.Ports[0].Name || ingress.TLS[0].Hosts[0] != ingress.Rules[0].Host {
			t.Errorf("the Ingress leads to %+v", ingress)
		}
	}
	rules := one[networkingv1.NetworkPolicy](t, all, "NetworkPolicy").Spec.Ingress
	if last := rules[len(rules)-1]; len(rules) != 2 || last.Ports[0].Port.StrVal != "review" || len(last.From) != 1 {
		t.Errorf("%+v may come in", rules)
	}
	if text := notes(t, listening); !strings.Contains(text, "https://access.example.com/review/NAMESPACE/NAME") {
		t.Errorf("the notes do not say which URL the chat services call:\n%s", text)
	}
	if diff := gocmp.Diff(roles(t, objects(t, render(t, policy))), roles(t, all)); diff != "" {
		t.Errorf("a listener gives other rights (-without +with):\n%s", diff)
	}
}

// TestListenersOwnCertificate wants it mounted where the operator reads it.
func TestListenersOwnCertificate(t *testing.T) {
	const values = "replicaCount: 1\nreview: {listener: {enabled: true, url: 'https://own.example.com/access', tls: {secretName: own}}}\n"
	all := objects(t, render(t, values))
	spec := one[appsv1.Deployment](t, all, "Deployment").Spec.Template.Spec
	if len(spec.Volumes) != 1 || spec.Volumes[0].Secret.SecretName != "own" {
		t.Fatalf("the volumes are %+v", spec.Volumes)
	}
	args := strings.Join(spec.Containers[0].Args, " ")
	mount := spec.Containers[0].VolumeMounts[0]
	if mount.Name != spec.Volumes[0].Name || !strings.Contains(args, "--review-url=https://own.example.com/access --review-cert-dir="+mount.MountPath) {
		t.Errorf("the operator with %+v has the arguments %q", mount, args)
	}
	if ingresses := find[unstructured.Unstructured](t, all, "Ingress"); len(ingresses) > 0 {
		t.Errorf("there is an Ingress: %v", ingresses)
	}
}

// selected are those of the labels that a selector names.
func selected(selector, labels map[string]string) map[string]string {
	some := map[string]string{}
	for name := range selector {
		some[name] = labels[name]
	}
	return some
}
