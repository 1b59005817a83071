package teleport

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

// TestNotTeleportSaysWhatAnswers covers other products at an address that was taken for that
// of an Auth or a Proxy.
func TestNotTeleportSaysWhatAnswers(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	raw := issueRaw(t, srv, teleporttest.IdentityOptions{})
	ofProxy, err := ParseIdentity(Credentials{File: raw.File}, time.Now())
	must(t, err)
	ofAuth, err := ParseIdentity(Credentials{Cert: raw.Cert, Key: raw.Key, CAs: raw.CAs}, time.Now())
	must(t, err)
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	web := func(status int, header, value, body string) string {
		return startWeb(t, func(_ *teleporttest.Web, rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set(header, value)
			rw.WriteHeader(status)
			_, _ = io.WriteString(rw, body)
		}).Addr()
	}
	for name, tt := range map[string]struct {
		address, detail, says string
	}{
		"a web server without TLS": {plain.Listener.Addr().String(), NotTeleport, "is not Teleport but a web server without TLS: give"},
		"a web page": {
			web(http.StatusOK, "Content-Type", "text/html; charset=utf-8", "<html>secret</html>"), NotTeleport,
			"is not Teleport but a web server with an HTML page: give",
		},
		"another API": {web(http.StatusOK, "Content-Type", "application/json", "{}"), NotTeleport, "but a web server with JSON of its own: give"},
		"plain text":  {web(http.StatusOK, "Content-Type", "text/plain", "ok"), NotTeleport, "but a web server with other content: give"},
		"no such page": {
			web(http.StatusNotFound, "Content-Type", "text/html", "secret"), NotTeleport,
			"but a web server with HTTP status 404: give",
		},
		"a sign-in page": {
			web(http.StatusFound, "Location", "https://sso.example.com/secret", ""), NotTeleport,
			"but a web server that leads to another address: give",
		},
		"a gateway without Teleport": {
			web(http.StatusBadGateway, "Content-Type", "text/html", ""), Unavailable,
			"is a gateway with HTTP status 502: check that Teleport runs behind it",
		},
		"an SSH server":  {greeting(t, "SSH-2.0-secret\r\n"), NotTeleport, "but an SSH server: give"},
		"a mail server":  {greeting(t, "220 secret ESMTP\r\n"), NotTeleport, "but a server without TLS: give"},
		"TLS but no web": {quietTLS(t), NotTeleport, "but a server with TLS that is no web server: give"},
	} {
		for kind, id := range map[string]*Identity{"an Auth": ofAuth, "a Proxy": ofProxy} {
			t.Run(name+" for "+kind, func(t *testing.T) {
				got := dialWithin(t, testDialer, 3*time.Second, tt.address, id)
				if got.Detail != tt.detail || !strings.Contains(got.Message, tt.says) || strings.Contains(got.Message, "secret") {
					t.Errorf("%s: %s\nwant %s: ... %s\n%v", got.Detail, got.Message, tt.detail, tt.says, got.Unwrap())
				}
			})
		}
	}
}

// TestAnSSHPortOfTeleportIsNoOtherProduct covers the ports of a Proxy that begin with SSH: that of
// its tunnels, which leads to the Auth, and that of its users, which does not.
func TestAnSSHPortOfTeleportIsNoOtherProduct(t *testing.T) {
	srv := teleporttest.ForTest(t, teleporttest.Options{})
	proxy := startProxy(t, srv.Addr(), false)
	raw := issueRaw(t, srv, teleporttest.IdentityOptions{})
	for name, tt := range map[string]struct {
		address, detail, says string
		credentials           Credentials
	}{
		"an identity of another cluster": {
			proxy.tunnel, IdentityOtherCluster, "do not trust each other: the identity is of another cluster.", Credentials{File: raw.File},
		},
		"an identity for an Auth": {
			proxy.tunnel, IdentityOtherCluster, "the address is a Proxy, which needs an identity file",
			Credentials{Cert: raw.Cert, Key: raw.Key, CAs: raw.CAs},
		},
		"a port that leads to no Auth": {
			greeting(t, teleportSSH+"\r\n"), NotTeleport, "an SSH port of Teleport that does not lead to its Auth: give the port",
			Credentials{File: raw.File},
		},
	} {
		t.Run(name, func(t *testing.T) {
			id, err := ParseIdentity(tt.credentials, time.Now())
			must(t, err)
			got := dialWithin(t, testDialer, 5*time.Second, tt.address, id)
			if got.Detail != tt.detail || !strings.Contains(got.Message, tt.says) {
				t.Errorf("%s: %s\nwant %s: ... %s\n%v", got.Detail, got.Message, tt.detail, tt.says, got.Unwrap())
			}
		})
	}
}

// greeting serves what is no TLS: each connection begins with a line of the server.
func greeting(t *testing.T, line string) (address string) {
	t.Helper()
	return serve(t, listen(t), func(conn net.Conn) { _, _ = io.WriteString(conn, line) })
}

// quietTLS serves TLS, and answers each request with what is no HTTP.
func quietTLS(t *testing.T) (address string) {
	t.Helper()
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	web.StartTLS()
	t.Cleanup(web.Close)
	lis := tls.NewListener(listen(t), &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12})
	return serve(t, lis, func(conn net.Conn) {
		if _, err := conn.Read(make([]byte, 1024)); err == nil {
			_, _ = io.WriteString(conn, "* OK IMAP ready\r\n")
		}
	})
}

// serve has each connection handled, and leaves it open until the client ends it.
func serve(t *testing.T, lis net.Listener, handle func(net.Conn)) (address string) {
	t.Helper()
	t.Cleanup(func() { _ = lis.Close() })
	go func() {
		for {
			conn, err := lis.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				handle(conn)
				_, _ = io.Copy(io.Discard, conn)
			}()
		}
	}()
	return lis.Addr().String()
}
