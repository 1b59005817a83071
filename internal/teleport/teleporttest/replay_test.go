package teleporttest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest/replay"
)

func recording(t *testing.T, name string) []replay.Step {
	t.Helper()
	return must(replay.Read("testdata/" + name))(t)
}

// check compares an error with the recorded one.
func check(t *testing.T, recorded replay.Step, err error) {
	t.Helper()
	simulated := replay.Step{Step: recorded.Step}
	if err != nil {
		simulated.Err, simulated.ErrKind = err.Error(), replay.ErrKind(err)
	}
	if diff := recorded.DiffError(simulated); diff != "" {
		t.Error(diff)
	}
}

// value decodes the recorded value.
func value[T any](t *testing.T, recorded replay.Step) T {
	t.Helper()
	return must(replay.Value[T](recorded))(t)
}

func TestReplayRequestsAndPluginData(t *testing.T) {
	s := ForTest(t, Options{Version: "15.1.9", OpenSource: true, ProxyPublicAddr: "localhost:13980"})
	p := must(replay.Connect(t.Context(), replay.Site{
		Address: s.Addr(), Short: time.Second,
		Plugin: s.IdentityFile(t, IdentityOptions{}), Admin: s.IdentityFile(t, IdentityOptions{User: AdminRole}),
	}))(t)
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	compared := 0
	for _, recorded := range recording(t, "requests-and-plugin-data.jsonl") {
		simulated := must(p.Play(t.Context(), recorded))(t)
		if diff := recorded.Diff(simulated); diff != "" {
			t.Error(diff)
		}
		if simulated.Value != nil {
			compared++
		}
	}
	if compared < 20 {
		t.Errorf("%d answers were compared", compared)
	}
}

func TestReplaySeesDifferences(t *testing.T) {
	answer := func(expires, reason string, lifetime float64) replay.Step {
		request := fmt.Sprintf(`{"metadata": {"expires": %q}, "spec": {"created": "2026-01-01T00:00:00Z", "reason": %q}}`, expires, reason)
		return replay.Step{Step: "get", Value: json.RawMessage(fmt.Sprintf(`{"ms": %f, "expires_in_s": %f, "resource": %s}`, lifetime, lifetime, request))}
	}
	base := answer("2026-01-01T01:00:00Z", strings.Repeat("x", 2048), 100)
	failed := base
	failed.Err, failed.ErrKind = "no", "NotFound"
	for name, other := range map[string]replay.Step{
		"expiry":   answer("2026-01-01T02:00:00Z", strings.Repeat("x", 2048), 100),
		"reason":   answer("2026-01-01T01:00:00Z", strings.Repeat("x", 2047), 100),
		"lifetime": answer("2026-01-01T01:00:00Z", strings.Repeat("x", 2048), 200),
		"error":    failed,
	} {
		if base.Diff(other) == "" || other.Diff(base) == "" {
			t.Errorf("another %s is not seen", name)
		}
	}
	if diff := base.Diff(answer("2026-01-01T01:00:00.2Z", "x... (2048 characters)", 130)); diff != "" {
		t.Errorf("equal answers differ:\n%s", diff)
	}
}

// TestFurtherStepsArePlayed has a server of each edition answer what was not recorded.
func TestFurtherStepsArePlayed(t *testing.T) {
	for name, tt := range map[string]struct {
		openSource bool
		review     string
	}{"Enterprise": {false, ""}, "open source": {true, "AccessDenied"}} {
		t.Run(name, func(t *testing.T) {
			s := ForTest(t, Options{OpenSource: tt.openSource})
			p := must(replay.Connect(t.Context(), replay.Site{
				Address: s.Addr(), Short: time.Second,
				Plugin: s.IdentityFile(t, IdentityOptions{}), Admin: s.IdentityFile(t, IdentityOptions{User: AdminRole}),
			}))(t)
			t.Cleanup(func() { _ = p.Close() })
			steps := append([]replay.Step{{Step: "watch"}}, replay.Further()...)
			kinds := map[string]string{"admin submits review": tt.review, "approve what is denied": "BadParameter", "delete what is gone": "NotFound"}
			for _, st := range steps {
				got := must(p.Play(t.Context(), st))(t)
				if got.ErrKind != kinds[st.Step] {
					t.Errorf("%s: %s %q, want kind %q", st.Step, got.ErrKind, got.Err, kinds[st.Step])
				}
			}
			if slices.ContainsFunc(s.Requests(), func(r accessrequest.Request) bool { return r.Reason == "to expire" }) {
				t.Error("a request that was to expire is there")
			}
		})
	}
}
