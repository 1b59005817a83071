package canary

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"

	"github.com/accessnotifier/accessnotifier/test/kit/canary"
)

// newProxy starts an HTTP proxy that refuses, with what it was told, and returns its address with
// a user and a password.
func newProxy(w *world) string {
	w.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		conn, out, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		if head, err := httputil.DumpRequest(r, false); err == nil {
			_, _ = w.proxied.Write(head)
		}
		said := r.Header.Get("Proxy-Authorization") + " " + r.Host
		_, _ = fmt.Fprintf(out, "HTTP/1.1 407 %s\r\nProxy-Authenticate: %s\r\nContent-Length: %d\r\n\r\n%s", said, said, len(said), said)
		_ = out.Flush()
	}))
	w.Cleanup(proxy.Close)
	user, password := canary.Word("proxy user"), canary.Word("proxy password")
	w.secret("proxy/user", user)
	w.secret("proxy/password", password)
	return "http://" + user + ":" + password + "@" + strings.TrimPrefix(proxy.URL, "http://")
}

// newUntrusted starts a server with a certificate that is not trusted, and returns its address.
func newUntrusted(w *world) string {
	w.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	w.Cleanup(server.Close)
	return server.URL
}
