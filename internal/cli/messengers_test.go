package cli

import (
	"maps"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// all are two messengers: one with a public address, and one without.
var all = messenger.Registry{{Type: "Pigeon", DefaultURL: "https://pigeon.example/api"}, {Type: "Drum"}}

func parseURLs(t *testing.T, args ...string) (map[string]string, *pflag.FlagSet, error) {
	t.Helper()
	var urls messengerURLs
	flags := pflag.NewFlagSet("manager", pflag.ContinueOnError)
	urls.addFlags(flags, all)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	found, err := urls.overrides()
	return found, flags, err
}

// TestTheFlagForAddressesKnowsEveryMessenger: a messenger needs no flag of its own.
func TestTheFlagForAddressesKnowsEveryMessenger(t *testing.T) {
	urls, flags, err := parseURLs(t, "--messenger-url=Pigeon=https://loft.example/x?a=b")
	if want := map[string]string{"Pigeon": "https://loft.example/x?a=b"}; err != nil || !maps.Equal(urls, want) {
		t.Errorf("the flag gives %q, %v; want %q", urls, err, want)
	}
	if usage := flags.Lookup("messenger-url").Usage; !strings.Contains(usage, "Pigeon=https://pigeon.example/api") || strings.Contains(usage, "Drum") {
		t.Errorf("the usage does not say which addresses can be replaced: %s", usage)
	}
	if urls, _, err := parseURLs(t); err != nil || len(urls) != 0 {
		t.Errorf("without flags the addresses are %q, %v", urls, err)
	}
	for arg, want := range map[string]string{
		"Owl=https://owl.example":         "known are Pigeon, Drum",
		"Drum=https://drum.example":       "each AccessNotifier names its server",
		"Pigeon=secret.example/not-a-url": "the address of Pigeon is not a URL",
	} {
		_, _, err := parseURLs(t, "--messenger-url="+arg)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s gives %v, want %q", arg, err, want)
		}
	}
}
