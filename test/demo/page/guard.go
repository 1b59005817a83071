package page

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// policy allows the page its own files and API, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// guard answers only pages of this server's own origin. Other pages in the same
// browser can reach the loopback interface, too: by an address of their own that
// points here, which Host gives away, or by sending a form, which Origin does.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		if !isLoopback(r.Host) {
			fail(w, http.StatusForbidden, "this page is served on the loopback interface only")
			return
		}
		if r.Method == http.MethodPost && !isOwnPage(r) {
			fail(w, http.StatusForbidden, "only the page itself may do this")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// isOwnPage wants the origin named: every browser does with a POST.
func isOwnPage(r *http.Request) bool {
	return r.Header.Get("Origin") == "http://"+r.Host && r.Header.Get("Content-Type") == "application/json"
}
