package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest/replay"
)

// genuine starts a simulator in the place of a real server.
func genuine(t *testing.T, o teleporttest.Options) (*teleporttest.Server, replay.Site) {
	t.Helper()
	o.Permissions = map[string]teleporttest.Permissions{
		"e2e-plugin": teleporttest.PluginPermissions(), "e2e-admin": teleporttest.AdminPermissions(),
	}
	s := teleporttest.ForTest(t, o)
	return s, replay.Site{
		Address: s.Addr(), Short: time.Second,
		Plugin: s.IdentityFile(t, teleporttest.IdentityOptions{User: "e2e-plugin"}),
		Admin:  s.IdentityFile(t, teleporttest.IdentityOptions{User: "e2e-admin"}),
	}
}

func play(t *testing.T, site replay.Site, steps []replay.Step) (different int, out string) {
	t.Helper()
	var b bytes.Buffer
	different, err := compare(t.Context(), site, steps, &b)
	if err != nil {
		t.Fatalf("%v\n%s", err, &b)
	}
	return different, b.String()
}

func TestOfASimulatorNoAnswerDiffers(t *testing.T) {
	steps, err := script()
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]teleporttest.Options{
		"as recorded":       {ClusterName: "other", Version: "15.1.9", OpenSource: true},
		"newer open source": {Version: "18.1.7", OpenSource: true},
		"Enterprise":        {AdvancedAccessWorkflows: true},
	} {
		t.Run(name, func(t *testing.T) {
			s, site := genuine(t, o)
			// Of others: neither is counted.
			if _, err := s.CreateRequest(teleporttest.RequestSpec{}); err != nil {
				t.Fatal(err)
			}
			if different, out := play(t, site, steps); different != 0 || !strings.Contains(out, "same EVENT of the deletion") {
				t.Errorf("%d steps differ:\n%s", different, out)
			}
		})
	}
}

func TestDifferencesAreFound(t *testing.T) {
	steps := append([]replay.Step{{Step: "watch"}, {Step: "get role"}}, replay.Further()...)
	for name, tt := range map[string]struct {
		options teleporttest.Options
		change  func(*teleporttest.Server)
		want    string
	}{
		"lives longer": {options: teleporttest.Options{PendingTTL: 2 * time.Hour}, want: "differs create: the answer"},
		"forbids": {change: func(s *teleporttest.Server) {
			s.SetPermissions("e2e-plugin", teleporttest.PluginPermissions().With("role"))
		}, want: "differs get role: the error"},
		"another threshold": {options: teleporttest.Options{
			AdvancedAccessWorkflows: true, Thresholds: map[string][]teleporttest.Threshold{"editor": {{Approve: 2}}},
		}, want: "differs create: the answer"},
	} {
		t.Run(name, func(t *testing.T) {
			s, site := genuine(t, tt.options)
			if tt.change != nil {
				tt.change(s)
			}
			if different, out := play(t, site, steps); different == 0 || !strings.Contains(out, tt.want) {
				t.Errorf("%d steps differ, want %q in\n%s", different, tt.want, out)
			}
		})
	}
}

// TestNothingComparedIsNotPassed also has the exit status of a comparison.
func TestNothingComparedIsNotPassed(t *testing.T) {
	_, site := genuine(t, teleporttest.Options{PendingTTL: 2 * time.Hour})
	write := func(content []byte) string {
		path := filepath.Join(t.TempDir(), "identity")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	complete := map[string]string{
		"E2E_TELEPORT_ADDR":            site.Address,
		"E2E_TELEPORT_PLUGIN_IDENTITY": write(site.Plugin),
		"E2E_TELEPORT_ADMIN_IDENTITY":  write(site.Admin),
	}
	for name, tt := range map[string]struct {
		change map[string]string
		status int
		want   string
	}{
		"no address":      {map[string]string{"E2E_TELEPORT_ADDR": ""}, 2, "E2E_TELEPORT_ADDR does not name"},
		"no identity":     {map[string]string{"E2E_TELEPORT_ADMIN_IDENTITY": ""}, 2, "E2E_TELEPORT_ADMIN_IDENTITY does not name"},
		"no file":         {map[string]string{"E2E_TELEPORT_PLUGIN_IDENTITY": "/none"}, 2, "E2E_TELEPORT_PLUGIN_IDENTITY: open /none"},
		"not an identity": {map[string]string{"E2E_TELEPORT_PLUGIN_IDENTITY": write([]byte("x"))}, 2, "the plugin's identity"},
		"answers differ":  {nil, 1, "differently"},
	} {
		t.Run(name, func(t *testing.T) {
			getenv := func(key string) string {
				if changed, ok := tt.change[key]; ok {
					return changed
				}
				return complete[key]
			}
			var out, errs bytes.Buffer
			if status := run(t.Context(), getenv, &out, &errs); status != tt.status || !strings.Contains(errs.String(), tt.want) {
				t.Errorf("exit status %d, want %d; %s, want %q", status, tt.status, &errs, tt.want)
			}
		})
	}
}
