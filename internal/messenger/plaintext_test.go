package messenger

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// What a client for calls without TLS sends stays in private networks. That a token is not sent
// to another place by a redirect is the same for all clients.
func TestCallsWithoutTLSStayInTheCluster(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("a redirect was followed")
	}))
	defer elsewhere.Close()
	var token string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token = r.Header.Get("Authorization")
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	client := NewHTTPClient(TransportConfig{InCluster: true, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	defer client.CloseIdleConnections()
	caller := &HTTPCaller{Client: client, Throttle: &Throttle{}}
	call := func(address string) (*http.Response, error) {
		request := newRequest(t, address)
		request.Header.Set("Authorization", "Bearer token")
		return caller.Do(request, "chat.test", Bucket{Method: "bucket"})
	}

	response, err := call(server.URL)
	if err != nil || response.StatusCode != http.StatusTemporaryRedirect || token != "Bearer token" {
		t.Errorf("a server in an allowed network: %v, %v, token %q", response, err, token)
	}
	for _, address := range []string{"http://93.184.216.34/", "http://[2606:2800:220:1::1]/", "http://240.240.0.1/"} {
		if _, err := call(address); !HasCode(err, "public_address") || !strings.Contains(err.Error(), "use https") ||
			strings.Contains(err.Error(), "accept") {
			t.Errorf("%s: %v", address, err)
		}
	}
	// A proxy is outside of the cluster, and resolves names by itself.
	if client.Transport.(*http.Transport).Proxy != nil {
		t.Error("the client asks for a proxy")
	}
}
