package helm

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const withTbot = "tbot: {enabled: true, image: {tag: 1.2.3}, teleportProxyAddress: 'teleport.example.com:443'}\n"

// pods returns the specs of all pods of a release by the name of their first container.
func pods(t *testing.T, values string, args ...string) map[string]corev1.PodSpec {
	t.Helper()
	all := objects(t, render(t, values, args...))
	found := map[string]corev1.PodSpec{}
	for _, deployment := range find[appsv1.Deployment](t, all, "Deployment") {
		spec := deployment.Spec.Template.Spec
		found[spec.Containers[0].Name] = spec
	}
	for _, pod := range find[corev1.Pod](t, all, "Pod") {
		found[pod.Spec.Containers[0].Name] = pod.Spec
	}
	if len(found) < 3 {
		t.Fatalf("there are only %d pods", len(found))
	}
	return found
}

func TestImages(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	for _, test := range []struct{ values, operator, tbot string }{
		{"", "ghcr.io/accessnotifier/access-notifier:0.1.0", "public.ecr.aws/gravitational/tbot-distroless:1.2.3"},
		{"global: {imageRegistry: mirror.example.com}", "mirror.example.com/accessnotifier/access-notifier:0.1.0", "mirror.example.com/gravitational/tbot-distroless:1.2.3"},
		{"image: {registry: ''}", "accessnotifier/access-notifier:0.1.0", "public.ecr.aws/gravitational/tbot-distroless:1.2.3"},
		{"image: {registry: localhost:5000}", "localhost:5000/accessnotifier/access-notifier:0.1.0", "public.ecr.aws/gravitational/tbot-distroless:1.2.3"},
		// As it was written before there was a registry of its own.
		{"image: {repository: own.example.com/notifier, digest: '" + digest + "'}\nglobal: {imageRegistry: mirror.example.com}", "own.example.com/notifier@" + digest, "mirror.example.com/gravitational/tbot-distroless:1.2.3"},
	} {
		found := pods(t, withTbot+test.values)
		for container, want := range map[string]string{"manager": test.operator, "check": test.operator, "tbot": test.tbot} {
			if got := found[container].Containers[0].Image; got != want {
				t.Errorf("with %q, %s is %s, want %s", test.values, container, got, want)
			}
		}
	}
}

