package teleport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/gravitational/teleport/api/client"
)

// outboundProxy starts what is said about the HTTP or SOCKS proxy that the
// operator's environment names.
const outboundProxy = "outbound proxy: "

// tcp opens a connection that the guard allows, through the proxy that the
// operator's environment names for it, if there is one.
func (d Dialer) tcp(ctx context.Context, address string) (net.Conn, error) {
	proxy, err := d.proxyFor(address)
	if err != nil {
		return nil, err
	}
	if proxy == nil {
		return d.Guard.DialContext(ctx, "tcp", address)
	}
	return d.throughOutbound(ctx, proxy, address)
}

func (d Dialer) throughOutbound(ctx context.Context, proxy *url.URL, address string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wire net.Conn
	stop := func() bool { return true }
	dialer := client.ContextDialerFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := d.Guard.DialContext(ctx, network, address)
		if err == nil {
			// What is read of the proxy's answer knows no contexts.
			wire, stop = conn, context.AfterFunc(ctx, func() { _ = conn.Close() })
		}
		return conn, err
	})
	conn, err := client.DialProxyWithDialer(ctx, proxy, address, dialer,
		client.WithTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}))
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		if wire != nil {
			_ = wire.Close()
			err = withoutAnswer(err)
		}
		return nil, fmt.Errorf(outboundProxy+"%w", err)
	}
	return conn, nil
}

// errProxyRefuses stands for what a proxy answers that does not lead on.
var errProxyRefuses = errors.New("the proxy does not lead there")

// withoutAnswer returns why there is no way through a proxy that was reached, without what the proxy
// answers: that may repeat what it was asked, with the password for it.
func withoutAnswer(err error) error {
	_, network := errors.AsType[net.Error](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	if network || certificate || errors.Is(err, context.Canceled) {
		return err
	}
	return errProxyRefuses
}

// proxyFor returns the proxy for an address, nil for none. As for the API module
// the proxy for HTTPS comes first.
func (d Dialer) proxyFor(address string) (*url.URL, error) {
	for _, scheme := range []string{"https", "http"} {
		proxy, err := d.Guard.Proxy(&http.Request{URL: &url.URL{Scheme: scheme, Host: address}})
		if err != nil || proxy != nil {
			return proxy, err
		}
	}
	return nil, nil //nolint:nilnil // no proxy is not an error
}
