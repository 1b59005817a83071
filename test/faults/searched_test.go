package main

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// TestASecretInALogBreaksAPromise of a scenario, whichever way it comes.
func TestASecretInALogBreaksAPromise(t *testing.T) {
	for _, s := range service.All {
		w, err := newWorld(trial{platform: platform{Service: s, name: s.Name()}, scenario: scenario{name: "test"}}, 1, skew{})
		if err != nil {
			t.Fatal(err)
		}
		spec, err := w.operator()
		if err != nil {
			t.Fatal(err)
		}
		w.searched.logger().V(1).Info("Nothing of interest", "type", s.Type)
		if w.checkLogs(); len(w.broken) != 0 {
			t.Errorf("%s: without a secret, broken is %q", s.Type, w.broken)
		}
		w.searched.logger().V(1).Info("A secret", "secret", spec.Secrets[s.MainSecret()])
		if w.checkLogs(); len(w.broken) == 0 || !strings.Contains(w.broken[0], "isolation") {
			t.Errorf("%s: with a secret, broken is %q", s.Type, w.broken)
		}
		if err := w.stop(); err != nil {
			t.Error(err)
		}
	}
}
