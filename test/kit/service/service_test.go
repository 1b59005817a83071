package service_test

import (
	"slices"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/registry"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// A new messenger that is missing here would be tested by nothing that breaks it.
func TestEveryMessengerIsInTheTable(t *testing.T) {
	var simulated []string
	for _, s := range service.All {
		simulated = append(simulated, string(s.Type))
	}
	slices.Sort(simulated)
	if want := slices.Sorted(slices.Values(registry.All().Types())); !slices.Equal(simulated, want) {
		t.Errorf("the table has %q, want %q", simulated, want)
	}
}

// What has buttons in the product, tests and demonstrations can press.
func TestButtonsCanBePressed(t *testing.T) {
	for _, s := range service.All {
		_, presses := s.Simulate(messengertest.Options{}).(messengertest.Clicker)
		if presses != s.Buttons() {
			t.Errorf("%s: its messages have buttons: %t, its simulator has people who press them: %t", s.Type, s.Buttons(), presses)
		}
	}
}
