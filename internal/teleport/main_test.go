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

// startServer runs a simulated Auth server for the length of the test.
func startServer(t *testing.T, o teleporttest.Options) *teleporttest.Server {
	t.Helper()
	srv, err := teleporttest.Start(o)
	if err != nil {
		t.Fatalf("start server: %v", err)
	}
	t.Cleanup(srv.Close)
	return srv
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
