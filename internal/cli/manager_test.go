package cli

import (
	"bytes"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/labels"
)

func TestLeaseNameTellsSelectorsApart(t *testing.T) {
	name := func(selector string) string {
		parsed, err := labels.Parse(selector)
		if err != nil {
			t.Fatal(err)
		}
		return leaseName(parsed)
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
}

func TestBadFlagsAreNamed(t *testing.T) {
	t.Setenv("KUBECONFIG", "/nonexistent/kubeconfig")
	for flag, want := range map[string]string{
		"--log-format=xml":        "json or console",
		"--log-level=verbose":     "debug, info or error",
		"--no-such-flag":          "unknown flag",
		"--metrics-bind-address=": "",
	} {
		var out, errs bytes.Buffer
		if status := Run([]string{"manager", flag}, &out, &errs); status != 1 {
			t.Errorf("%s: exit status %d, want 1", flag, status)
		}
		if !strings.Contains(errs.String(), want) {
			t.Errorf("%s: %q does not say %q", flag, errs.String(), want)
		}
	}
}

func TestVersion(t *testing.T) {
	var out, errs bytes.Buffer
	if status := Run([]string{"version"}, &out, &errs); status != 0 || !strings.HasPrefix(out.String(), "access-notifier ") {
		t.Errorf("exit status %d, output %q, errors %q", status, out.String(), errs.String())
	}
}
