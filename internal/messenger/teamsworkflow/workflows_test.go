package teamsworkflow

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

const (
	first  = "https://0123.4.environment.api.powerplatform.com:443/workflows/1/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=a-_b"
	second = "https://prod-11.westeurope.logic.azure.com/workflows/2/triggers/manual/paths/invoke?sig=canary"
)

func TestWorkflowsAreReadLineByLine(t *testing.T) {
	for secret, want := range map[string]string{
		first:                                 "map[*:" + first + "]",
		"ops " + first:                        "map[ops:" + first + "]",
		"\n# ours\r\n ops\t" + first + "\r\n": "map[ops:" + first + "]",
		"ops " + first + "\nsec.2 " + second + "\n* " + first: "map[*:" + first + " ops:" + first + " sec.2:" + second + "]",
	} {
		all, err := readWorkflows(secret, nil)
		if got := fmt.Sprint(all); err != nil || got != want {
			t.Errorf("%q is %s, %v, want %s", secret, got, err, want)
		}
	}
}

// TestLinesThatCannotBeAreRefused by their number, without being repeated.
func TestLinesThatCannotBeAreRefused(t *testing.T) {
	for _, line := range []string{
		"canary", "http://canary.example/?sig=canary", "ops", "ops canary " + second, "ops,sec " + second, "https://x/y " + second, "é " + second,
		strings.Repeat("a", 64) + " " + second, "ops " + strings.TrimSuffix(second, "?sig=canary"), "ops " + second + "#canary",
		"ops https://user:canary@canary.example/?sig=canary", "ops https:///canary?sig=canary", "ops https://canary.example:99999/?sig=canary",
		"ops https://canary.example/?sig=", "ops https://canary.example/?sig=%zz", "ops " + second + strings.Repeat("a", maxURL), "first " + second,
		"ops https://[::1]:x/?sig=canary", "ops file:///canary?sig=canary", "-ops " + second,
	} {
		_, err := readWorkflows("first "+first+"\n"+line, nil)
		if err == nil || !strings.Contains(err.Error(), "line 2 of the secret workflows ") || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", line, err)
		}
	}
	for _, empty := range []string{"", "\n \n", "# only this"} {
		if _, err := readWorkflows(empty, nil); err == nil {
			t.Errorf("%q is read", empty)
		}
	}
}

func TestAGatewayHasThePlaceOfAllHosts(t *testing.T) {
	gateway := &url.URL{Scheme: "http", Host: "127.0.0.1:8080", Path: "/teams"}
	all, err := readWorkflows("ops https://x.example/a%2Fb?sig=s", gateway)
	if got := all.of("ops"); err != nil || got.String() != "http://127.0.0.1:8080/teams/a%2Fb?sig=s" {
		t.Errorf("it leads to %v, %v", got, err)
	}
}

// TestRecipientsAreNamesOfWorkflows: a name without one is told, unless there is one for all others.
func TestRecipientsAreNamesOfWorkflows(t *testing.T) {
	build := func(secret string) *Workflow {
		w, err := New(messenger.Config{Secrets: messenger.Secrets{SecretWorkflows: secret}})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	few, all := build("ops "+first), build("ops "+first+"\n* "+second)
	if to, err := few.Resolve(t.Context(), " ops\n"); err != nil || to != (messenger.Address{ID: "ops"}) {
		t.Errorf("Resolve = %+v, %v", to, err)
	}
	_, err := few.Resolve(t.Context(), "sec")
	if e := messenger.AsError(err); e.Class != messenger.RecipientPermanent || e.Code != "no_workflow" {
		t.Errorf("Resolve of a name without a workflow = %+v", e)
	}
	if _, err := all.Resolve(t.Context(), "sec"); err != nil || all.workflows.of("sec").Host != "prod-11.westeurope.logic.azure.com" {
		t.Errorf("Resolve of a name among all others = %v", err)
	}
	for _, name := range []string{"*", "", "#ops", "alice@example.com", first} {
		if _, err := all.Resolve(t.Context(), name); err == nil || writeInstead(name) == "" {
			t.Errorf("Resolve(%q) works", name)
		}
	}
}
