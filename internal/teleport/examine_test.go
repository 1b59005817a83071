package teleport_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestExamineTriesEachPermission(t *testing.T) {
	plugin := teleporttest.PluginPermissions()
	const requests, records, rules = "access_request", "access_plugin_data", "access_monitoring_rule"
	for name, tt := range map[string]struct {
		version string
		role    teleporttest.Permissions
		needs   teleport.Needs
		// denied are the trials that fail, each with the code of the failure.
		denied []string
	}{
		"all":                      {role: plugin},
		"no rules":                 {role: plugin.With(rules), denied: []string{rules + ": PermissionDenied"}},
		"no access requests":       {role: plugin.With(requests), denied: []string{requests + ": PermissionDenied"}},
		"records cannot be stored": {role: plugin.With(records, "read"), denied: []string{records + " update: PermissionDenied"}},
		"no records at all": {role: plugin.With(records), denied: []string{
			records + " read: PermissionDenied", records + " update: PermissionDenied",
		}},
		"users":         {role: plugin.With("user", "read"), needs: teleport.Needs{Traits: true}},
		"no users":      {role: plugin, needs: teleport.Needs{Traits: true}, denied: []string{"user: PermissionDenied"}},
		"users to find": {role: plugin.With("user", "list", "read"), needs: teleport.Needs{Users: true}},
		"users to read": {role: plugin.With("user", "read"), needs: teleport.Needs{Users: true, Traits: true}, denied: []string{
			"user: PermissionDenied",
		}},
		"reviews": {version: "19.0.0", role: plugin.With(teleporttest.SubmitForUsers, "*"), needs: teleport.Needs{Reviews: true}},
		"no reviews": {version: "19.0.0", role: plugin, needs: teleport.Needs{Reviews: true}, denied: []string{
			"review_requests: PermissionDenied",
		}},
		"reviews of an older server": {version: "18.10.0", role: plugin, needs: teleport.Needs{Reviews: true}},
		"access lists":               {role: teleporttest.ListPermissions(), needs: teleport.Needs{AccessLists: true}},
		"no access lists":            {role: plugin, needs: teleport.Needs{AccessLists: true}, denied: []string{"access_list: PermissionDenied"}},
		"no nodes, no roles": {role: plugin.With("node", "list").With("role"), denied: []string{
			"node: PermissionDenied", "role: PermissionDenied",
		}},
		"a server without rules": {version: "15.1.9", role: plugin, denied: []string{rules + ": not served"}},
	} {
		t.Run(name, func(t *testing.T) {
			server, err := teleporttest.Start(teleporttest.Options{
				Version: tt.version, AdvancedAccessWorkflows: true, Permissions: map[string]teleporttest.Permissions{teleporttest.PluginRole: tt.role},
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(server.Close)
			found, err := dialer.Examine(t.Context(), server.Addr(), parsed(t, server), tt.needs)
			if err != nil {
				t.Fatal(err)
			}
			if found.Cluster.Name != "lab" {
				t.Errorf("the cluster is %q", found.Cluster.Name)
			}
			if diff := cmp.Diff(tt.denied, failures(found)); diff != "" {
				t.Errorf("trials (-want +got):\n%s", diff)
			}
		})
	}
}

// dialer reaches this machine.
var dialer = teleport.Dialer{Guard: dialguard.New(netip.MustParsePrefix("127.0.0.0/8"))}

func parsed(t *testing.T, server *teleporttest.Server) *teleport.Identity {
	t.Helper()
	issued, err := server.Identity(teleporttest.IdentityOptions{Roles: []string{teleporttest.PluginRole}})
	if err != nil {
		t.Fatal(err)
	}
	id, err := teleport.ParseIdentity(teleport.Credentials{File: issued.File}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// failures names the trials that failed, and why.
func failures(found teleport.Examination) []string {
	var out []string
	for _, trial := range found.Trials {
		name := trial.Kind
		if name == "access_plugin_data" {
			name += " " + trial.Verbs
		}
		known, ok := errors.AsType[*teleport.Error](trial.Err)
		switch {
		case trial.Err == nil:
		case errors.Is(trial.Err, teleport.ErrNotServed):
			out = append(out, name+": not served")
		case ok && strings.Contains(known.Message, trial.Kind):
			out = append(out, name+": "+known.Detail)
		default:
			out = append(out, fmt.Sprintf("%s: %v", name, trial.Err))
		}
	}
	return out
}

func TestExamineNamesWhatKeepsItFromConnecting(t *testing.T) {
	server, err := teleporttest.Start(teleporttest.Options{Version: "14.3.0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	_, err = dialer.Examine(t.Context(), server.Addr(), parsed(t, server), teleport.Needs{})
	if known, ok := errors.AsType[*teleport.Error](err); !ok || known.Detail != teleport.ServerTooOld {
		t.Errorf("Examine() of an old server: %v", err)
	}
}

func TestIdentityNamesRolesAndForm(t *testing.T) {
	server, err := teleporttest.Start(teleporttest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	issued, err := server.Identity(teleporttest.IdentityOptions{Roles: []string{"access-plugin", "requester"}})
	if err != nil {
		t.Fatal(err)
	}
	for want, material := range map[bool]teleport.Credentials{
		true:  {File: issued.File},
		false: {Cert: issued.Cert, Key: issued.Key, CAs: issued.CAs},
	} {
		id, err := teleport.ParseIdentity(material, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if id.ReachesProxies() != want {
			t.Errorf("ReachesProxies() = %t, want %t", id.ReachesProxies(), want)
		}
		if diff := cmp.Diff([]string{"access-plugin", "requester"}, id.Roles); diff != "" {
			t.Errorf("roles (-want +got):\n%s", diff)
		}
	}
}
