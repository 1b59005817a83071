package teleporttest

import (
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"
)

// Web is something else than an Auth server that speaks HTTPS at an address. End
// it with Close.
type Web struct {
	server *httptest.Server
	// Sent counts the bytes of bodies that were sent, Asked the requests.
	Sent, Asked atomic.Int64
}

// StartWeb serves HTTPS with a certificate of its own authority until Close, by
// HTTP/1.1 and HTTP/2 unless protocols are named.
func StartWeb(handle func(*Web, http.ResponseWriter, *http.Request), protocols ...string) *Web {
	w := &Web{}
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.Asked.Add(1)
		handle(w, rw, r)
	}))
	w.server.EnableHTTP2 = len(protocols) == 0
	// Like kube-apiserver it asks for a certificate and takes any, or none.
	w.server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, NextProtos: protocols}
	w.server.StartTLS()
	return w
}

// Addr is the address, host:port.
func (w *Web) Addr() string { return w.server.Listener.Addr().String() }

// CA is the authority of the certificate, in PEM.
func (w *Web) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.server.Certificate().Raw})
}

// Close ends the server and every connection.
func (w *Web) Close() {
	w.server.CloseClientConnections()
	w.server.Close()
}

// KubeAPIServer answers as kube-apiserver does to callers that it does not know.
func KubeAPIServer(_ *Web, rw http.ResponseWriter, r *http.Request) {
	status, reason, message := http.StatusForbidden, "Forbidden",
		`forbidden: User "system:anonymous" cannot get path "`+r.URL.Path+`"`
	if len(r.TLS.PeerCertificates) > 0 {
		status, reason, message = http.StatusUnauthorized, "Unauthorized", "Unauthorized"
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(map[string]any{
		"kind": "Status", "apiVersion": "v1", "metadata": map[string]any{}, "status": "Failure",
		"message": message, "reason": reason, "details": map[string]any{}, "code": status,
	})
}

// ProxyAt answers as a Proxy does whose tunnel is at address.
func ProxyAt(address string, tlsRouting bool) func(*Web, http.ResponseWriter, *http.Request) {
	return func(_ *Web, rw http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(rw).Encode(map[string]any{
			"server_version": "17.2.1", "cluster_name": "lab",
			"proxy": map[string]any{
				"tls_routing_enabled": tlsRouting,
				"ssh":                 map[string]any{"public_addr": address, "ssh_tunnel_public_addr": address},
			},
		})
	}
}

// RedirectTo answers with a redirect.
func RedirectTo(url string) func(*Web, http.ResponseWriter, *http.Request) {
	return func(_ *Web, rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, url, http.StatusFound)
	}
}

// Endless answers with JSON that never ends.
func Endless(w *Web, rw http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(rw, `{"server_version": "`)
	chunk := strings.Repeat("9", 64<<10)
	for {
		n, err := io.WriteString(rw, chunk)
		w.Sent.Add(int64(n))
		if err != nil {
			return
		}
	}
}

// Drip answers one byte at a time, for ever.
func Drip(w *Web, rw http.ResponseWriter, r *http.Request) {
	for {
		if _, err := io.WriteString(rw, " "); err != nil {
			return
		}
		w.Sent.Add(1)
		if err := http.NewResponseController(rw).Flush(); err != nil {
			return
		}
		if sleep(r.Context(), 50*time.Millisecond) != nil {
			return
		}
	}
}

// Garbage answers with what is not JSON.
func Garbage(_ *Web, rw http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(rw, "\x00\x01\x02 <html>{{{")
}