func TestImagePullSecrets(t *testing.T) {
	want := []corev1.LocalObjectReference{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	for name, spec := range pods(t, withTbot+"global: {imagePullSecrets: [a, {name: b}]}\nimagePullSecrets: [{name: b}, {name: c}]") {
		if diff := gocmp.Diff(want, spec.ImagePullSecrets); diff != "" {
			t.Errorf("%s is pulled with other Secrets (-want +got):\n%s", name, diff)
		}
	}
}

// TestUsersOnOpenShift wants no pod there to say as which user and group it runs, and the
// operator's to say it nowhere: the image has a numeric user.
func TestUsersOnOpenShift(t *testing.T) {
	const onOpenShift, custom = "--api-versions=security.openshift.io/v1", "\npodSecurityContext: {runAsUser: 7}\nsecurityContext: {runAsGroup: 7}"
	adapt := func(how string) string {
		return "\nglobal: {compatibility: {openshift: {adaptSecurityContext: " + how + "}}}"
	}
	for _, test := range []struct {
		name, values string
		args, fixed  []string
	}{
		{"elsewhere", "", nil, []string{"tbot"}},
		{"OpenShift", custom, []string{onOpenShift}, nil},
		{"forced", custom + adapt("force"), nil, nil},
		{"disabled", custom + adapt("disabled"), []string{onOpenShift}, []string{"check", "manager", "tbot"}},
	} {
		var fixed []string
		for name, spec := range pods(t, withTbot+test.values, test.args...) {
			pod, container := spec.SecurityContext, spec.Containers[0].SecurityContext
			if pod.RunAsUser != nil || pod.RunAsGroup != nil || pod.FSGroup != nil || container.RunAsUser != nil || container.RunAsGroup != nil {
				fixed = append(fixed, name)
			}
		}
		slices.Sort(fixed)
		if !slices.Equal(fixed, test.fixed) {
			t.Errorf("%s: the user is fixed in %v, want %v", test.name, fixed, test.fixed)
		}
	}
}

func TestNoTwoWithoutAnElection(t *testing.T) {
	const alone = "leaderElection: {enabled: false}\nreplicaCount: 1\n"
	for _, values := range []string{alone, alone + "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}"} {
		strategy := one[appsv1.Deployment](t, objects(t, render(t, values)), "Deployment").Spec.Strategy
		if strategy.Type != appsv1.RecreateDeploymentStrategyType || strategy.RollingUpdate != nil {
			t.Errorf("with %q, pods are replaced by %+v", values, strategy)
		}
	}
}

// TestFormerNames wants the former names of values to do what the new ones do, with a
// notice.
func TestFormerNames(t *testing.T) {
	const tbot = "tbot: {enabled: true, image: {tag: 1.2.3}, "
	for former, now := range map[string]string{
		"replicas: 0":                             "replicaCount: 0",
		"updateStrategy: {type: Recreate}":        "strategy: {type: Recreate}",
		tbot + "address: 'a:443'}":                tbot + "teleportProxyAddress: 'a:443'}",
		tbot + "address: 'a:1', addressOf: auth}": tbot + "teleportAuthAddress: 'a:1'}",
	} {
		if diff := gocmp.Diff(render(t, now), render(t, former)); diff != "" {
			t.Errorf("%q is not %q (-now +former):\n%s", former, now, diff)
		}
		if notes(t, now) == notes(t, former) || !strings.Contains(notes(t, former), "NOTICE") || strings.Contains(notes(t, now), "NOTICE") {
			t.Errorf("there is no notice of %q", former)
		}
	}
}

// TestMemoryRequestIsAboveIdle compares the request with what is measured.
func TestMemoryRequestIsAboveIdle(t *testing.T) {
	measured := regexp.MustCompile("`rss_1_notifier_mb` \\| ([0-9.]+) MB").FindStringSubmatch(readFile(t, root, "docs", "performance.md"))
	if measured == nil {
		t.Fatal("docs/performance.md does not say how much memory one notifier takes")
	}
	megabytes, err := strconv.ParseFloat(measured[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	request := pods(t, withTbot)["manager"].Containers[0].Resources.Requests.Memory()
	if request.AsApproximateFloat64() <= 1e6*megabytes {
		t.Errorf("the pod requests %s of memory, and one notifier takes %v MB", request, megabytes)
	}
}

// TestEgressPorts wants a NetworkPolicy to let out what values name, in every form, and nothing else.
func TestEgressPorts(t *testing.T) {
	const notifier = "notifiers: {a: {spec: {teleport: {address: '%s', identitySecretRef: {name: i}}, " +
		"messenger: {type: Mattermost, mattermost: {url: '%s', insecure: %s, tokenSecretRef: {name: s}}}}}}"
	format := func(address, url string) string {
		insecure := "Deny"
		if strings.HasPrefix(url, "http://") {
			insecure = "Allow"
		}
		return fmt.Sprintf(notifier, address, url, insecure)
	}
	const messaging = "notifiers: {a: {spec: {teleport: {address: 'teleport.example:443', identitySecretRef: {name: i}}, messenger: {type: %s}}}}"
	mail := func(address, tls string) string {
		return fmt.Sprintf(messaging, fmt.Sprintf("Email, email: {address: '%s', tls: %s, from: teleport@example.com}", address, tls))
	}
	for values, want := range map[string][]int{
		"":                                       {},
		mail("mail.example:25", "Opportunistic"): {443, 25},
		mail("mail.example:465", "Implicit"):     {443, 465},
		mail("mail.example:587", "StartTLS"):     {443, 587},
		mail("[2001:db8::1]:2525", "StartTLS"):   {443, 2525},
		fmt.Sprintf(messaging, "Webhook, webhook: {url: 'https://hook.example:8444/in/', signingSecretRef: {name: s}}"): {443, 8444},
		"proxy: {https: 'http://p.example:3128'}":                                              {3128},
		"proxy: {https: 'p.example:3128'}":                                                     {3128},
		"proxy: {https: 'http://p.example'}":                                                   {80},
		"proxy: {https: 'p.example'}":                                                          {80},
		"proxy: {https: 'https://p.example/'}":                                                 {443},
		"proxy: {https: 'socks5://p.example'}":                                                 {1080},
		"proxy: {http: 'http://u:p@[2001:db8::1]:8080', https: 'http://[2001:db8::1]'}":        {8080, 80},
		"messengerURLs: {Slack: 'https://chat.example:8443/api/'}":                             {8443},
		format("teleport.example:443", "http://mattermost.chat.svc:8065"):                      {443, 8065},
		format("teleport.teleport.svc:3025", "http://mattermost.chat.svc.cluster.local:9065/"): {3025, 9065},
		format("teleport.example:3036", "http://mattermost.chat.svc"):                          {3036, 80},
		format("10.0.0.1:3036", "https://10.0.0.2:8066"):                                       {3036, 8066},
		format("[2001:db8::1]:3037", "https://chat.example/path"):                              {3037, 443},
		format("[2001:db8::1]:3037", "https://[2001:db8::2]"):                                  {3037, 443},
		format("[2001:db8::1]:3037", "https://[2001:db8::2]:8067/path"):                        {3037, 8067},
		"tbot: {enabled: true, image: {tag: 1.2.3}, teleportAuthAddress: 'auth.example:4025'}": {4025},
		"networkPolicy: {apiServerPorts: [16443]}":                                             {16443},
		"networkPolicy: {egressPorts: [99]}":                                                   {99},
	} {
		arguments := []string{"--set=networkPolicy.enabled=true"}
		for _, ports := range []string{"apiServerPorts", "egressPorts"} {
			if !strings.Contains(values, ports) {
				arguments = append(arguments, "--set-json=networkPolicy."+ports+"=[]")
			}
		}
		policies := find[networkingv1.NetworkPolicy](t, objects(t, render(t, values, arguments...)), "NetworkPolicy")
		if len(policies) == 0 {
			t.Errorf("with %q, there is no NetworkPolicy", values)
		}
		for _, policy := range policies {
			open := map[int]bool{}
			for _, rule := range policy.Spec.Egress {
				for _, port := range rule.Ports {
					open[port.Port.IntValue()] = true
				}
			}
			for _, port := range append(want, dnsPorts...) {
				if !open[port] {
					t.Errorf("with %q, %s does not let out port %d, only %v", values, policy.Name, port, open)
				}
				delete(open, port)
			}
			if len(open) > 0 {
				t.Errorf("with %q, %s lets out %v as well", values, policy.Name, open)
			}
		}
	}
}

// dnsPorts are those of DNS, also behind the Service of OpenShift.
var dnsPorts = []int{53, 5353}

// TestChecksAreNotTheOperators wants what selects the operator's pods not to select those
// of helm test and tbot.
func TestChecksAreNotTheOperators(t *testing.T) {
	all := objects(t, render(t, withTbot))
	selector := one[corev1.Service](t, all, "Service").Spec.Selector
	selects := func(labels map[string]string) bool {
		for name, value := range selector {
			if labels[name] != value {
				return false
			}
		}
		return true
	}
	if selects(one[corev1.Pod](t, all, "Pod").Labels) {
		t.Error("the Service leads to the pod of helm test")
	}
	for _, deployment := range find[appsv1.Deployment](t, all, "Deployment") {
		if operator := deployment.Name == release; selects(deployment.Spec.Template.Labels) != operator {
			t.Errorf("the Service leads to %s: %t", deployment.Name, !operator)
		}
	}
}

// TestArtifactHub wants the chart to say of itself what is so.
func TestArtifactHub(t *testing.T) {
	about := parse(t, readFile(t, chart(), "Chart.yaml"))
	annotations := about["annotations"].(map[string]any)
	listed := func(name string) (entries []map[string]any) {
		text, _ := annotations["artifacthub.io/"+name].(string)
		for _, entry := range parse(t, "entries:\n"+text)["entries"].([]any) {
			entries = append(entries, entry.(map[string]any))
		}
		return entries
	}
	if image := pods(t, withTbot)["manager"].Containers[0].Image; listed("images")[0]["image"] != image {
		t.Errorf("the image is %s, not %v", image, listed("images")[0]["image"])
	}
	if name := crd().GetName(); listed("crds")[0]["name"] != name {
		t.Errorf("the CRD is %s, not %v", name, listed("crds")[0]["name"])
	}
	for _, example := range listed("crdsExamples") {
		object := &unstructured.Unstructured{Object: example}
		object.SetNamespace("default")
		createStrictly(t, object)
	}
	for _, change := range listed("changes") {
		if !slices.Contains([]any{"added", "changed", "deprecated", "removed", "fixed", "security"}, change["kind"]) || change["description"] == nil {
			t.Errorf("%v is no change", change)
		}
	}
	if len(listed("links")) == 0 || about["maintainers"] == nil {
		t.Error("the chart names no links or maintainers")
	}
	_, icon, _ := strings.Cut(about["icon"].(string), "/main/")
	readFile(t, root, filepath.FromSlash(icon))
}

// TestSpread wants a constraint to count the release's pods, unless it says which.
func TestSpread(t *testing.T) {
	const values = "topologySpreadConstraints: [{maxSkew: 1}, {maxSkew: 2, labelSelector: {matchLabels: {app: other}}}]"
	all := objects(t, render(t, values))
	own := one[appsv1.Deployment](t, all, "Deployment").Spec
	want := []map[string]string{own.Selector.MatchLabels, {"app": "other"}}
	var got []map[string]string
	for _, constraint := range own.Template.Spec.TopologySpreadConstraints {
		got = append(got, constraint.LabelSelector.MatchLabels)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("constraints count other pods (-want +got):\n%s", diff)
	}
}
