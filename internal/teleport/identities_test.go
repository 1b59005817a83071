package teleport

import (
	"runtime"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestAnIdentityIsParsedOnceForAllWhoUseIt(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	var shared Identities
	now := time.Now()
	credentials := Credentials{File: srv.IdentityFile(t, teleporttest.IdentityOptions{})}
	first, err := shared.Parse(credentials, now)
	must(t, err)
	second, err := shared.Parse(credentials, now)
	must(t, err)
	if first != second {
		t.Error("the same identity was parsed twice")
	}
	if _, err := shared.Parse(credentials, first.NotAfter.Add(time.Second)); !isReason(err, IdentityExpired) {
		t.Errorf("once it has expired: %v", err)
	}
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)

	other, err := shared.Parse(Credentials{File: srv.IdentityFile(t, teleporttest.IdentityOptions{})}, now)
	must(t, err)
	if other == first {
		t.Error("two identities are taken for one")
	}
	if _, err := shared.Parse(Credentials{}, now); !isReason(err, IdentityMissing) {
		t.Errorf("without an identity: %v", err)
	}

	runtime.GC()
	_, err = shared.Parse(Credentials{File: srv.IdentityFile(t, teleporttest.IdentityOptions{})}, now)
	must(t, err)
	if n := len(shared.known); n > 2 {
		t.Errorf("%d identities are known, of which one is not in use", n)
	}
	runtime.KeepAlive(other)
}
