package messenger

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Network is how a service is reached by what is no HTTP call: by the guard, the certificate
// authorities and the time limit of an HTTP client.
type Network struct {
	// DialContext connects to HOST:PORT.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Proxy returns the proxy for what begins with a request of HTTP; nil where there is none.
	Proxy func(*http.Request) (*url.URL, error)
	// TLS is how connections are made secure. It is to be cloned before it is changed.
	TLS *tls.Config
	// Timeout bounds one call.
	Timeout time.Duration
}

// Networker is an http.RoundTripper which is no http.Transport, and leads elsewhere.
type Networker interface {
	// DialContext and TLS are as in Network.
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
	TLS() *tls.Config
}

// NetworkOf returns the network of a client, by default that of NewHTTPClient. DialContext uses no
// proxy: those of the environment are for HTTP.
func NetworkOf(client *http.Client) Network {
	if client == nil {
		client = NewHTTPClient(TransportConfig{})
	}
	timeout := cmp.Or(client.Timeout, DefaultTimeout)
	switch transport := client.Transport.(type) {
	case Networker:
		return Network{DialContext: transport.DialContext, TLS: transport.TLS(), Timeout: timeout}
	case *http.Transport:
		return Network{DialContext: transport.DialContext, Proxy: transport.Proxy, TLS: transport.TLSClientConfig, Timeout: timeout}
	default:
		// Whatever answers HTTP in its place, it is the operator's to say where mail goes.
		own, _ := NewHTTPClient(TransportConfig{}).Transport.(*http.Transport)
		return Network{DialContext: own.DialContext, Proxy: own.Proxy, TLS: own.TLSClientConfig, Timeout: timeout}
	}
}
