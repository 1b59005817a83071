package teleport

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// issue makes an identity of the server and parses it from its file.
func issue(t *testing.T, srv *teleporttest.Server, o teleporttest.IdentityOptions) *Identity {
	t.Helper()
	id, err := ParseIdentity(Credentials{File: issueRaw(t, srv, o).File}, time.Now())
	if err != nil {
		t.Fatalf("parse identity: %v", err)
	}
	return id
}

func issueRaw(t *testing.T, srv *teleporttest.Server, o teleporttest.IdentityOptions) *teleporttest.Identity {
	t.Helper()
	raw, err := srv.Identity(o)
	if err != nil {
		t.Fatalf("issue identity: %v", err)
	}
	return raw
}
