package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

func TestLeaseNameTellsWorkApart(t *testing.T) {
	name := func(selector string, namespaces ...string) string {
		parsed, err := labels.Parse(selector)
		if err != nil {
			t.Fatal(err)
		}
		return leaseName(parsed, namespaces)
	}
	if got := name(""); got != "access-notifier.accessnotifier.dev" {
		t.Errorf("the lease without a selector is %q", got)
	}
	if name("shard=a") == name("shard=b") || name("shard=a") == name("") {
		t.Error("operators that do different work compete for one lease")
	}
	if name("shard=a,tier!=x") != name("tier!=x, shard=a") {
		t.Error("the same selector in other words has another lease")
	}
	if name("", "a") == name("", "b") || name("", "a") == name("") || name("shard=a", "a") == name("shard=a") {
		t.Error("operators for different namespaces compete for one lease")
	}
	if name("", "a", "b") != name("", "b", "a", "b") {
		t.Error("the same namespaces in another order have another lease")
	}
}

func TestBadFlagsAreNamed(t *testing.T) {
	t.Setenv("KUBECONFIG", "/nonexistent/kubeconfig")
	for flag, want := range map[string]string{
		"--log-format=xml":        "json or console",
		"--log-level=verbose":     "debug, info, warn or error",
		"--no-such-flag":          "unknown flag",
		"--kubeconfig=/other":     "/other",
		"--metrics-bind-address=": "",
	} {
		var out, errs bytes.Buffer
		if status := Run([]string{"access-notifier", "manager", flag}, &out, &errs); status != 1 {
			t.Errorf("%s: exit status %d, want 1", flag, status)
		}
		if !strings.Contains(errs.String(), want) {
			t.Errorf("%s: %q does not say %q", flag, errs.String(), want)
		}
	}
}

func TestAllowedNetworks(t *testing.T) {
	parse := func(flags ...string) ([]netip.Prefix, error) {
		var o managerOptions
		set := pflag.NewFlagSet("manager", pflag.ContinueOnError)
		o.addFlags(set)
		if err := set.Parse(flags); err != nil {
			t.Fatal(err)
		}
		return o.reach.networks()
	}
	if networks, err := parse(); err != nil || len(networks) > 0 {
		t.Errorf("by default %v, %v", networks, err)
	}
	networks, err := parse("--allow-networks=127.0.0.0/8,::1/128", "--allow-networks=169.254.20.10/32")
	if err != nil || fmt.Sprint(networks) != "[127.0.0.0/8 ::1/128 169.254.20.10/32]" {
		t.Errorf("networks %v, %v", networks, err)
	}
	if _, err := parse("--allow-networks=localhost"); err == nil || !strings.Contains(err.Error(), "--allow-networks") {
		t.Errorf("a name is taken for a network: %v", err)
	}
}

func TestProfilesAreServedOnlyOnRequest(t *testing.T) {
	parse := func(flags ...string) ctrl.Options {
		var o managerOptions
		set := pflag.NewFlagSet("manager", pflag.ContinueOnError)
		o.addFlags(set)
		if err := set.Parse(append(flags, "--leader-elect=false", "--metrics-bind-address=0", "--health-probe-bind-address=0")); err != nil {
			t.Fatal(err)
		}
		options, err := o.options(logr.Discard())
		if err != nil {
			t.Fatal(err)
		}
		return options
	}
	if address := parse().PprofBindAddress; address != "" {
		t.Errorf("without the flag, profiles are served at %q", address)
	}

	address := freeAddress(t)
	options := parse("--pprof-bind-address=" + address)
	// The server of profiles needs no Kubernetes.
	options.MapperProvider = func(*rest.Config, *http.Client) (meta.RESTMapper, error) {
		mapper := meta.NewDefaultRESTMapper(nil)
		mapper.Add(v1alpha1.GroupVersion.WithKind(v1alpha1.Kind), meta.RESTScopeNamespace)
		return mapper, nil
	}
	mgr, err := ctrl.NewManager(&rest.Config{Host: "http://127.0.0.1:1"}, options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	<-mgr.Elected()
	if status := statusOf(t, "http://"+address+"/debug/pprof/goroutine"); status != http.StatusOK {
		t.Errorf("profiles are answered with %d", status)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Start() error = %v", err)
	}
}

// freeAddress returns an address on the loopback interface that was free a
// moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

func statusOf(t *testing.T, url string) int {
	t.Helper()
	status, _ := get(t, url)
	return status
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestSecretPollInterval(t *testing.T) {
	for interval, good := range map[time.Duration]bool{
		0: true, time.Second: true, time.Hour: true,
		time.Millisecond: false, -time.Second: false,
	} {
		o := managerOptions{secretPoll: interval}
		if _, err := o.options(logr.Discard()); (err == nil) != good {
			t.Errorf("%v: %v", interval, err)
		}
	}
}

func TestVersion(t *testing.T) {
	line, _ := run(t, 0, "version")
	if !strings.HasPrefix(line, "access-notifier "+Version()+" (go") {
		t.Errorf("version prints %q", line)
	}
	if flag, _ := run(t, 0, "--version"); flag != line {
		t.Errorf("--version prints %q, and version %q", flag, line)
	}
	printed, _ := run(t, 0, "version", "-o", "json")
	var got map[string]string
	if err := json.Unmarshal([]byte(printed), &got); err != nil || got["version"] != Version() || got["goVersion"] == "" || got["platform"] == "" {
		t.Errorf("as JSON it prints %s: %v", printed, err)
	}
	run(t, exitWrong, "version", "-o", "xml")
}
