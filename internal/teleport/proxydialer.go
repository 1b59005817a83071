package teleport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/gravitational/teleport/api/client"
	"github.com/gravitational/teleport/api/client/webclient"
	"github.com/gravitational/teleport/api/constants"
	tracessh "github.com/gravitational/teleport/api/observability/tracing/ssh"
	"github.com/gravitational/teleport/api/utils/sshutils"
)

// tcpKeepAlive is the period of TCP keep-alives on the Proxy's tunnel.
const tcpKeepAlive = time.Minute

// proxyDialer reaches the Auth server through a Proxy whose web certificate is
// signed by a private CA. The API module's own dialers trust the system's
// authorities only. Like them it asks the Proxy's web address for the tunnel's
// address and opens an SSH channel there, behind TLS routing where the Proxy
// uses it. It does not do the connection upgrade that some load balancers in
// front of a Proxy need.
type proxyDialer struct {
	address string
	id      *Identity
	timeout time.Duration
}

// DialContext connects to the Auth server. Both arguments are ignored: the
// Proxy says where its tunnel is.
func (d *proxyDialer) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()

	found, err := webclient.Find(&webclient.Config{Context: ctx, ProxyAddr: d.address, Pool: d.id.privateCA})
	if err != nil {
		return nil, fmt.Errorf("discover proxy: %w", err)
	}
	address, err := found.Proxy.TunnelAddr()
	if err != nil {
		return nil, fmt.Errorf("find tunnel address: %w", err)
	}
	conn, err := client.NewDialer(ctx, tcpKeepAlive, d.timeout).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("dial tunnel: %w", err)
	}
	// The SSH handshake knows no contexts.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	tunnel, err := d.openTunnel(ctx, conn, address, found.Proxy.TLSRoutingEnabled)
	if err != nil {
		stop()
		_ = conn.Close()
		return nil, err
	}
	if !stop() {
		_ = tunnel.Close()
		return nil, ctx.Err()
	}
	return tunnel, nil
}

func (d *proxyDialer) openTunnel(ctx context.Context, conn net.Conn, address string, tlsRouting bool) (net.Conn, error) {
	if tlsRouting {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("tunnel address: %w", err)
		}
		secured := tls.Client(conn, &tls.Config{
			NextProtos: []string{constants.ALPNSNIProtocolReverseTunnel},
			RootCAs:    d.id.privateCA,
			ServerName: host,
			MinVersion: tls.VersionTLS12,
		})
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("secure tunnel: %w", err)
		}
		conn = secured
	}
	config := *d.id.ssh
	config.Timeout = d.timeout
	sshConn, err := tracessh.NewClientConnWithDeadline(ctx, conn, address, &config)
	if err != nil {
		return nil, fmt.Errorf("authenticate to tunnel: %w", err)
	}
	auth, _, err := sshutils.ConnectProxyTransport(sshConn.Conn, &sshutils.DialReq{Address: constants.RemoteAuthServer}, true)
	if err != nil {
		_ = sshConn.Close()
		return nil, fmt.Errorf("reach auth server: %w", err)
	}
	return auth, nil
}
