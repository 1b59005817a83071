package teleport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/accessnotifier/accessnotifier/internal/dialguard"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestDialSaysWhatIsWrong(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	silent := listen(t)
	closed := listen(t)
	must(t, closed.Close())
	// Its clock is two hours ahead, or behind; what it issues is valid here.
	clockAt := func(ahead time.Duration) *teleporttest.Server {
		return teleporttest.ForTest(t, teleporttest.Options{Now: func() time.Time { return time.Now().Add(ahead) }})
	}
	ahead, behind := clockAt(2*time.Hour), clockAt(-2*time.Hour)

	good := teleporttest.IdentityOptions{}
	tests := map[string]struct {
		server  *teleporttest.Server
		address string
		id      teleporttest.IdentityOptions
		reason  string
	}{
		"identity of another cluster": {srv, srv.Addr(), teleporttest.IdentityOptions{OtherCluster: true}, IdentityOtherCluster},
		"refused by the server":       {srv, srv.Addr(), teleporttest.IdentityOptions{OtherUserCA: true}, IdentityOtherCluster},
		"web server":                  {srv, web.Listener.Addr().String(), good, NotTeleport},
		"silent port":                 {srv, silent.Addr().String(), good, Timeout},
		"closed port":                 {srv, closed.Addr().String(), good, ConnectionRefused},
		"server with a clock ahead":   {ahead, ahead.Addr(), teleporttest.IdentityOptions{NotBefore: -3 * time.Hour, TTL: -time.Hour}, ClockSkew},
		"server with a clock behind":  {behind, behind.Addr(), teleporttest.IdentityOptions{NotBefore: time.Hour, TTL: 3 * time.Hour}, ClockSkew},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c, err := testDialer.Dial(ctx, tt.address, issue(t, tt.server, tt.id))
			if c != nil {
				_ = c.Close()
			}
			if got := reasonIn(err); got != tt.reason {
				t.Errorf("got %q, want %q\n%v", got, tt.reason, errors.Unwrap(err))
			}
			if err != nil {
				assertSentence(t, err.Error())
			}
			goleak.VerifyNone(t, before)
		})
	}
}

// testDialer reaches the simulators, which are on this machine.
var testDialer = Dialer{Guard: dialguard.New(dialguard.Loopback()...)}

func listen(t *testing.T) net.Listener {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = lis.Close() })
	return lis
}

// An address that the API server lets pass, as an old one is, is named.
func TestDialNamesAnAddressThatIsNone(t *testing.T) {
	for _, address := range []string{"[:::]:443", "https://teleport.example.com:443"} {
		_, err := testDialer.Dial(t.Context(), address, nil)
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Reason != status.ReasonInvalidSpec || !e.Permanent || !strings.Contains(e.Message, address) {
			t.Errorf("Dial(%q) = %v", address, err)
		}
	}
}
