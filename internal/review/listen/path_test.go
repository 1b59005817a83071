package listen

import (
	"net/url"
	"testing"
)

// TestEveryNotifierHasItsPath, in Kubernetes and on a host, where it may be named after a plugin.
func TestEveryNotifierHasItsPath(t *testing.T) {
	for _, key := range [][2]string{{"team", "slack"}, {"", "discord"}, {"", "slack:Ops_2"}, {"team", "a.b-c"}} {
		u, err := url.Parse("https://notifier.example.com" + Path(key[0], key[1]))
		if err != nil {
			t.Fatal(err)
		}
		if namespace, notifier, ok := parse(u); !ok || namespace != key[0] || notifier != key[1] {
			t.Errorf("%s leads to %q of %q, %t", u, notifier, namespace, ok)
		}
	}
}
