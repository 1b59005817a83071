package messenger

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// The name is looked up, and what it means is refused.
func TestGuardLooksBehindNames(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the server was called")
	}))
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	tests := map[string]string{
		"http://localhost" + port:       "loopback_address",
		"http://127.0.0.1" + port:       "loopback_address",
		"http://[::ffff:7f00:1]" + port: "loopback_address",
		"http://0.0.0.0" + port:         "unspecified_address",
		"http://169.254.169.254/":       "link_local_address",
		"https://[fe80::1]/":            "link_local_address",
		"http://192.0.0.192/":           "reserved_address",
	}
	for address, code := range tests {
		t.Run(address, func(t *testing.T) {
			caller := &HTTPCaller{Client: NewHTTPClient(TransportConfig{}), Throttle: &Throttle{}}
			defer caller.Client.CloseIdleConnections()
			_, err := caller.Do(newRequest(t, address), "chat.test", Bucket{Method: "bucket"})
			checkError(t, err, Error{
				Class: MessengerPermanent, Code: code, What: refusedAddress("", "").What, Advice: refusedAddress("", "").Advice,
				NotToken: true,
			})
		})
	}
}

func TestOperatorAllowsNetworks(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	caller := &HTTPCaller{
		Client:   NewHTTPClient(TransportConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}),
		Throttle: &Throttle{},
	}
	defer caller.Client.CloseIdleConnections()
	if _, err := caller.Do(newRequest(t, server.URL), "chat.test", Bucket{Method: "bucket"}); err != nil {
		t.Error(err)
	}
}
