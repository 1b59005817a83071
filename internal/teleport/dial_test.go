package teleport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

func TestDialSaysWhatIsWrong(t *testing.T) {
	srv := startServer(t, teleporttest.Options{})
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	silent := listen(t)
	closed := listen(t)
	must(t, closed.Close())

	good := teleporttest.IdentityOptions{}
	tests := map[string]struct {
		address string
		id      teleporttest.IdentityOptions
		reason  Reason
	}{
		"identity of another cluster": {srv.Addr(), teleporttest.IdentityOptions{OtherCluster: true}, OtherCluster},
		"refused by the server":       {srv.Addr(), teleporttest.IdentityOptions{OtherUserCA: true}, OtherCluster},
		"web server":                  {web.Listener.Addr().String(), good, NotTeleport},
		"silent port":                 {silent.Addr().String(), good, Timeout},
		"closed port":                 {closed.Addr().String(), good, ConnectionRefused},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c, err := Dial(ctx, tt.address, issue(t, srv, tt.id))
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

func listen(t *testing.T) net.Listener {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = lis.Close() })
	return lis
}
