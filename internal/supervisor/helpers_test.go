package supervisor_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/supervisor"
)

func assertLacks(t *testing.T, what, text, secret string) {
	t.Helper()
	if strings.Contains(text, secret) {
		t.Errorf("%s shows %q:\n%s", what, secret, text)
	}
}

// assertNoWorkers looks for goroutines that run, or belong to, a notifier.
func assertNoWorkers(t *testing.T) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, sign := range []string{".supervise(", ".runEngine(", "notifier.(*Notifier).", "teleport.(*Session).run("} {
		if strings.Contains(string(stacks), sign) {
			t.Errorf("a goroutine in %s) is left", sign)
		}
	}
}

// drain returns what is in the channel now.
func drain(told chan supervisor.Key) []supervisor.Key {
	var got []supervisor.Key
	for {
		select {
		case key := <-told:
			got = append(got, key)
		default:
			return got
		}
	}
}
