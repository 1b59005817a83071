package service_test

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/canary"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// TestEverySecretIsACanary: one that cannot be searched for would never be found where it must not
// be. What is wrong is told by what the simulator makes of its token, or by Others in the table.
func TestEverySecretIsACanary(t *testing.T) {
	for _, s := range service.All {
		for name, value := range s.Secrets(messengertest.DefaultToken) {
			var nest canary.Nest
			err := nest.Add(canary.Secret, name, value)
			if public := name == messenger.SecretCA; public == (err == nil) {
				t.Errorf("%s: secret %s is taken for a canary: %v", s.Type, name, err)
			}
		}
	}
}

// TestDefaultsAreCanaries, as Word makes them.
func TestDefaultsAreCanaries(t *testing.T) {
	for name, value := range map[string]string{
		"default token": messengertest.DefaultToken, "default app token": messengertest.DefaultAppToken, "mail user": messengertest.EmailUser,
	} {
		if !strings.HasSuffix(value, canary.Word(name)) {
			t.Errorf("the %s is %s, want it to end in %s", name, value, canary.Word(name))
		}
	}
}
